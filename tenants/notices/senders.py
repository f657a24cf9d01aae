"""Whether receivers of mail can verify that it is from a brand: the records SPF, DKIM and DMARC of its sender domain.

The sender of all mail of a brand is `no-reply@` and its public host, in the header and in the envelope. The mail server
of the deployment signs with DKIM. Its selector is a setting of the brand.
"""

import asyncio
import logging
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Literal

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from haas.dns_records import DnsUnreadable, TextRecords
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

CONCURRENT_CHECKS: Final = 8
SECONDS_FOR_ALL: Final = 300.0
MOST_LOOKUPS: Final = 10
"""Receivers ignore an SPF record that needs more (RFC 7208 4.6.4)."""
SHORTEST_KEY: Final = 2048
"""In bits, of an RSA key (RFC 8301 3.2)."""
_SPF: Final = re.compile(r"v=spf1( |\Z)", re.IGNORECASE)
_DMARC: Final = re.compile(r"v\s*=\s*DMARC1\s*(;|\Z)")
_WITH_LOOKUP: Final = ("include", "a", "mx", "ptr", "exists", "redirect")
SenderRecord = Literal["SPF", "DKIM", "DMARC"]


class SenderFinding(msgspec.Struct, frozen=True):
    """What is wrong with a record of a sender domain, and what to do."""

    record: SenderRecord
    problem: str
    advice: str
    is_unread: bool = False
    """Whether the record could not be read, so that it is not known whether it is right."""


class SenderCounts(msgspec.Struct, kw_only=True):
    """The number of brands by the state of their sender domain."""

    protected: int = 0
    """Receivers can verify that mail is from the brand."""
    not_protected: int = 0
    not_read: int = 0
    """At least one record could not be read, and those that could are right."""


async def check_sender(records: TextRecords, domain: str, selector: str | None) -> list[SenderFinding]:
    """Return what is wrong with the records of a sender domain. `selector` is the one of DKIM."""
    checks: Mapping[SenderRecord, Callable[[], Awaitable[list[SenderFinding]]]] = {
        "SPF": partial(_spf, records, domain),
        "DKIM": partial(_dkim, records, domain, selector),
        "DMARC": partial(_dmarc, records, domain),
    }
    found: list[SenderFinding] = []
    for record, check in checks.items():
        try:
            found += await check()
        except DnsUnreadable as error:
            advice = "Try again. If it continues, check the name servers of the domain, and of this machine."
            found.append(SenderFinding(record, str(error), advice, is_unread=True))
    return found


async def warn_of_senders(records: TextRecords, tenants: Sequence[Tenant]) -> SenderCounts:
    """Write one line to the log for each brand whose sender domain has a problem. Return how many there are of each.

    A brand that is not checked within the time counts as one whose records were not read.
    """
    slots, counts = asyncio.Semaphore(CONCURRENT_CHECKS), SenderCounts(not_read=len(tenants))

    async def one(tenant: Tenant) -> None:
        async with slots:
            found = await check_sender(records, tenant.hosts.public, tenant.settings.dkim_selector)
        if wrong := [each for each in found if not each.is_unread]:
            logger.warning("sender.not_protected", extra=_details(tenant, wrong))
        if unread := [each for each in found if each.is_unread]:
            logger.warning("sender.not_read", extra=_details(tenant, unread))
        if wrong or not unread:
            counts.not_read -= 1
            counts.not_protected += bool(wrong)
            counts.protected += not wrong

    try:
        async with asyncio.timeout(SECONDS_FOR_ALL), asyncio.TaskGroup() as group:
            for tenant in tenants:
                group.create_task(one(tenant))
    except TimeoutError:
        logger.warning("sender.not_all_checked")
    return counts


def _details(tenant: Tenant, findings: Sequence[SenderFinding]) -> dict[str, str]:
    return {
        "tenant": tenant.slug,
        "domain": tenant.hosts.public,
        "records": ",".join(dict.fromkeys(each.record for each in findings)),
        "reason": " ".join(each.problem for each in findings),
    }


async def _spf(records: TextRecords, domain: str) -> list[SenderFinding]:
    found = await _spf_records(records, domain)
    publish = f'Publish one TXT record at {domain}, such as "v=spf1 include:<the name of your mail provider> -all".'
    if len(found) != 1:
        if not found:
            return [SenderFinding("SPF", f"{domain} has no SPF record.", publish)]
        problem = f"{domain} has {len(found)} SPF records, and receivers ignore all of them."
        return [SenderFinding("SPF", problem, "Combine them in one TXT record.")]
    findings = []
    terms = [term.lower() for term in found[0].split()[1:]]
    ends = [term for term in terms if term.lstrip("+?~-") == "all"]
    if ends and ends[0] in ("all", "+all"):
        problem = "The SPF record permits every server to send mail for the domain."
        findings.append(SenderFinding("SPF", problem, 'Replace its last part by "-all".'))
    elif not any(end in ("-all", "~all") for end in ends) and not any(term.startswith("redirect=") for term in terms):
        problem = "The SPF record does not refuse other servers."
        findings.append(SenderFinding("SPF", problem, 'Let it end with "-all" (or "~all").'))
    elif terms == ["-all"]:
        findings.append(SenderFinding("SPF", "The SPF record permits no server at all.", publish))
    lookups, missing = await _lookups(records, found[0], MOST_LOOKUPS)
    if lookups > MOST_LOOKUPS:
        problem = f"The SPF record needs more than {MOST_LOOKUPS} lookups, so receivers ignore it."
        findings.append(SenderFinding("SPF", problem, "Remove what it includes and is not used."))
    for name in missing:
        problem = f"The SPF record names {name}, which has no SPF record, so receivers ignore it."
        findings.append(SenderFinding("SPF", problem, f"Remove {name}, or correct the name."))
    return findings


