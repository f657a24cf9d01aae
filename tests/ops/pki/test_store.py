"""The test authorities: their stored keys and revocations, and their revocation lists."""

import stat
from datetime import UTC, datetime, timedelta

from cryptography import x509

from ops.pki.store import CRL_RENEW_BEFORE, Pki

SECURE, PUBLIC = "mtls.aurora.haas.localhost", "aurora.haas.localhost"


def test_the_keys_of_the_authorities_are_created_once_and_only_their_owner_can_read_them(pki: Pki) -> None:
    before = pki.trusted_roots_file.read_bytes()
    again = Pki(pki.folder)
    assert again.trusted_roots_file.read_bytes() == before
    keys = list(pki.folder.glob("*.pem"))
    assert len(keys) == 7
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_revocations_are_stored_and_published_in_the_lists(pki: Pki) -> None:
    serial = pki.issue_client("App", "Org").serial
    pki.revoke(serial)
    Pki(pki.folder).revoke(pki.issue_client("Other", "Org").serial)
    end = b"-----END X509 CRL-----\n"
    lists = [x509.load_pem_x509_crl(part + end) for part in pki.revocation_lists_file.read_bytes().split(end) if part]
    root, intermediate = lists
    assert intermediate.get_revoked_certificate_by_serial_number(int(serial, 16)) is not None
    assert len(list(root)) == 0
    assert len(list(intermediate)) == 2
    assert all(entry.next_update_utc and entry.next_update_utc > datetime.now(UTC) for entry in lists)


def test_revocation_list_numbers_increase(pki: Pki) -> None:
    def number() -> int:
        listed = x509.load_pem_x509_crl(pki.revocation_lists_file.read_bytes())
        return listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number

    first = number()
    pki.publish_revocation_lists(timedelta(days=7))
    assert number() > first


def test_revocation_lists_are_refreshed_only_when_due(pki: Pki) -> None:
    now = datetime.now(UTC)
    pki.publish_revocation_lists(timedelta(days=7))
    assert pki.refresh_revocation_lists(now) is False
    assert pki.refresh_revocation_lists(pki.revocation_lists_end() - CRL_RENEW_BEFORE) is True
