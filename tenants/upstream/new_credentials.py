"""Checks of the credentials that an operator gives for the retailer's own server."""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from haas.errors import HaasError
from tenants.upstream.models import UpstreamCredential

MAXIMUM_BYTES: Final = 64 * 1024
MAXIMUM_SECRET: Final = 1_000
MAXIMUM_CHAIN: Final = 10
_CLIENT_AUTH: Final = x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH


class InvalidCredential(HaasError):
    """A credential cannot be used. The message says why, and has nothing of the credential."""


def client_certificate(chain: bytes, private_key: bytes, now: datetime) -> UpstreamCredential:
    """Return a client certificate with its key, both in PEM: the certificate first, and then those of its issuers.

    Raises InvalidCredential if they cannot be read, do not belong together, or cannot be used for mutual TLS now.
    """
    if max(len(chain), len(private_key)) > MAXIMUM_BYTES:
        raise InvalidCredential(f"a file has more than {MAXIMUM_BYTES} bytes")
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError:
        raise InvalidCredential("the certificate is not in PEM") from None
    if len(certificates) > MAXIMUM_CHAIN:
        raise InvalidCredential(f"the chain has more than {MAXIMUM_CHAIN} certificates")
    try:
        key = load_pem_private_key(private_key, None)
    except (TypeError, ValueError):  # TypeError: it is encrypted
        raise InvalidCredential("the private key is not in PEM, or is encrypted with a password") from None
    certificate = certificates[0]
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise InvalidCredential("the private key does not belong to the first certificate of the chain")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise InvalidCredential("the certificate is not valid now")
    if not _is_for_clients(certificate):
        raise InvalidCredential("the certificate is not for clients (extended key usage)")
    presented = "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)
    return UpstreamCredential(
        kind="client-certificate",
        presented=presented,
        secret=private_key.decode("ascii").strip() + "\n",
        changed_at=now,
    )


def client_secret(client_id: str, secret: bytes, now: datetime) -> UpstreamCredential:
    """Return a client id with its secret. A line feed at the end of the secret is removed. Raises InvalidCredential."""
    try:
        text = secret.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidCredential("the client secret is not UTF-8") from None
    for what, value in (("client id", client_id), ("client secret", text)):
        if not 0 < len(value) <= MAXIMUM_SECRET or not value.isprintable():
            raise InvalidCredential(f"the {what} is not one line of 1 to {MAXIMUM_SECRET} printable characters")
    return UpstreamCredential(kind="client-secret", presented=client_id, secret=text, changed_at=now)


def end_of(credential: UpstreamCredential) -> datetime | None:
    """Return when a client certificate ends, or None for another kind of credential."""
    if credential.kind != "client-certificate":
        return None
    return x509.load_pem_x509_certificate(credential.presented.encode()).not_valid_after_utc


def is_about_to_end(credential: UpstreamCredential, now: datetime) -> bool:
    """Return whether a client certificate ends within a month."""
    end = end_of(credential)
    return end is not None and end - now < timedelta(days=30)


def _is_for_clients(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return _CLIENT_AUTH in usage or x509.oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage
