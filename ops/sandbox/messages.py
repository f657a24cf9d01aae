"""Signed messages, right and deliberately wrong."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from haas.jose import SigningKey, sign

ABSENT: Final = object()
"""As an overriding value: the claim, header member or form field is left out."""

_P256_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How a signed message differs from the right one. The empty deviation is the right message.

    `claims` and `header` override members of the message (ABSENT leaves one out), `key` signs in place of the client's
    own key, and `token` stands in place of the whole message. A header `alg` of `none`, `HS256` or `RS256` signs (or
    does not sign) accordingly.
    """

    claims: Mapping[str, object] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    key: SigningKey | None = None
    token: str | None = None


RIGHT: Final = Deviation()


def overridden(values: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, Any]:
    """Return `values` with `overrides` laid over them."""
    merged = {**values, **overrides}
    return {name: value for name, value in merged.items() if value is not ABSENT}


def signed(claims: Mapping[str, object], key: SigningKey, deviation: Deviation = RIGHT, *, typ: str = "JWT") -> str:
    """Return `claims` as a compact JWS by `key`, with what `deviation` makes different about it."""
    if deviation.token is not None:
        return deviation.token
    signer = deviation.key or key
    body = overridden(claims, deviation.claims)
    if not deviation.header:
        return sign(body, signer, typ=typ)
    header = overridden({"alg": signer.algorithm, "kid": signer.kid, "typ": typ}, deviation.header)
    signing_input = f"{_encoded(msgspec.json.encode(header))}.{_encoded(msgspec.json.encode(body))}"
    signature = _signers(signer).get(str(header.get("alg")), _signers(signer)[signer.algorithm])
    return f"{signing_input}.{_encoded(signature(signing_input.encode()))}"


def tampered(token: str, **claims: object) -> str:
    """Return `token` with its claims changed and its signature left as it was."""
    header, body, signature = token.split(".")
    original: dict[str, Any] = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"{header}.{_encoded(msgspec.json.encode(overridden(original, claims)))}.{signature}"


def _signers(key: SigningKey) -> dict[str, Callable[[bytes], bytes]]:
    jwk = key.private_jwk()
    signers: dict[str, Callable[[bytes], bytes]] = {
        "none": lambda _: b"",
        # The old confusion: the public key, which everybody knows, taken for a shared secret.
        "HS256": lambda data: hmac.digest(msgspec.json.encode(key.public_jwk()), data, hashlib.sha256),
    }
    if jwk["kty"] == "EC":
        signers["ES256"] = lambda data: _es256(jwk, data)
    else:
        private = _rsa_key(jwk)
        digest = hashes.SHA256()
        signers["PS256"] = lambda data: private.sign(
            data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest
        )
        signers["RS256"] = lambda data: private.sign(data, padding.PKCS1v15(), digest)
    return signers


def _es256(jwk: Mapping[str, Any], data: bytes) -> bytes:
    private = ec.derive_private_key(_number(jwk["d"]), ec.SECP256R1())
    r, s = utils.decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(_P256_BYTES, "big") + s.to_bytes(_P256_BYTES, "big")


def _rsa_key(jwk: Mapping[str, Any]) -> rsa.RSAPrivateKey:
    public = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"]))
    p, q, d, dp, dq, qi = (_number(jwk[name]) for name in ("p", "q", "d", "dp", "dq", "qi"))
    # The key comes from a SigningKey, which has checked it; checking it again costs more than signing.
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key(unsafe_skip_rsa_key_validation=True)


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
