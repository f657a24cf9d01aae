"""Importing JWKs (RFC 7517): our own keys, and the public keys of other parties."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError as JoserfcError
from joserfc.jwk import JWKRegistry, Key

from haas.errors import HaasError

MINIMUM_RSA_BITS = 2048  # FAPI 1.0 Baseline 5.2.2-5, which FAPI 1.0 Advanced 5.2.2 includes
MAXIMUM_RSA_BITS = 8192  # verifying with a longer key costs too much processor time
MAXIMUM_RSA_EXPONENT_BITS = 32  # nearly all keys have 65537; the cost of verifying grows with the length
_CURVE: Final = "P-256"
_COORDINATE_BITS: Final = 256
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y", "kid", "use", "alg", "key_ops")
_WITHOUT_VALUE: Final[tuple[Any, ...]] = (None, "", [], {})
_UNREADABLE = (JoserfcError, ValueError, TypeError, LookupError, AttributeError)


class JwkError(HaasError):
    """A JWK or a JWKS is malformed or not allowed."""


def imported(jwk: Any) -> Key:
    """Return the key of a JWK, public or private: RSA of 2048 to 8192 bits, or P-256. Raises JwkError."""
    try:
        if not _is_allowed(jwk):
            raise JwkError(f"neither RSA of {MINIMUM_RSA_BITS} to {MAXIMUM_RSA_BITS} bits nor {_CURVE}")
        return JWKRegistry.import_key(dict(jwk))
    except _UNREADABLE as error:
        raise JwkError("not a JWK that can be used") from error


def public_jwk(jwk: Any) -> dict[str, Any]:
    """Return the public members of another party's JWK, without those that have no value.

    Private members are left out: importing them costs a factorisation (RFC 7518 6.3.2). Certificates are not used.
    Many servers print an optional member without a value as null or empty; it counts as absent. Raises JwkError.
    """
    if not isinstance(jwk, dict):
        raise JwkError("not a JWK that can be used")
    return {name: jwk[name] for name in _PUBLIC if name in jwk and jwk[name] not in _WITHOUT_VALUE}


def _is_allowed(jwk: Mapping[str, Any]) -> bool:
    """Whether type and numbers are within the bounds. Nothing is computed with a number before it is bounded."""
    if jwk["kty"] == "RSA":
        return (
            MINIMUM_RSA_BITS <= _bits(jwk["n"], MAXIMUM_RSA_BITS) <= MAXIMUM_RSA_BITS
            and _bits(jwk["e"], MAXIMUM_RSA_EXPONENT_BITS) <= MAXIMUM_RSA_EXPONENT_BITS
        )
    return bool(jwk["kty"] == "EC" and jwk["crv"] == _CURVE) and all(
        _bits(jwk[name], _COORDINATE_BITS) <= _COORDINATE_BITS for name in ("x", "y")
    )


def _bits(number: str, maximum: int) -> int:
    """Return the length of a base64url number in bits; of text that is far too long for `maximum`, a larger length."""
    if len(number) > maximum // 4 + 8:
        return maximum + 1
    return int.from_bytes(urlsafe_b64decode(number + "=="), "big").bit_length()
