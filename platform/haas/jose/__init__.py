"""JSON Object Signing and Encryption as FAPI 1.0 Advanced 8.6 allows it: PS256 and ES256, and nothing weaker.

The only package that imports joserfc.
"""

from haas.jose.jwks import JwksClient, JwksError
from haas.jose.jwt import JoseError, Verified, check_times, encrypt, peek, sign, verify
from haas.jose.keys import SIGNING_ALGORITHMS, Algorithm, JwkError, PublicKeys, SigningKey, half_hash, s256
from haas.jose.sealing import KeySealer, Sealer, SealError, Siv, new_key

__all__ = [
    "SIGNING_ALGORITHMS",
    "Algorithm",
    "JoseError",
    "JwkError",
    "JwksClient",
    "JwksError",
    "KeySealer",
    "PublicKeys",
    "SealError",
    "Sealer",
    "SigningKey",
    "Siv",
    "Verified",
    "check_times",
    "encrypt",
    "half_hash",
    "new_key",
    "peek",
    "s256",
    "sign",
    "verify",
]
