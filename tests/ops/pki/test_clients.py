"""Client certificates: what is issued, and which requests are refused."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from ops.pki.errors import PkiError
from ops.pki.store import Pki


def signing_request(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def certificates(pem: str | bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem)


def test_a_certificate_for_a_signing_request_has_the_key_of_the_request(pki: Pki) -> None:
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
def test_a_signing_request_with_an_unsupported_key_is_refused(pki: Pki, request_: bytes, reason: str) -> None:
    with pytest.raises(PkiError, match=reason):
        pki.issue_client("App", "Org", csr=request_)


def test_a_signing_request_with_a_wrong_signature_is_refused(pki: Pki) -> None:
    good = x509.load_pem_x509_csr(signing_request(rsa.generate_private_key(65537, 2048)))
    der = bytearray(good.public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(PkiError, match="not signed by its own key"):
        pki.issue_client("App", "Org", csr=forged)


def test_expired_and_foreign_certificates_can_be_issued(pki: Pki) -> None:
    expired = certificates(pki.issue_client("App", "Org", expired=True).certificate)[0]
    assert expired.not_valid_after_utc < datetime.now(UTC)
    foreign = certificates(pki.issue_client("App", "Org", foreign=True).certificate)[1]
    assert "Foreign" in foreign.subject.rfc4514_string()


def test_a_client_certificate_is_rsa_2048_with_sha_256_for_client_authentication_only(pki: Pki) -> None:
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


def test_a_participant_of_the_market_has_a_certificate_of_another_root_than_recipients(pki: Pki) -> None:
    """AEMO's authorities have nothing to do with those of the CDR (A-3)."""
    key = rsa.generate_private_key(65537, 2048)
    leaf, intermediate = certificates(pki.issue_participant("BANKSIA", csr=signing_request(key)).certificate)
    assert leaf.public_key() == key.public_key()
    assert leaf.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA256
    assert leaf.subject.rfc4514_string() == "CN=BANKSIA,C=AU"
    market, root = certificates(pki.market_authorities_file.read_bytes())
    assert intermediate == market
    market.verify_directly_issued_by(root)
    assert root != certificates(pki.cdr_root_file.read_bytes())[0]
    assert root in certificates(pki.trusted_roots_file.read_bytes())
    assert root not in certificates(pki.client_authorities_file.read_bytes())
    expired = certificates(pki.issue_participant("BANKSIA", expired=True).certificate)[0]
    assert expired.not_valid_after_utc < datetime.now(UTC)
    foreign = certificates(pki.issue_participant("BANKSIA", foreign=True).certificate)[1]
    assert "Foreign" in foreign.subject.rfc4514_string()
