"""Server certificates in the folder that nginx reads. `<host>.pem` contains the private key and the chain."""

import re
import stat
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ops.files import PRIVATE, SHARED, write_atomically
from ops.pki.authority import Authority, Validity, chain_pem
from ops.pki.errors import PkiError
from ops.pki.keys import key_from_pem, key_to_pem, new_key

LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)+{_LABEL}\Z")


def certificate_file(folder: Path, host: str) -> Path:
    """Return the file in which nginx finds the certificate of `host`. Raises PkiError if `host` is invalid."""
    if not _HOST.match(host):
        raise PkiError(f"{host!r} is not a host name in lower case")
    return folder / f"{host}.pem"


def ensure_certificate(
    folder: Path,
    host: str,
    issuer: Authority,
    chain: list[x509.Certificate],
    now: datetime,
    *,
    key: RSAPrivateKey | None = None,
) -> bool:
    """Issue the certificate of `host`, unless `issuer` issued a stored one that is valid for more than RENEW_BEFORE.

    Return whether a certificate was issued. The first certificate is for `key` or a new key. A renewal uses the same
    key, because nginx caches certificate and key separately, and they must always match.
    """
    file = certificate_file(folder, host)
    if file.exists():
        pem = file.read_bytes()
        stored = x509.load_pem_x509_certificate(pem)
        if stored.issuer == issuer.certificate.subject and _is_signed_by(stored, issuer):
            if stored.not_valid_after_utc > now + RENEW_BEFORE:
                return False
            key = key_from_pem(pem)
    key = key or new_key()
    certificate = issuer.sign_server(host, key.public_key(), Validity.starting(now, LIFETIME))
    write_atomically(file, chain_pem([certificate, *chain]) + key_to_pem(key), _mode(folder))
    return True


def _mode(folder: Path) -> int:
    """Return the mode of a file in nginx's folder. If the folder is shared with a group, nginx's workers are in it."""
    return SHARED if folder.stat().st_mode & stat.S_ISGID else PRIVATE


def _is_signed_by(certificate: x509.Certificate, issuer: Authority) -> bool:
    identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    own = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return identifier == own
