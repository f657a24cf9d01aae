"""The test authorities: what they issue, what they refuse, and what they keep."""

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID
from cryptography.x509.verification import PolicyBuilder, Store

from ops.pki.errors import PkiError
from ops.pki.hosts import RENEW_BEFORE, certificate_file, ensure_certificate
from ops.pki.store import CRL_RENEW_BEFORE, Pki

SECURE, PUBLIC = "mtls.aurora.haas.localhost", "aurora.haas.localhost"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def signing_request(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def certificates(pem: str | bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem)


def test_authorities_are_made_once_and_private(pki: Pki) -> None:
    before = pki.trusted_roots_file.read_bytes()
    again = Pki(pki.folder)
    assert again.trusted_roots_file.read_bytes() == before
    keys = list(pki.folder.glob("*.pem"))
    assert len(keys) == 5
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_client_certificate_is_rsa_2048_with_sha_256_for_clients_only(pki: Pki) -> None:
    issued = pki.issue_client("Budget App", "Recipient Pty Ltd")
    leaf, intermediate = certificates(issued.certificate)
    assert f"{leaf.serial_number:x}" == issued.serial
    assert leaf.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA256
    assert isinstance(key := leaf.public_key(), rsa.RSAPublicKey)
    assert key.key_size == 2048
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    leaf.verify_directly_issued_by(intermediate)
    intermediate.verify_directly_issued_by(certificates(pki.cdr_root_file.read_bytes())[0])


def test_certificate_from_a_request_keeps_its_key(pki: Pki) -> None:
    key = rsa.generate_private_key(65537, 2048)
    issued = pki.issue_client("App", "Org", csr=signing_request(key))
    assert issued.key is None
    assert certificates(issued.certificate)[0].public_key() == key.public_key()


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (b"not a request", "not a certificate signing request"),
        (signing_request(ec.generate_private_key(ec.SECP256R1())), "must be RSA"),
        (signing_request(rsa.generate_private_key(65537, 1024)), "at least 2048 bits"),  # noqa: S505 - what is refused
    ],
)
def test_request_that_cannot_be_accepted(pki: Pki, request_: bytes, reason: str) -> None:
    with pytest.raises(PkiError, match=reason):
        pki.issue_client("App", "Org", csr=request_)


def test_request_signed_by_another_key(pki: Pki) -> None:
    good = x509.load_pem_x509_csr(signing_request(rsa.generate_private_key(65537, 2048)))
    der = bytearray(good.public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(PkiError, match="not signed by its own key"):
        pki.issue_client("App", "Org", csr=forged)


def test_expired_and_foreign_certificates_on_request(pki: Pki) -> None:
    expired = certificates(pki.issue_client("App", "Org", expired=True).certificate)[0]
    assert expired.not_valid_after_utc < datetime.now(UTC)
    foreign = certificates(pki.issue_client("App", "Org", foreign=True).certificate)[1]
    assert "Foreign" in foreign.subject.rfc4514_string()


def test_revocation_is_kept_and_listed(pki: Pki) -> None:
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


def test_list_numbers_rise(pki: Pki) -> None:
    def number() -> int:
        listed = x509.load_pem_x509_crl(pki.revocation_lists_file.read_bytes())
        return listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number

    first = number()
    pki.publish_revocation_lists(timedelta(days=7))
    assert number() > first


def test_lists_are_refreshed_only_when_due(pki: Pki) -> None:
    now = datetime.now(UTC)
    pki.publish_revocation_lists(timedelta(days=7))
    assert pki.refresh_revocation_lists(now) is False
    assert pki.refresh_revocation_lists(pki.revocation_lists_end() - CRL_RENEW_BEFORE) is True


def test_secure_hosts_have_the_cdr_authoritys_certificate_and_others_the_webs(pki: Pki, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for host, root in ((SECURE, pki.cdr_root_file), (PUBLIC, pki.web_root_file)):
        assert pki.ensure_server(host, tmp_path) is True
        file = certificate_file(tmp_path, host)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        leaf, *chain = certificates(file.read_bytes())
        trusted = Store(certificates(root.read_bytes()))
        verifier = PolicyBuilder().store(trusted).time(now).build_server_verifier(x509.DNSName(host))
        verifier.verify(leaf, chain)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
        assert pki.ensure_server(host, tmp_path) is False


def test_certificate_that_ends_soon_is_renewed_with_its_key(pki: Pki, tmp_path: Path) -> None:
    pki.ensure_server(SECURE, tmp_path)
    file = certificate_file(tmp_path, SECURE)
    before = certificates(file.read_bytes())[0]
    later = before.not_valid_after_utc - RENEW_BEFORE
    assert ensure_certificate(tmp_path, SECURE, pki._cdr, [pki._cdr.certificate], later) is True
    after = certificates(file.read_bytes())[0]
    assert after.public_key() == before.public_key()
    assert after.not_valid_after_utc > before.not_valid_after_utc


def test_certificate_of_another_authority_is_replaced(pki: Pki, tmp_path: Path) -> None:
    other = Pki(tmp_path / "other") if (tmp_path / "other").mkdir() is None else pki
    other.ensure_server(SECURE, tmp_path)
    assert pki.ensure_server(SECURE, tmp_path) is True


@pytest.mark.parametrize(
    "host", ["", "localhost", "../x.y", "a/b.c", "a..b", "UPPER.case", "a b.c", "-a.b", "a.b.", "x" * 64 + ".b"]
)
def test_what_is_no_host_name_makes_no_file(pki: Pki, tmp_path: Path, host: str) -> None:
    with pytest.raises(PkiError, match="no host name"):
        pki.ensure_server(host, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_write_leaves_the_old_file(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pki.ensure_server(SECURE, tmp_path)
    file = certificate_file(tmp_path, SECURE)
    before = file.read_bytes()

    def interrupted(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(OSError, match="disk full"):
        ensure_certificate(tmp_path, SECURE, pki._web_root, [], datetime.now(UTC))
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]
