"""The test authorities of one deployment in `.haas/pki`, which the supervisor, the sandbox and commands use."""

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from ops.files import PUBLIC, write_atomically
from ops.pki.authority import Authority, Validity, chain_pem, name, new_intermediate, new_root
from ops.pki.clients import IssuedClient, public_key_of, thumbprint
from ops.pki.files import load_authority, save_authority
from ops.pki.hosts import ensure_certificate
from ops.pki.keys import key_to_pem, new_key

ORGANISATION = "Holder as a Service test authorities"
AUTHORITY_LIFETIME = timedelta(days=3650)
CLIENT_LIFETIME = timedelta(days=397)
PARTICIPANT_LIFETIME = timedelta(days=3 * 365)
CRL_LIFETIME = timedelta(days=7)
CRL_RENEW_BEFORE = timedelta(days=3)
SECURE_LABEL = "mtls."
MARKET_LABEL = "ehub."
POLL_INTERVAL = 0.02


class Pki:
    """The authorities in `folder`, which are created if they do not exist. Every change locks the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.web_root_file = folder / "web-root.crt"
        self.cdr_root_file = folder / "cdr-root.crt"
        self.trusted_roots_file = folder / "roots.crt"
        """The roots that clients of this deployment trust (HAAS_TRUSTED_ROOTS)."""
        self.client_authorities_file = folder / "client-authorities.crt"
        """The intermediate and root of the CDR, with which nginx verifies client certificates."""
        self.revocation_lists_file = folder / "cdr.crl"
        """The CRLs of these two. If one is absent or expired, nginx refuses every client."""
        self.market_authorities_file = folder / "market-authorities.crt"
        """The intermediate and root of the electricity market, which issue certificates to its participants. They are
        for the e-Hub as AEMO's authorities are for the real one, and have nothing to do with those of the CDR."""
        with self._locked():
            self._web_root = self._authority("web-root", "Web Root", constrained=True)
            self._cdr_root = self._authority("cdr-root", "CDR Root")
            self._cdr = self._authority("cdr-intermediate", "CDR Intermediate", self._cdr_root)
            self._market_root = self._authority("market-root", "Market Root")
            self._market = self._authority("market-intermediate", "Market Intermediate", self._market_root)
            foreign_root = self._authority("foreign-root", "Foreign Root")
            self._foreign = self._authority("foreign-intermediate", "Foreign Intermediate", foreign_root)
            if not self.revocation_lists_file.exists():
                self._publish(self._now())
            self._write(self.web_root_file, [self._web_root.certificate])
            self._write(self.cdr_root_file, [self._cdr_root.certificate])
            roots = (self._web_root, self._cdr_root, self._market_root)
            self._write(self.trusted_roots_file, [root.certificate for root in roots])
            self._write(self.client_authorities_file, [self._cdr.certificate, self._cdr_root.certificate])
            self._write(self.market_authorities_file, [self._market.certificate, self._market_root.certificate])

    def issue_client(
        self,
        common_name: str,
        organisation: str,
        *,
        csr: bytes | None = None,
        expired: bool = False,
        foreign: bool = False,
    ) -> IssuedClient:
        """Issue a client certificate of the CDR (or of an untrusted authority) for the key of a CSR or for a new key.

        Raises PkiError if the CSR is not accepted.
        """
        issuer = self._foreign if foreign else self._cdr
        return self._client(issuer, name(common_name, organisation), CLIENT_LIFETIME, csr=csr, expired=expired)

    def issue_participant(
        self, participant_id: str, *, csr: bytes | None = None, expired: bool = False, foreign: bool = False
    ) -> IssuedClient:
        """Issue the client certificate of a market participant, whose id is the common name of the subject.

        The other arguments and the errors are those of `issue_client`.
        """
        issuer = self._foreign if foreign else self._market
        return self._client(issuer, name(participant_id), PARTICIPANT_LIFETIME, csr=csr, expired=expired)

    def _client(
        self, issuer: Authority, subject: x509.Name, lifetime: timedelta, *, csr: bytes | None, expired: bool
    ) -> IssuedClient:
        now = self._now()
        key = None if csr else new_key()
        public_key = public_key_of(csr) if csr else (key or new_key()).public_key()
        validity = Validity.expired(now) if expired else Validity.starting(now, lifetime)
        certificate = issuer.sign_client(subject, public_key, validity)
        return IssuedClient(
            serial=f"{certificate.serial_number:x}",
            certificate=chain_pem([certificate, issuer.certificate]).decode(),
            key=None if key is None else key_to_pem(key).decode(),
            thumbprint=thumbprint(certificate),
        )

    def revoke(self, serial: str) -> None:
        """Revoke a client certificate of the CDR's intermediate. It takes effect when nginx is reloaded."""
        self._revoke("cdr-intermediate", serial)

    def revoke_intermediate(self) -> None:
        """Revoke the CDR's intermediate in the root's CRL, which makes every client certificate invalid."""
        self._revoke("cdr-root", f"{self._cdr.certificate.serial_number:x}")

    def refresh_revocation_lists(self, now: datetime | None = None) -> bool:
        """Issue new CRLs if the earlier nextUpdate is within CRL_RENEW_BEFORE. Return whether they were issued."""
        now = now or self._now()
        if self.revocation_lists_end() - now > CRL_RENEW_BEFORE:
            return False
        with self._locked():
            self._publish(now)
        return True

    def revocation_lists_end(self) -> datetime:
        """Return the earlier nextUpdate of the two CRLs. After that time, nginx refuses every client certificate."""
        pem = self.revocation_lists_file.read_bytes()
        end = b"-----END X509 CRL-----\n"
        parsed = [x509.load_pem_x509_crl(part + end) for part in pem.split(end) if part.strip()]
        return min(entry.next_update_utc for entry in parsed if entry.next_update_utc is not None)

    def publish_revocation_lists(self, lifetime: timedelta) -> None:
        """Issue both CRLs again, valid for `lifetime`."""
        with self._locked():
            self._publish(self._now(), lifetime)

    def revocation_lists_digest(self) -> str:
        """Return a digest that identifies this version of the lists."""
        return hashlib.sha256(self.revocation_lists_file.read_bytes()).hexdigest()

    def confirm_enforced(self, digest: str) -> None:
        """Record that nginx enforces this version. The process that reloaded nginx calls this."""
        write_atomically(self.folder / "enforced", digest.encode())

    def enforced(self) -> bool:
        """Return whether nginx enforces the current lists."""
        file = self.folder / "enforced"
        return file.exists() and file.read_text(encoding="ascii") == self.revocation_lists_digest()

    async def until_enforced(self) -> None:
        """Wait until nginx enforces the current lists. Return at once if no nginx uses these authorities.

        Call it with a timeout: while the stack does not run, no process confirms the lists.
        """
        while (self.folder / "enforced").exists() and not self.enforced():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(POLL_INTERVAL)

    def ensure_server(self, host: str, certificates: Path, key: RSAPrivateKey | None = None) -> bool:
        """Issue the server certificate of `host` in nginx's folder if it is absent or expires soon; return whether.

        Certificates of secure hosts (first label `mtls`) are issued by the CDR's authority, those of e-Hubs (`ehub`) by
        the market's, others by the web's. Many hosts may share a `key`, because generating a key takes as long as
        issuing fifty certificates.
        """
        if host.startswith(MARKET_LABEL):
            return ensure_certificate(
                certificates, host, self._market, [self._market.certificate], self._now(), key=key
            )
        if host.startswith(SECURE_LABEL):
            return ensure_certificate(certificates, host, self._cdr, [self._cdr.certificate], self._now(), key=key)
        return ensure_certificate(certificates, host, self._web_root, [], self._now(), key=key)

    def _authority(
        self, file: str, title: str, root: Authority | None = None, *, constrained: bool = False
    ) -> Authority:
        path = self.folder / f"{file}.pem"
        if not path.exists():
            validity = Validity.starting(self._now(), AUTHORITY_LIFETIME)
            subject = name(f"HaaS Test {title}", ORGANISATION)
            save_authority(
                path,
                new_root(subject, validity, constrained=constrained)
                if root is None
                else new_intermediate(root, subject, validity),
            )
        return load_authority(path)

    def _revoke(self, authority: str, serial: str) -> None:
        with self._locked():
            revoked = self._revoked()
            revoked.setdefault(authority, {}).setdefault(serial, self._now())
            write_atomically(self.folder / "revoked.json", msgspec.json.encode(revoked))
            self._publish(self._now())

    def _revoked(self) -> dict[str, dict[str, datetime]]:
        file = self.folder / "revoked.json"
        if not file.exists():
            return {}
        return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, datetime]])

    def _publish(self, now: datetime, lifetime: timedelta = CRL_LIFETIME) -> None:
        revoked = self._revoked()
        # CRL numbers must increase (RFC 5280 5.2.3). Because of the folder's lock, the time in microseconds suffices.
        number = time.time_ns() // 1000
        lists = [
            authority.sign_revocation_list(
                {int(serial, 16): when for serial, when in revoked.get(file, {}).items()},
                Validity.starting(now, lifetime),
                number,
            )
            for file, authority in (("cdr-root", self._cdr_root), ("cdr-intermediate", self._cdr))
        ]
        pem = b"".join(entry.public_bytes(Encoding.PEM) for entry in lists)
        write_atomically(self.revocation_lists_file, pem, PUBLIC)

    @staticmethod
    def _write(file: Path, certificates: list[x509.Certificate]) -> None:
        pem = chain_pem(certificates)
        if not file.exists() or file.read_bytes() != pem:
            write_atomically(file, pem, PUBLIC)

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
