"""Private signing keys and the public keys of a JWKS document (RFC 7517)."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from haas.errors import HaasError

Algorithm = Literal["PS256", "ES256"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

SIGNING_ALGORITHMS: Final[tuple[Algorithm, ...]] = ("PS256", "ES256")
MINIMUM_RSA_BITS: Final = 2048  # FAPI 1.0 Baseline 5.2.2-5
MAXIMUM_RSA_BITS: Final = 8192  # each verification with a longer key costs too much processor time
MAXIMUM_KEYS_IN_A_SET: Final = 100
_KEY_TYPES: Final = {"PS256": "RSA", "ES256": "EC"}
_PUBLIC_MEMBERS: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, LookupError, AttributeError)


class JwkError(HaasError):
    """A JWK or a JWKS document is malformed, or its key is not allowed in the CDR."""


class SigningKey:
    """A private key that signs with one algorithm and is identified by its `kid`."""

    __slots__ = ("_key", "algorithm", "kid")

    def __init__(self, key: PrivateKey, algorithm: Algorithm, kid: str | None = None) -> None:
        """Sign with `key`. Without a `kid`, the key's thumbprint is used (RFC 7638)."""
        self._key = key
        self.algorithm = algorithm
        self.kid = kid or thumbprint(_as_jwk(key))

    @classmethod
    def generate(cls, algorithm: Algorithm) -> "SigningKey":
        """Make a new key: RSA with 2048 bits for PS256, P-256 for ES256."""
        if algorithm == "PS256":
            return cls(rsa.generate_private_key(65537, MINIMUM_RSA_BITS), algorithm)
        return cls(ec.generate_private_key(ec.SECP256R1()), algorithm)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> "SigningKey":
        """Import a private JWK that has an `alg` member. Raises JwkError."""
        algorithm = jwk.get("alg")
        if algorithm not in SIGNING_ALGORITHMS:
            raise JwkError(f"the alg of a signing key is one of {SIGNING_ALGORITHMS}, not {algorithm!r}")
        if jwk.get("kty") != _KEY_TYPES[algorithm]:
            raise JwkError(f"a key for {algorithm} has kty {_KEY_TYPES[algorithm]}")
        key = _imported(jwk)
        if not isinstance(key, PrivateKey):
            raise JwkError("the JWK has no private part")
        kid = jwk.get("kid")
        return cls(key, algorithm, kid if isinstance(kid, str) else None)

    def signature(self, data: bytes, algorithm: str | None = None) -> bytes:
        """Return the signature of `data`, by default with the algorithm of the key."""
        return jwt.get_algorithm_by_name(algorithm or self.algorithm).sign(data, self._key)

    def private_jwk(self) -> dict[str, Any]:
        """Return the private JWK."""
        return {**_as_jwk(self._key), "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def public_jwk(self) -> dict[str, Any]:
        """Return the public JWK for a JWKS document."""
        return {**_as_jwk(self._key.public_key()), "kid": self.kid, "alg": self.algorithm, "use": "sig"}


class PublicKeys:
    """The keys of a JWKS document that verify signatures under the profile."""

    __slots__ = ("_keys",)

    def __init__(self, keys: list[tuple[Mapping[str, Any], PublicKey]]) -> None:
        """Take pairs of a JWK and its key; `from_jwks` reads them from a document."""
        self._keys = keys

    @classmethod
    def from_jwks(cls, document: bytes | Mapping[str, Any]) -> "PublicKeys":
        """Read a JWKS document. Keys that cannot be used here are ignored, as RFC 7517 5 requires. Raises JwkError."""
        try:
            jwks = msgspec.json.decode(document) if isinstance(document, bytes) else document
            entries = jwks["keys"]
        except (msgspec.DecodeError, LookupError, TypeError, UnicodeDecodeError, RecursionError) as error:
            raise JwkError("the document is not a JWKS") from error
        if not isinstance(entries, list):
            raise JwkError("the keys member of the JWKS is not an array")
        if len(entries) > MAXIMUM_KEYS_IN_A_SET:
            raise JwkError(f"the JWKS has {len(entries)} keys; at most {MAXIMUM_KEYS_IN_A_SET} are accepted")
        keys = []
        for entry in entries:
            try:
                keys.append((entry, _imported_public(entry)))
            except JwkError:
                continue
        return cls(keys)

    def has(self, kid: str) -> bool:
        """Return whether the set has a key with this `kid`."""
        return any(jwk.get("kid") == kid for jwk, _ in self._keys)

    def candidates(self, kid: str | None, algorithm: str) -> list[PublicKey]:
        """Return the keys that may have signed a token with this `kid` and `alg`."""
        return [
            key
            for jwk, key in self._keys
            if (kid is None or jwk.get("kid") == kid)
            and jwk.get("use", "sig") == "sig"
            and jwk.get("alg", algorithm) == algorithm
            and jwk.get("kty") == _KEY_TYPES.get(algorithm)
        ]


def _imported_public(jwk: Any) -> PublicKey:
    try:
        key = _imported({name: jwk[name] for name in _PUBLIC_MEMBERS[jwk["kty"]]})
    except _UNREADABLE as error:
        raise JwkError("the JWK cannot be used here") from error
    if isinstance(key, PrivateKey):
        raise JwkError("the JWK has a private part")
    return key


def _imported(jwk: Mapping[str, Any]) -> PrivateKey | PublicKey:
    """Return the key of a JWK whose type and size the profile allows. Raises JwkError."""
    try:
        if len(str(jwk.get("n", ""))) > MAXIMUM_RSA_BITS // 4:
            raise JwkError(f"the RSA key has more than {MAXIMUM_RSA_BITS} bits")
        key = jwt.PyJWK(dict(jwk), {"RSA": "PS256", "EC": "ES256"}[jwk["kty"]]).key
    except _UNREADABLE as error:
        raise JwkError("the JWK cannot be used here") from error
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        if not MINIMUM_RSA_BITS <= key.key_size <= MAXIMUM_RSA_BITS:
            raise JwkError(f"an RSA key has {MINIMUM_RSA_BITS} to {MAXIMUM_RSA_BITS} bits, not {key.key_size}")
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return key
    raise JwkError("the key is neither RSA nor P-256")


def _as_jwk(key: PrivateKey | PublicKey) -> dict[str, Any]:
    name = "PS256" if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey) else "ES256"
    jwk = jwt.get_algorithm_by_name(name).to_jwk(key, as_dict=True)
    jwk.pop("key_ops", None)  # RFC 7517 4.3: a JWK should not have both key_ops and use
    return jwk


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a JWK, base64url (RFC 7638)."""
    members = {name: jwk[name] for name in sorted(_PUBLIC_MEMBERS[jwk["kty"]])}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
