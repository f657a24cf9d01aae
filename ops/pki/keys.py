"""Private keys: RSA-2048, as for certificates of the CDR (CDS, Certificate Management)."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ops.pki.errors import PkiError

KEY_SIZE = 2048
EXPONENT = 65537


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=EXPONENT, key_size=KEY_SIZE)


def key_to_pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_from_pem(pem: bytes) -> RSAPrivateKey:
    # Only keys from our own files are read here. To check again that they are valid takes as long as 30 signatures.
    key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise PkiError("the stored key is not an RSA key")
    return key
