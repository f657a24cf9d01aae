"""Signed messages: correct ones, and ones that deviate from the correct message on purpose."""

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import msgspec

from ops.sandbox.jose import SigningKey, compact
from ops.sandbox.jose.tokens import base64url


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""An overriding value that removes the claim, header member or form field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How a signed message differs from the correct one. The empty deviation is the correct message.

    `claims` and `header` override members of the message (ABSENT removes a member), `key` signs instead of the client's
    own key, and `token` replaces the whole message. If `header` sets `alg` to `HS256` or `RS256`, the message is signed
    with that algorithm. If `header` sets `alg` to `none`, the signature is empty.
    """

    claims: Mapping[str, object] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    key: SigningKey | None = None
    token: str | None = None


NO_DEVIATION: Final = Deviation()
"""The correct message."""


def overridden(values: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, Any]:
    """Return `values` with `overrides` in place of members of the same name; ABSENT removes a member."""
    merged = {**values, **overrides}
    return {name: value for name, value in merged.items() if value is not ABSENT}


def signed(
    claims: Mapping[str, object], key: SigningKey, deviation: Deviation = NO_DEVIATION, *, typ: str = "JWT"
) -> str:
    """Return `claims` as a JWT in compact form signed by `key`, with the differences in `deviation`."""
    if deviation.token is not None:
        return deviation.token
    signer = deviation.key or key
    header = overridden({"alg": signer.algorithm, "kid": signer.kid, "typ": typ}, deviation.header)
    return compact(
        header, overridden(claims, deviation.claims), lambda data: _signature(str(header.get("alg")), signer, data)
    )


def tampered(token: str, **claims: object) -> str:
    """Return `token` with `claims` changed and the signature unchanged."""
    header, body, signature = token.split(".")
    original: dict[str, Any] = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"{header}.{base64url(msgspec.json.encode(overridden(original, claims)))}.{signature}"


def _signature(algorithm: str, key: SigningKey, data: bytes) -> bytes:
    if algorithm == "none":
        return b""
    if algorithm == "HS256":
        # The algorithm confusion attack (RFC 8725 2.1): the public key is used as the shared secret.
        return hmac.digest(msgspec.json.encode(key.public_jwk()), data, hashlib.sha256)
    if algorithm == "RS256" and key.algorithm == "PS256":
        return key.signature(data, algorithm)
    return key.signature(data)
