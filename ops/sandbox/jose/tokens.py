"""Signed JWTs in compact form (RFC 7515, RFC 7519)."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import jwt
import msgspec

from haas.clock import epoch
from haas.errors import HaasError
from ops.sandbox.jose.keys import SIGNING_ALGORITHMS, PublicKeys, SigningKey

MAXIMUM_TOKEN_BYTES: Final = 32 * 1024
CLOCK_SKEW: Final = timedelta(seconds=30)
_JWS = jwt.PyJWS(algorithms=SIGNING_ALGORITHMS)


class JoseError(HaasError):
    """A token was refused. The message says why."""


class DecodedJwt(NamedTuple):
    """The header and the claims of a signed JWT."""

    header: dict[str, Any]
    claims: dict[str, Any]


def sign(claims: Mapping[str, Any], key: SigningKey, *, typ: str = "JWT") -> str:
    """Return `claims` as a signed JWT with the key's `alg` and `kid`."""
    return compact({"alg": key.algorithm, "kid": key.kid, "typ": typ}, claims, key.signature)


def compact(header: Mapping[str, Any], claims: Mapping[str, Any], signature: Callable[[bytes], bytes]) -> str:
    """Return the compact serialization; `signature` signs the two encoded parts (RFC 7515 5.1)."""
    signing_input = f"{base64url(msgspec.json.encode(header))}.{base64url(msgspec.json.encode(claims))}"
    return f"{signing_input}.{base64url(signature(signing_input.encode()))}"


def read_unverified(token: str) -> DecodedJwt:
    """Read a signed JWT without verifying it, to find the party whose keys are needed. Raises JoseError."""
    if len(token) > MAXIMUM_TOKEN_BYTES:
        raise JoseError(f"the token has {len(token)} bytes; at most {MAXIMUM_TOKEN_BYTES} are accepted")
    try:
        decoded = _JWS.decode_complete(token, options={"verify_signature": False})
        claims = msgspec.json.decode(decoded["payload"])
    except (jwt.PyJWTError, msgspec.DecodeError, ValueError, TypeError, RecursionError) as error:
        raise JoseError(f"the token is not a signed JWT: {error}") from error
    if not isinstance(claims, dict):
        raise JoseError("the payload of the token is not a JSON object")
    return DecodedJwt(decoded["header"], claims)


def verify(token: str, keys: PublicKeys, *, algorithms: Sequence[str] = SIGNING_ALGORITHMS) -> DecodedJwt:
    """Return the header and the claims of a JWT that one of `keys` signed. Raises JoseError.

    Only the signature is checked. `check_times` checks `exp`, `nbf` and `iat`; the other claims are the caller's task.
    """
    unverified = read_unverified(token)
    algorithm = str(unverified.header.get("alg"))
    if algorithm not in algorithms:
        raise JoseError(f"alg is one of {', '.join(algorithms)}, not {algorithm[:20]!r}")
    for key in keys.candidates(unverified.header.get("kid"), algorithm):
        try:
            _JWS.decode_complete(token, key, algorithms=[algorithm])
        except jwt.PyJWTError:
            continue
        return unverified
    raise JoseError("no key of the signer's JWKS verifies the signature")


def check_times(claims: Mapping[str, Any], now: datetime, *, longest: timedelta) -> None:
    """Check `exp`, `nbf` and `iat` (RFC 7519 4.1.4 to 4.1.6) with 30 seconds of clock skew. Raises JoseError.

    `exp` is required and may be at most `longest` after `now`.
    """
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise JoseError(f"{name} is not a number of seconds")
    if claims.get("exp") is None:
        raise JoseError("exp is missing")
    moment, skew = epoch(now), CLOCK_SKEW.total_seconds()
    if claims["exp"] <= moment - skew:
        raise JoseError("the token has expired (exp)")
    if claims["exp"] > moment + longest.total_seconds() + skew:
        raise JoseError(f"exp is more than {int(longest.total_seconds())} seconds ahead")
    for name in ("nbf", "iat"):
        if claims.get(name) is not None and claims[name] > moment + skew:
            raise JoseError(f"{name} is in the future")


def half_hash(value: str) -> str:
    """Return the left half of the SHA-256 of `value`, base64url: `at_hash`, `c_hash`, `s_hash` (OIDC Core 3.1.3.6)."""
    return base64url(hashlib.sha256(value.encode()).digest()[:16])


def s256(verifier: str) -> str:
    """Return the S256 code challenge of a PKCE verifier (RFC 7636 4.2)."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


def base64url(data: bytes) -> str:
    """Return `data` in base64url without padding (RFC 7515 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
