"""Signs, reads, verifies and encrypts JWTs."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

import msgspec
from joserfc import jwe, jws
from joserfc.errors import JoseError as JoserfcError

from haas.clock import epoch, is_time
from haas.errors import HaasError
from haas.jose.keys import SIGNING_ALGORITHMS, PublicKeys, SigningKey
from haas.metrics import Durations

MAXIMUM_TOKEN_BYTES = 32 * 1024
MAXIMUM_CANDIDATES = 10
"""The maximum number of keys that are tried for a token, because each try takes time. A `kid` selects one key."""
MAXIMUM_NESTING = 32
"""The maximum depth of the claims. Messages of the standards are less deep, and JSON encoders accept far more."""
# Unknown header parameters are ignored (RFC 7515 4). Certificate chains in them can be long.
_SIGNING = jws.JWSRegistry(algorithms=list(SIGNING_ALGORITHMS), strict_check_header=False)
_SIGNING.max_header_length = 16 * 1024
_SIGNING.max_signature_length = 2048
_MALFORMED = (JoserfcError, msgspec.DecodeError, ValueError, TypeError, LookupError, RecursionError)
ENCRYPTION_ALGORITHMS = ("RSA-OAEP", "RSA-OAEP-256")
CONTENT_ENCRYPTIONS = ("A256GCM", "A128CBC-HS256")
_ENCRYPTING = jwe.JWERegistry(algorithms=[*ENCRYPTION_ALGORITHMS, *CONTENT_ENCRYPTIONS])
SIGNING_TIMES = Durations(
    "haas_signing_seconds",
    "Times in which JWTs were signed.",
    "algorithm",
    (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05),
    SIGNING_ALGORITHMS,
)
"""The signatures of this process, for Prometheus."""
DEFAULT_SKEW = timedelta(seconds=30)
# The JSON escape of U+0000, which PostgreSQL cannot store. Pairs of backslashes before it are escaped backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class JoseError(HaasError):
    """A token was refused. The message gives the reason, for logs and developers."""


class DecodedJwt(NamedTuple):
    """The content of a JWT. Whether its signature was verified depends on the function that returned it."""

    header: dict[str, Any]
    claims: dict[str, Any]


def sign(claims: Mapping[str, Any], key: SigningKey, *, typ: str | None = None) -> str:
    """Return `claims` as a compact JWS with the `alg` and `kid` of the key, and with `typ` if it is given."""
    header = (
        {"alg": key.algorithm, "kid": key.kid} if typ is None else {"alg": key.algorithm, "kid": key.kid, "typ": typ}
    )
    started = perf_counter()
    signed = jws.serialize_compact(header, msgspec.json.encode(claims), key.joserfc_key, registry=_SIGNING)
    SIGNING_TIMES.add(key.algorithm, perf_counter() - started)
    return signed


def read_unverified(token: str) -> DecodedJwt:
    """Read a compact JWS without verifying its signature, to find out which party's keys can verify it.

    Raises JoseError if it is too long or not a JWS of a JSON object.
    """
    return _extract(token)[1]


def verify(token: str, keys: PublicKeys, *, algorithms: Sequence[str] = SIGNING_ALGORITHMS) -> DecodedJwt:
    """Return the header and claims of a compact JWS that was signed with one of `keys`.

    Raises JoseError if it is too long or malformed, if its algorithm is not allowed (`none` is never allowed), or if no
    key of the set signed it. The claims are not checked; see `check_times` for the times.
    """
    signature, token_read = _extract(token)
    algorithm, kid = token_read.header.get("alg"), token_read.header.get("kid")
    if algorithm not in algorithms:
        raise JoseError(f"alg {str(algorithm)[:20]!r} is not one of {', '.join(algorithms)}")
    if kid is not None and not isinstance(kid, str):
        raise JoseError("kid is not a string")
    candidates = keys.candidates(kid, "sig", str(algorithm))
    if len(candidates) > MAXIMUM_CANDIDATES:
        raise JoseError(f"{len(candidates)} keys of the signer's JWKS could have signed the token: a kid must name one")
    for key in candidates:
        try:
            if jws.validate_compact(signature, key, registry=_SIGNING):
                return token_read
        except (JoserfcError, ValueError, TypeError):
            continue
    raise JoseError("not signed with a key of the signer's JWKS")


def _extract(token: str) -> tuple[jws.CompactSignature, DecodedJwt]:
    if len(token) > MAXIMUM_TOKEN_BYTES:
        raise JoseError(f"a token of {len(token)} bytes is over the limit of {MAXIMUM_TOKEN_BYTES}")
    try:
        signature = jws.extract_compact(token.encode("ascii"), registry=_SIGNING)
        header, claims = signature.headers(), msgspec.json.decode(signature.payload)
    except _MALFORMED as error:
        raise JoseError("not a signed JWT") from error
    if _NUL.search(signature.payload):
        raise JoseError("a string of the JWT contains U+0000")
    if not isinstance(claims, dict) or not isinstance(header, dict):
        raise JoseError("not a signed JWT of a JSON object")
    brackets = signature.payload.count(b"{") + signature.payload.count(b"[")
    if brackets > MAXIMUM_NESTING and _is_nested_deeper(claims, MAXIMUM_NESTING):
        raise JoseError(f"the claims are nested deeper than {MAXIMUM_NESTING} levels")
    if "crit" in header:
        # No extension is supported (RFC 7515 4.1.11), and `b64` must not be used in a JWT (RFC 7797 7).
        raise JoseError("crit names an extension that is not supported")
    return signature, DecodedJwt(header, claims)


def _is_nested_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_nested_deeper(member, levels - 1) for member in inner)


def check_times(
    claims: Mapping[str, Any], now: datetime, *, longest: timedelta, skew: timedelta = DEFAULT_SKEW
) -> None:
    """Refuse claims that are expired, not yet valid, without `exp`, or valid for longer than `longest` from `now`.

    RFC 7519 4.1.4 to 4.1.6. `skew` is the allowed difference between the clocks of two parties. Raises JoseError.
    """
    moment, leeway = epoch(now), skew.total_seconds()
    times = {name: claims.get(name) for name in ("exp", "nbf", "iat")}
    for name, value in times.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise JoseError(f"{name} is not a number of seconds")
    exp, nbf, iat = times["exp"], times["nbf"], times["iat"]
    if exp is None:
        raise JoseError("exp is missing")
    if exp <= moment - leeway:
        raise JoseError("expired")
    if exp > moment + longest.total_seconds() + leeway:
        raise JoseError(f"exp is further ahead than {int(longest.total_seconds())} seconds")
    if nbf is not None and nbf > moment + leeway:
        raise JoseError("not valid yet (nbf)")
    if iat is not None and iat > moment + leeway:
        raise JoseError("issued in the future (iat)")
    for name, value in (("nbf", nbf), ("iat", iat)):
        if value is not None and not is_time(value):
            raise JoseError(f"{name} is not a time")


def encrypt(token: str, keys: PublicKeys, *, alg: str, enc: str) -> str:
    """Return a signed JWT nested in a compact JWE, encrypted to one of `keys` (JARM 2.2).

    Raises JoseError if `alg` or `enc` is not supported, or if the set has no key for `alg`.
    """
    if alg not in ENCRYPTION_ALGORITHMS or enc not in CONTENT_ENCRYPTIONS:
        raise JoseError(f"encryption with {alg} and {enc} is not supported")
    for key in keys.candidates(None, "enc", alg)[:MAXIMUM_CANDIDATES]:
        header = {"alg": alg, "enc": enc, "cty": "JWT", **({"kid": key.kid} if key.kid else {})}
        try:
            return jwe.encrypt_compact(header, token.encode(), key, registry=_ENCRYPTING)
        except JoserfcError:
            continue
    raise JoseError(f"no encryption key for {alg} in the recipient's JWKS")
