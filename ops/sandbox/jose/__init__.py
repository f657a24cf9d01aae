"""JSON Object Signing for the sandbox, built on PyJWT: it verifies the product without the product's own JOSE code.

The profile is that of FAPI 1.0 Advanced 8.6: PS256 and ES256 only. This is the only package that imports PyJWT.
"""

from ops.sandbox.jose.keys import SIGNING_ALGORITHMS, Algorithm, JwkError, PublicKeys, SigningKey
from ops.sandbox.jose.tokens import JoseError, Verified, check_times, compact, half_hash, peek, s256, sign, verify

__all__ = [
    "SIGNING_ALGORITHMS",
    "Algorithm",
    "JoseError",
    "JwkError",
    "PublicKeys",
    "SigningKey",
    "Verified",
    "check_times",
    "compact",
    "half_hash",
    "peek",
    "s256",
    "sign",
    "verify",
]
