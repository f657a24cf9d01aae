"""The authorities' CRLs as they are published."""

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ops.pki.store import Pki

END = b"-----END X509 CRL-----\n"
Publish = Callable[[str, bytes], str]
"""Puts bytes on a web server under a name; returns the address."""


def both(pki: Pki, publish: Publish) -> list[str]:
    """The root's list as PEM, the intermediate's as DER."""
    root, intermediate = (part + END for part in pki.revocation_lists_file.read_bytes().split(END) if part)
    der = x509.load_pem_x509_crl(intermediate).public_bytes(Encoding.DER)
    return [publish("root.crl", root), publish("intermediate.crl", der)]
