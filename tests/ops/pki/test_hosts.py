"""Server certificates: who issues them, and when they are renewed."""

import os
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ops.pki.errors import PkiError
from ops.pki.hosts import RENEW_BEFORE, certificate_file, ensure_certificate
from ops.pki.store import Pki

SECURE, PUBLIC = "mtls.aurora.haas.localhost", "aurora.haas.localhost"
EHUB = "ehub.cdr-sandbox.localhost"


def certificates(pem: str | bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem)


def test_each_host_gets_a_certificate_of_its_own_kind_of_authority(pki: Pki, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    roots = {
        SECURE: certificates(pki.cdr_root_file.read_bytes()),
        PUBLIC: certificates(pki.web_root_file.read_bytes()),
        EHUB: certificates(pki.market_authorities_file.read_bytes())[1:],
    }
    for host, root in roots.items():
        assert pki.ensure_server(host, tmp_path) is True
        file = certificate_file(tmp_path, host)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        leaf, *chain = certificates(file.read_bytes())
        verifier = PolicyBuilder().store(Store(root)).time(now).build_server_verifier(x509.DNSName(host))
        verifier.verify(leaf, chain)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
        assert pki.ensure_server(host, tmp_path) is False


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        (PUBLIC, True),
        ("register.cdr-sandbox.localhost", True),
        ("sharing.brand.test", True),
        ("www.example.com", False),
        ("bank.com.au", False),
        ("haas.localhost.au", False),
    ],
)
def test_the_web_root_is_valid_only_for_reserved_host_names(
    pki: Pki, tmp_path: Path, host: str, *, accepted: bool
) -> None:
    """Its key cannot be used to impersonate a server on the Internet to the browser that trusts it."""
    pki.ensure_server(host, tmp_path)
    leaf, *chain = certificates(certificate_file(tmp_path, host).read_bytes())
    trusted = Store(certificates(pki.web_root_file.read_bytes()))
    verifier = PolicyBuilder().store(trusted).time(datetime.now(UTC)).build_server_verifier(x509.DNSName(host))
    if accepted:
        verifier.verify(leaf, chain)
    else:
        with pytest.raises(VerificationError):
            verifier.verify(leaf, chain)


def test_the_web_root_is_valid_only_for_loopback_addresses(pki: Pki) -> None:
    (root,) = certificates(pki.web_root_file.read_bytes())
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    addresses = [name.value for name in constraints.value.permitted_subtrees or [] if isinstance(name, x509.IPAddress)]
    assert addresses
    assert all(network.is_loopback for network in addresses)


def test_a_certificate_that_expires_soon_is_renewed_with_the_same_key(pki: Pki, tmp_path: Path) -> None:
    pki.ensure_server(SECURE, tmp_path)
    file = certificate_file(tmp_path, SECURE)
    before = certificates(file.read_bytes())[0]
    later = before.not_valid_after_utc - RENEW_BEFORE
    assert ensure_certificate(tmp_path, SECURE, pki._cdr, [pki._cdr.certificate], later) is True
    after = certificates(file.read_bytes())[0]
    assert after.public_key() == before.public_key()
    assert after.not_valid_after_utc > before.not_valid_after_utc


def test_a_certificate_of_another_authority_is_replaced(pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    Pki(tmp_path / "other").ensure_server(SECURE, tmp_path)
    assert pki.ensure_server(SECURE, tmp_path) is True


@pytest.mark.parametrize(
    "host", ["", "localhost", "../x.y", "a/b.c", "a..b", "UPPER.case", "a b.c", "-a.b", "a.b.", "x" * 64 + ".b"]
)
def test_an_invalid_host_name_is_refused_and_no_file_is_written(pki: Pki, tmp_path: Path, host: str) -> None:
    with pytest.raises(PkiError, match="is not a host name"):
        pki.ensure_server(host, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_keeps_the_old_file(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
