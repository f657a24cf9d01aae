"""JSON Object Signing and Encryption, with the signing algorithms that FAPI 1.0 Advanced 8.6 allows: PS256 and ES256.

No other package imports joserfc.
"""

from haas.jose.jwk import JwkError
from haas.jose.jwks import JwksClient, JwksError
from haas.jose.jwt import SIGNING_TIMES, DecodedJwt, JoseError, check_times, encrypt, read_unverified, sign, verify
from haas.jose.keys import SIGNING_ALGORITHMS, Algorithm, PublicKeys, SigningKey, half_hash, s256
from haas.jose.sealing import KeySealer, Sealer, SealError, Siv, new_key

__all__ = [
    "SIGNING_ALGORITHMS",
    "SIGNING_TIMES",
    "Algorithm",
    "DecodedJwt",
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
    "check_times",
    "encrypt",
    "half_hash",
    "new_key",
    "read_unverified",
    "s256",
    "sign",
    "verify",
]
