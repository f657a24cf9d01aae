"""Issued client certificates, and the check of certificate signing requests."""

import base64

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from ops.pki.errors import PkiError
from ops.pki.keys import KEY_SIZE


class IssuedClient(msgspec.Struct, frozen=True):
    """A client certificate. `key` is None for a certificate from a CSR."""

    serial: str
    """The serial number in hexadecimal, by which the certificate is revoked."""
    certificate: str
    """PEM: the certificate, then its intermediate."""
    key: str | None
    """PEM, PKCS #8."""
    thumbprint: str
    """`x5t#S256` (RFC 8705 3.1): SHA-256 of the DER in base64url. Access tokens are bound to it."""


def thumbprint(certificate: x509.Certificate) -> str:
    return base64.urlsafe_b64encode(certificate.fingerprint(SHA256())).rstrip(b"=").decode()


def public_key_of(csr_pem: bytes) -> RSAPublicKey:
    """Return the key of a certificate signing request (PKCS #10). Raises PkiError when it is malformed."""
    try:
        request = x509.load_pem_x509_csr(csr_pem)
        key = request.public_key()
        is_signed = request.is_signature_valid
    except (ValueError, InvalidSignature) as error:
        raise PkiError(f"this is not a certificate signing request in PEM: {error}") from error
    if not is_signed:
        raise PkiError("the request is not signed by its own key")
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_SIZE:
        raise PkiError(f"the request's key must be RSA with at least {KEY_SIZE} bits")
    return key
