"""The records of sender domains, read from a real name server on the loopback interface."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from haas.dns_records import DnsTextRecords
from tenants.notices import senders
from tenants.notices.senders import SenderCounts, check_sender, warn_of_senders
from tenants.registry.models import Tenant
from tests.support.dns_server import LOOPBACK, DnsServer

DOMAIN = "cdr.kestrel.test"
KEY = f"s1._domainkey.{DOMAIN}"
POLICY = f"_dmarc.{DOMAIN}"
MAIL = "_spf.mail.test"


def rsa_key(bits: int) -> str:
    made = generate_private_key(65537, bits).public_key()
    return b64encode(made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


LONG, SHORT = rsa_key(2048), rsa_key(1024)
ED25519 = b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
RIGHT = {
    DOMAIN: ["unrelated", f"v=spf1 include:{MAIL} -all"],
    MAIL: ["v=spf1 ip4:192.0.2.0/24 a:mail.test mx -all"],
    KEY: [f"v=DKIM1; k=rsa; p={LONG}"],
    POLICY: ["v=DMARC1; p=reject; rua=mailto:d@kestrel.test"],
}


@pytest.fixture
async def dns() -> AsyncIterator[DnsServer]:
    async with DnsServer().serving() as server:
        server.records = dict(RIGHT)
        yield server


@pytest.fixture
def records(dns: DnsServer) -> DnsTextRecords:
    return DnsTextRecords(LOOPBACK, dns.port)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {DOMAIN: ["V=SPF1 redirect=%{d}.mail.test"]},
        {DOMAIN: ["v=spf1 redirect=_spf.mail.test"]},
        {DOMAIN: ["v=spf1 mx ~all"]},
        {KEY: [f"v=DKIM1; k=ed25519; p={ED25519}"]},
        {KEY: [f"p={LONG[:100]} {LONG[100:]}"]},
        {POLICY: ["v=DMARC1;p=Quarantine"]},
        {POLICY: [], "_dmarc.kestrel.test": ["v=DMARC1; p=none; sp=reject"]},
        {POLICY: ["something else"], "_dmarc.kestrel.test": ["v = DMARC1 ; p=reject"]},
    ],
)
async def test_a_domain_whose_records_are_right_has_no_findings(
    dns: DnsServer, records: DnsTextRecords, changed: dict[str, list[str]]
) -> None:
    dns.records |= changed
    assert await check_sender(records, DOMAIN, "s1") == []


@pytest.mark.parametrize(
    ("changed", "record", "says"),
    [
        ({DOMAIN: []}, "SPF", f"{DOMAIN} has no SPF record"),
        ({DOMAIN: ["v=spf10 -all"]}, "SPF", "has no SPF record"),
        ({DOMAIN: ["v=spf1 mx -all", "v=spf1 -all"]}, "SPF", "has 2 SPF records"),
        ({DOMAIN: ["v=spf1 mx all"]}, "SPF", "permits every server"),
        ({DOMAIN: ["v=spf1 mx +ALL"]}, "SPF", "permits every server"),
        ({DOMAIN: ["v=spf1 mx ?all"]}, "SPF", "does not refuse other servers"),
        ({DOMAIN: ["v=spf1 mx"]}, "SPF", "does not refuse other servers"),
        ({DOMAIN: ["v=spf1 -all"]}, "SPF", "permits no server"),
        ({DOMAIN: ["v=spf1 include:gone.test -all"]}, "SPF", "names gone.test, which has no SPF record"),
        ({DOMAIN: [f"v=spf1 {' '.join(['mx'] * 11)} -all"]}, "SPF", "more than 10 lookups"),
        ({MAIL: [f"v=spf1 {' '.join(['a:x.test'] * 10)} -all"]}, "SPF", "more than 10 lookups"),
        ({MAIL: [f"v=spf1 include:{MAIL} -all"]}, "SPF", "more than 10 lookups"),
        ({KEY: []}, "DKIM", f"{KEY} has no DKIM record."),
        ({KEY: [f"p={LONG}", f"p={SHORT}"]}, "DKIM", "has 2 DKIM records"),
        ({KEY: ["v=DKIM1; k=rsa"]}, "DKIM", "cannot be read: it has no key"),
        ({KEY: [f"v=DKIM2; p={LONG}"]}, "DKIM", "another version"),
        ({KEY: ["v=DKIM1; p="]}, "DKIM", "was revoked"),
        ({KEY: ["p=AAAA"]}, "DKIM", "The DKIM key cannot be read"),
        ({KEY: [f"p={SHORT}"]}, "DKIM", "has 1024 bits"),
        ({KEY: [f"t=s:y; p={LONG}"]}, "DKIM", "marked as a test"),
        ({POLICY: []}, "DMARC", "Neither cdr.kestrel.test nor a domain above it"),
        ({POLICY: ["v=DMARC1; p=none"]}, "DMARC", "do nothing about mail of somebody else"),
        ({POLICY: ["v=DMARC1"]}, "DMARC", "has no policy"),
        ({POLICY: ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}, "DMARC", "has 2 DMARC records"),
        ({POLICY: [], "_dmarc.kestrel.test": ["v=DMARC1; p=none"]}, "DMARC", "record of kestrel.test asks"),
    ],
)
async def test_each_problem_is_found_and_says_what_to_do(
    dns: DnsServer, records: DnsTextRecords, changed: dict[str, list[str]], record: str, says: str
) -> None:
    dns.records |= changed
    (found,) = await check_sender(records, DOMAIN, "s1")
    assert (found.record, says in found.problem, found.is_unread) == (record, True, False), found.problem
    assert found.advice.endswith(".")
    assert len(dns.asked) < 20


async def test_what_cannot_be_read_is_not_said_to_be_missing(dns: DnsServer, records: DnsTextRecords) -> None:
    dns.failing = {DOMAIN, POLICY}
    found = await check_sender(records, DOMAIN, None)
    assert [(each.record, each.is_unread) for each in found] == [("SPF", True), ("DKIM", False), ("DMARC", True)]
    assert "could not be read" in found[0].problem
    assert "--dkim-selector" in found[1].advice


async def test_brands_with_a_problem_are_named_in_the_log_and_counted(
    dns: DnsServer,
    records: DnsTextRecords,
    tenant: Tenant,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.WARNING, "tenants.notices.senders")
    hosts = msgspec.structs.replace(tenant.hosts, public=DOMAIN)
    settings = msgspec.structs.replace(tenant.settings, dkim_selector="s1")
    right = msgspec.structs.replace(tenant, hosts=hosts, settings=settings)
    assert await warn_of_senders(records, [right]) == SenderCounts(protected=1)
    assert caplog.records == []
    dns.failing = {KEY}
    assert await warn_of_senders(records, [right]) == SenderCounts(not_read=1)
    dns.records[POLICY] = []
    unset = msgspec.structs.replace(right, settings=tenant.settings)
    assert await warn_of_senders(records, [right, right]) == SenderCounts(not_protected=2)
    dns.failing, dns.records[POLICY] = set(), RIGHT[POLICY]
    assert await warn_of_senders(records, [right, unset]) == SenderCounts(protected=1, not_protected=1)
    monkeypatch.setattr(senders, "SECONDS_FOR_ALL", 0.0)
    assert await warn_of_senders(records, [right, unset]) == SenderCounts(not_read=2)
    monkeypatch.undo()
    caplog.clear()
    dns.records[POLICY], dns.failing = [], {KEY}
    await warn_of_senders(records, [right])
    logged = {record.getMessage(): vars(record) for record in caplog.records}
    assert logged["sender.not_protected"]["records"] == "DMARC"
    assert (logged["sender.not_protected"]["domain"], logged["sender.not_read"]["records"]) == (DOMAIN, "DKIM")
