"""A certificate authority, and signing with it. Uses no clock and no files. All keys are RSA-2048, hashes SHA-256."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ops.pki.keys import new_key

# Certificates are valid from a time in the past, so that a client whose clock is slow accepts a new certificate.
BACKDATE = timedelta(hours=1)


class Validity(msgspec.Struct, frozen=True):
    begins: datetime
    ends: datetime

    @classmethod
    def starting(cls, now: datetime, lifetime: timedelta) -> "Validity":
        return cls(begins=now - BACKDATE, ends=now + lifetime)

    @classmethod
    def expired(cls, now: datetime) -> "Validity":
        """Return a period in the past, for certificates that are expired when they are issued."""
        return cls(begins=now - timedelta(days=30), ends=now - timedelta(days=1))


class Authority(msgspec.Struct, frozen=True):
    """A certificate with its private key that signs certificates and revocation lists."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    def sign_client(self, subject: x509.Name, public_key: RSAPublicKey, validity: Validity) -> x509.Certificate:
        """Return a client certificate, such as that of a data recipient's software product."""
        return self._leaf(subject, public_key, validity, ExtendedKeyUsageOID.CLIENT_AUTH).sign(self.key, SHA256())

    def sign_server(self, host: str, public_key: RSAPublicKey, validity: Validity) -> x509.Certificate:
        """Return a server certificate for one host name, which is in the SAN (RFC 6125)."""
        builder = self._leaf(name(host), public_key, validity, ExtendedKeyUsageOID.SERVER_AUTH)
        return builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False).sign(
            self.key, SHA256()
        )

    def sign_authority(self, subject: x509.Name, public_key: RSAPublicKey, validity: Validity) -> x509.Certificate:
        """Return the certificate of an intermediate authority, which may sign only end-entity certificates."""
        builder = _authority_builder(subject, public_key, validity, path_length=0)
        return self._signed_by(builder).sign(self.key, SHA256())

    def sign_revocation_list(
        self, revoked: Mapping[int, datetime], validity: Validity, number: int
    ) -> x509.CertificateRevocationList:
        """Return the CRL of this authority (RFC 5280 5). `revoked` maps serial numbers to times of revocation."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(validity.begins)
            .next_update(validity.ends)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(self._key_identifier(), critical=False)
        )
        for serial, when in revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, SHA256())

    def _leaf(
        self, subject: x509.Name, public_key: RSAPublicKey, validity: Validity, purpose: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        builder = _builder(subject, public_key, validity)
        return (
            self._signed_by(builder)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )

    def _signed_by(self, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        return builder.issuer_name(self.certificate.subject).add_extension(self._key_identifier(), critical=False)

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        identifier = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value)


# No real server has a name under these top-level domains (RFC 2606 2, RFC 6761 6).
RESERVED_DOMAINS = ("localhost", "test", "example", "invalid")
LOOPBACK_NETWORKS = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def new_root(subject: x509.Name, validity: Validity, *, constrained: bool = False) -> Authority:
    """Create a root authority. `constrained` limits it to servers of RESERVED_DOMAINS and of loopback addresses.

    This name constraint makes it safe to add the root to a browser (RFC 5280 4.2.1.10).
    """
    key = new_key()
    builder = _authority_builder(subject, key.public_key(), validity, path_length=1).issuer_name(subject)
    if constrained:
        names = [x509.DNSName(domain) for domain in RESERVED_DOMAINS]
        addresses = [x509.IPAddress(network) for network in LOOPBACK_NETWORKS]
        constraint = x509.NameConstraints(permitted_subtrees=[*names, *addresses], excluded_subtrees=None)
        builder = builder.add_extension(constraint, critical=True)
    return Authority(certificate=builder.sign(key, SHA256()), key=key)


def new_intermediate(root: Authority, subject: x509.Name, validity: Validity) -> Authority:
    key = new_key()
    return Authority(certificate=root.sign_authority(subject, key.public_key(), validity), key=key)


def name(common_name: str, organisation: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "AU")]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    # RFC 5280 limits a common name to 64 characters. The SAN contains the whole host name.
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def chain_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _builder(subject: x509.Name, public_key: RSAPublicKey, validity: Validity) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _authority_builder(
    subject: x509.Name, public_key: RSAPublicKey, validity: Validity, *, path_length: int
) -> x509.CertificateBuilder:
    return (
        _builder(subject, public_key, validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )


def _usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_encipherment=key_encipherment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