async def _spf_records(records: TextRecords, domain: str) -> list[str]:
    return [text for text in await records.of(domain) if _SPF.match(text)]


async def _lookups(records: TextRecords, record: str, left: int) -> tuple[int, list[str]]:
    """Return how many lookups an SPF record needs, counted until there are too many, and which names have none."""
    count, missing = 0, []
    for term in record.split()[1:]:
        name, _, value = term.lstrip("+?~-").replace("=", ":", 1).partition(":")
        if name.partition("/")[0].lower() not in _WITH_LOOKUP:
            continue
        count += 1
        if count > left:
            break
        if name.lower() in ("include", "redirect") and "%" not in value:
            inner = await _spf_records(records, value)
            if not inner:
                missing.append(value)
                continue
            more, further = await _lookups(records, inner[0], left - count)
            count, missing = count + more, [*missing, *further]
    return count, missing


async def _dkim(records: TextRecords, domain: str, selector: str | None) -> list[SenderFinding]:
    if selector is None:
        problem = "No DKIM selector is set, so the key cannot be checked."
        advice = "Ask who operates the mail server, and set it: `haas tenant set SLUG --dkim-selector NAME`."
        return [SenderFinding("DKIM", problem, advice)]
    name = f"{selector}._domainkey.{domain}"
    publish = f"Publish the TXT record that the mail server gives for {name}, and no other one there."
    found = await records.of(name)
    if len(found) != 1:
        problem = f"{name} has {len(found) or 'no'} DKIM record{'s' if len(found) > 1 else ''}."
        return [SenderFinding("DKIM", problem, publish)]
    tags = dict(_tags(found[0]))
    return [SenderFinding("DKIM", problem, publish) for problem in _problems_of_key(tags)]


def _problems_of_key(tags: dict[str, str]) -> Iterator[str]:
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        yield "The DKIM record cannot be read: it has no key, or another version."
        return
    if not tags["p"]:
        yield "The DKIM key was revoked: the record has an empty key."
        return
    if "y" in tags.get("t", "").split(":"):
        yield "The DKIM record is marked as a test, so receivers may ignore the signature."
    if tags.get("k", "rsa") == "rsa":
        try:
            key = load_der_public_key(b64decode("".join(tags["p"].split()), validate=True))
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPublicKey):
            yield "The DKIM key cannot be read."
        elif key.key_size < SHORTEST_KEY:
            yield f"The DKIM key has {key.key_size} bits, and should have {SHORTEST_KEY}."


async def _dmarc(records: TextRecords, domain: str) -> list[SenderFinding]:
    """Check the record of the domain, else the one of the nearest domain above it (RFC 7489 6.6.3)."""
    publish = f'Publish one TXT record at _dmarc.{domain}, such as "v=DMARC1; p=reject; rua=mailto:<an address>".'
    labels = domain.split(".")
    for above in range(len(labels) - 1):
        name = ".".join(labels[above:])
        found = [text for text in await records.of(f"_dmarc.{name}") if _DMARC.match(text)]
        if len(found) > 1:
            problem = f"_dmarc.{name} has {len(found)} DMARC records, and receivers ignore all of them."
            return [SenderFinding("DMARC", problem, "Publish one record only.")]
        if found:
            tags = dict(_tags(found[0]))
            policy = tags.get("p", "") if not above else tags.get("sp", tags.get("p", ""))
            return [SenderFinding("DMARC", problem, publish) for problem in _problems_of_policy(policy, name)]
    return [SenderFinding("DMARC", f"Neither {domain} nor a domain above it has a DMARC record.", publish)]


def _problems_of_policy(policy: str, name: str) -> Iterator[str]:
    if policy.lower() == "none":
        yield f"The DMARC record of {name} asks receivers to do nothing about mail of somebody else (none)."
    elif policy.lower() not in ("quarantine", "reject"):
        yield f"The DMARC record of {name} has no policy."


def _tags(record: str) -> Iterator[tuple[str, str]]:
    """Yield the tags of a record such as `v=DMARC1; p=none` (RFC 6376 3.2)."""
    for part in record.split(";"):
        name, separator, value = part.partition("=")
        if separator:
            yield name.strip(), value.strip()
