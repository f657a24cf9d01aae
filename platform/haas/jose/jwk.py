"""Imports JWKs (RFC 7517): our own keys, and the public keys of other parties."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from joserfc.errors import JoseError as JoserfcError
from joserfc.jwk import JWKRegistry, Key, RSAKey

from haas.errors import HaasError

MINIMUM_RSA_BITS = 2048  # FAPI 1.0 Baseline 5.2.2-5, which FAPI 1.0 Advanced 5.2.2 includes
MAXIMUM_RSA_BITS = 8192  # verifying with a longer key costs too much processor time
MAXIMUM_RSA_EXPONENT_BITS = 32  # nearly all keys have the exponent 65537; verifying with a longer one takes longer
_CURVE: Final = "P-256"
_COORDINATE_BITS: Final = 256
_PUBLIC_MEMBERS: Final = ("kty", "n", "e", "crv", "x", "y", "kid", "use", "alg", "key_ops")
_KEY_OPERATIONS: Final = ("sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits")
_EMPTY_VALUES: Final[tuple[Any, ...]] = (None, "", [], {})
_IMPORT_ERRORS = (JoserfcError, ValueError, TypeError, LookupError, AttributeError)


class JwkError(HaasError):
    """A JWK or a JWKS is malformed or not allowed."""


def import_jwk(jwk: Any) -> Key:
    """Return the key of a JWK, public or private: RSA of 2048 to 8192 bits, or P-256. Raises JwkError."""
    try:
        _check_is_allowed(jwk)
        return JWKRegistry.import_key(dict(jwk))
    except _IMPORT_ERRORS as error:
        raise JwkError("not a JWK that can be used") from error


def import_own_jwk(jwk: Mapping[str, Any]) -> Key:
    """Return the private key of a JWK that this deployment has made, sealed and opened again.

    The numbers of an RSA key are not checked: that takes as long as fifty signatures, and what was sealed is what was
    made. The sizes are those of `import_jwk`. Raises JwkError, also if a member of an RSA key is absent (RFC 7518 6.3).
    """
    if jwk.get("kty") != "RSA":
        return import_jwk(jwk)
    try:
        _check_is_allowed(jwk)
        n, e, d, p, q, dp, dq, qi = (_number(jwk[name]) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
        numbers = RSAPrivateNumbers(p, q, d, dp, dq, qi, RSAPublicNumbers(e, n))
        return RSAKey.import_key(numbers.private_key(unsafe_skip_rsa_key_validation=True))
    except _IMPORT_ERRORS as error:
        raise JwkError("not a private RSA key that can be used") from error


def public_jwk(jwk: Any) -> dict[str, Any]:
    """Return the public members of another party's JWK, without members that are null or empty.

    Private members are left out, because importing them can require a factorisation (RFC 7518 6.3.2). Certificates are
    not used. Many servers send an optional member without a value as null or empty. Key operations that the RFC does
    not define are left out: "Other values MAY be used" (RFC 7517 4.3). Raises JwkError.
    """
    if not isinstance(jwk, dict):
        raise JwkError("not a JWK that can be used")
    public = {name: jwk[name] for name in _PUBLIC_MEMBERS if name in jwk and jwk[name] not in _EMPTY_VALUES}
    if isinstance(public.get("key_ops"), list):
        public["key_ops"] = [each for each in public["key_ops"] if each in _KEY_OPERATIONS]
    return public


def _check_is_allowed(jwk: Mapping[str, Any]) -> None:
    if not _is_allowed(jwk):
        raise JwkError(f"neither RSA of {MINIMUM_RSA_BITS} to {MAXIMUM_RSA_BITS} bits nor {_CURVE}")


def _is_allowed(jwk: Mapping[str, Any]) -> bool:
    """Return whether the key type is allowed and the numbers are short. This is checked before any calculation."""
    if jwk["kty"] == "RSA":
        return (
            MINIMUM_RSA_BITS <= _bits(jwk["n"], MAXIMUM_RSA_BITS) <= MAXIMUM_RSA_BITS
            and _bits(jwk["e"], MAXIMUM_RSA_EXPONENT_BITS) <= MAXIMUM_RSA_EXPONENT_BITS
        )
    return bool(jwk["kty"] == "EC" and jwk["crv"] == _CURVE) and all(
        _bits(jwk[name], _COORDINATE_BITS) <= _COORDINATE_BITS for name in ("x", "y")
    )


def _bits(number: str, maximum: int) -> int:
    """Return the length in bits of a number in base64url. If the text is far too long, return more than `maximum`."""
    if len(number) > maximum // 4 + 8:
        return maximum + 1
    return _number(number).bit_length()


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=="), "big")
