"""Renews the CRLs that nginx checks in production: fetched from the authorities, and validated before use."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from haas.errors import HaasError
from ops.files import PUBLIC, write_atomically

EXPIRES_SOON_WITHIN = timedelta(days=1)
TIMEOUT = httpx.Timeout(20.0)


class RevocationListError(HaasError):
    """A CRL cannot be fetched or is not valid. The stored lists are not changed. The message contains the reason."""


class Renewal(msgspec.Struct, frozen=True):
    """The result of a renewal."""

    changed: bool
    ends: datetime
    """The earliest nextUpdate. After that time, nginx refuses every client certificate."""

    def expires_soon(self, now: datetime) -> bool:
        return self.ends - now < EXPIRES_SOON_WITHIN


def renew(urls: Sequence[str], authorities: Path, output: Path, now: datetime | None = None) -> Renewal:
    """Fetch the CRL of every authority and write all of them to `output`.

    Raises RevocationListError when a CRL is absent, not signed by its authority, expired, or older than the stored one.
    """
    now = now or datetime.now(UTC)
    signers = x509.load_pem_x509_certificates(authorities.read_bytes())
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as http:
        fetched = [_fetch(http, url) for url in urls]
    in_force = _load_all(output.read_bytes()) if output.exists() else []
    lists = [_newest_valid(signer, fetched, in_force, now) for signer in signers]
    pem = b"".join(entry.public_bytes(Encoding.PEM) for entry in lists)
    changed = not output.exists() or output.read_bytes() != pem
    if changed:
        write_atomically(output, pem, PUBLIC)
    return Renewal(changed=changed, ends=min(_end(entry) for entry in lists))


def lists_end(file: Path) -> datetime:
    """Return the earliest nextUpdate of the lists in force. Raises OSError if there are none."""
    return min(_end(entry) for entry in _load_all(file.read_bytes()))


def _newest_valid(
    signer: x509.Certificate,
    fetched: Sequence[x509.CertificateRevocationList],
    in_force: Sequence[x509.CertificateRevocationList],
    now: datetime,
) -> x509.CertificateRevocationList:
    title = signer.subject.rfc4514_string()
    found = [entry for entry in fetched if _signed_by(entry, signer)]
    if not found:
        raise RevocationListError(f"no list is signed by {title}")
    newest = max(found, key=lambda entry: entry.last_update_utc)
    if _end(newest) <= now:
        raise RevocationListError(f"the list of {title} expired at {_end(newest)}")
    before = [entry for entry in in_force if _signed_by(entry, signer)]
    if before and newest.last_update_utc < max(entry.last_update_utc for entry in before):
        raise RevocationListError(f"the list of {title} is older than the stored one")
    return newest


def _signed_by(entry: x509.CertificateRevocationList, signer: x509.Certificate) -> bool:
    key = signer.public_key()
    return (
        entry.issuer == signer.subject
        and isinstance(key, RSAPublicKey | EllipticCurvePublicKey)
        and entry.is_signature_valid(key)
    )


def _end(entry: x509.CertificateRevocationList) -> datetime:
    """Return nextUpdate, which RFC 5280 5.1.2.5 requires. A list without it is treated as expired."""
    return entry.next_update_utc or entry.last_update_utc


def _fetch(http: httpx.Client, url: str) -> x509.CertificateRevocationList:
    try:
        response = http.get(url)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise RevocationListError(f"{url} cannot be fetched: {str(error) or type(error).__name__}") from error
    try:
        if response.content.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(response.content)
        return x509.load_der_x509_crl(response.content)
    except ValueError as error:
        raise RevocationListError(f"the document at {url} is not a revocation list: {error}") from error


def _load_all(pem: bytes) -> list[x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----"
    return [x509.load_pem_x509_crl(part + end) for part in pem.split(end) if part.strip()]
