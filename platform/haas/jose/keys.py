"""Signing keys and sets of public keys."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from joserfc.jwk import ECKey, Key, RSAKey

from haas.jose.jwk import JwkError, import_jwk, import_own_jwk, public_jwk

Algorithm = Literal["PS256", "ES256"]
SIGNING_ALGORITHMS: Final[tuple[Algorithm, ...]] = ("PS256", "ES256")
MAXIMUM_KEYS_IN_A_SET = 100
_KEY_TYPES: Final = {"PS256": "RSA", "ES256": "EC", "RSA-OAEP": "RSA", "RSA-OAEP-256": "RSA"}


class SigningKey:
    """A private key for one signing algorithm, identified by its `kid`."""

    __slots__ = ("_key", "algorithm", "kid")

    def __init__(self, key: Key, algorithm: Algorithm, kid: str) -> None:
        """Take a key; see `generate` and `from_jwk`."""
        self._key = key
        self.algorithm = algorithm
        self.kid = kid

    @classmethod
    def generate(cls, algorithm: Algorithm) -> "SigningKey":
        """Generate a key: RSA-2048 for PS256, P-256 for ES256. Its `kid` is its thumbprint (RFC 7638)."""
        key: Key = RSAKey.generate_key(2048) if algorithm == "PS256" else ECKey.generate_key("P-256")
        return cls(key, algorithm, key.thumbprint())

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> "SigningKey":
        """Import a private JWK with `alg` that `private_jwk` has exported. Raises JwkError."""
        algorithm = jwk.get("alg")
        if algorithm not in SIGNING_ALGORITHMS:
            raise JwkError(f"a signing key's alg is one of {SIGNING_ALGORITHMS}, not {algorithm!r}")
        key = import_own_jwk(jwk)
        if not key.is_private or key.key_type != _KEY_TYPES[algorithm]:
            raise JwkError(f"not a private key for {algorithm}")
        return cls(key, algorithm, str(jwk.get("kid") or key.thumbprint()))

    @property
    def joserfc_key(self) -> Key:
        """The key as an object of joserfc, for use within `haas.jose` only."""
        return self._key

    def private_jwk(self) -> dict[str, Any]:
        """Return the whole key as a JWK. It must be encrypted before it is stored or sent."""
        return {**self._key.as_dict(private=True), "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def public_jwk(self) -> dict[str, Any]:
        """Return the public part as a JWK for a JWKS document."""
        return {**self._key.as_dict(private=False), "kid": self.kid, "alg": self.algorithm, "use": "sig"}


class PublicKeys:
    """The public keys of another party, from its JWKS document."""

    __slots__ = ("_keys",)

    def __init__(self, keys: list[tuple[Mapping[str, Any], Key]]) -> None:
        """Take pairs of a JWK and its imported key; see `from_jwks`."""
        self._keys = keys

    @classmethod
    def from_jwks(cls, document: bytes | Mapping[str, Any]) -> "PublicKeys":
        """Read a JWKS document (RFC 7517 5). Keys that cannot be used are ignored, as the RFC recommends.

        The private members of keys are not read. Raises JwkError if the document is not a JWKS or contains more than a
        hundred keys.
        """
        try:
            jwks = msgspec.json.decode(document) if isinstance(document, bytes) else document
            entries = jwks["keys"]
        except (msgspec.DecodeError, LookupError, TypeError, UnicodeDecodeError, RecursionError) as error:
            raise JwkError("not a JWKS document") from error
        if not isinstance(entries, list):
            raise JwkError("a JWKS document whose keys are not an array")
        if len(entries) > MAXIMUM_KEYS_IN_A_SET:
            raise JwkError(f"a JWKS of {len(entries)} keys is over the limit of {MAXIMUM_KEYS_IN_A_SET}")
        keys: list[tuple[Mapping[str, Any], Key]] = []
        for entry in entries:
            try:
                jwk = public_jwk(entry)
                keys.append((jwk, import_jwk(jwk)))
            except JwkError:
                continue
        return cls(keys)

    def has(self, kid: str) -> bool:
        """Return whether the set contains a key with this `kid`."""
        return any(jwk.get("kid") == kid for jwk, _ in self._keys)

    def can_encrypt(self, algorithm: str) -> bool:
        """Return whether the set contains a key for encryption with `algorithm`, such as RSA-OAEP."""
        return bool(self.candidates(None, "enc", algorithm))

    def candidates(self, kid: str | None, use: str, algorithm: str) -> list[Key]:
        """Return the keys that can be used for a token with this `kid`, `use` and `alg`. None means any `kid`."""
        kty = _KEY_TYPES.get(algorithm)
        return [
            key
            for jwk, key in self._keys
            if (kid is None or jwk.get("kid") == kid)
            and jwk.get("use", use) == use
            and (jwk.get("alg") in (None, algorithm))
            and key.key_type == kty
        ]


def half_hash(value: str) -> str:
    """Return the left half of the SHA-256 of `value`, base64url: `at_hash`, `c_hash`, `s_hash` (OIDC Core 3.1.3.6)."""
    return urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


def s256(verifier: str) -> str:
    """Return the S256 code challenge of a PKCE verifier (RFC 7636 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
