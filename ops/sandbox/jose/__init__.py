"""JSON Object Signing for the sandbox, built on PyJWT. It does not use the product's JOSE code, which it tests.

The profile is that of FAPI 1.0 Advanced 8.6: PS256 and ES256 only. This is the only package that imports PyJWT.
"""

from ops.sandbox.jose.keys import SIGNING_ALGORITHMS, Algorithm, JwkError, PublicKeys, SigningKey
from ops.sandbox.jose.tokens import (
    DecodedJwt,
    JoseError,
    check_times,
    compact,
    half_hash,
    read_unverified,
    s256,
    sign,
    verify,
)

__all__ = [
    "SIGNING_ALGORITHMS",
    "Algorithm",
    "DecodedJwt",
    "JoseError",
    "JwkError",
    "PublicKeys",
    "SigningKey",
    "check_times",
    "compact",
    "half_hash",
    "read_unverified",
    "s256",
    "sign",
    "verify",
]
