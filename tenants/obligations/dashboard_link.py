"""Whether the retailer's own site links to the dashboard (CDR Rules 1.15(1)(e), (f); K-24; decision 0072).

The site is not ours. So the pages on which the link must stand are a setting of the brand, and they are read as a
visitor reads them. A page that cannot be read is not said to have no link.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from haas.errors import Unavailable
from haas.html_links import html_links, resolved
from haas.outbound import CallOptions, Outbound, OutboundResponse
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

MAXIMUM_PAGE_BYTES: Final = 2 << 20
MOST_REDIRECTS: Final = 3
LONGEST_ADDRESS: Final = 2_000
CONCURRENT_CHECKS: Final = 4
SECONDS_FOR_ALL: Final = 300.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_HTML: Final = ("text/html", "application/xhtml+xml")


class PageUnreadable(Unavailable):
    """A page of the retailer's site has answered with something else than an HTML page."""


class LinkFinding(msgspec.Struct, frozen=True):
    """What is wrong with a page on which the link must stand, and what to do."""

    page: str
    problem: str
    advice: str
    is_unread: bool = False
    """Whether the page could not be read, so that it is not known whether it has the link."""


class LinkCounts(msgspec.Struct, kw_only=True):
    """The number of brands with such pages, by whether these have the link."""

    linked: int = 0
    """Every page of the brand has the link."""
    not_linked: int = 0
    not_read: int = 0
    """At least one page could not be read, and those that could have the link."""


async def check_dashboard_link(outbound: Outbound, tenant: Tenant, page: str) -> LinkFinding | None:
    """Return what is wrong with a page, or None if a link on it leads to the host of the dashboard."""
    try:
        address, answer = await _read(outbound, page)
        links = await html_links(answer.body, address)
    except Unavailable as error:
        advice = "Open the page in a browser. If it opens, ask who operates the site whether it refuses programs."
        return LinkFinding(page, f"{page} could not be read: {error}", advice, is_unread=True)
    if any(_leads_to(tenant.hosts.public, link) for link in links):
        return None
    advice = f"Ask the retailer to link to {tenant.issuer}/dashboard there. A link that a script makes is not found."
    return LinkFinding(page, f"{page} has no link to the dashboard.", advice)


async def warn_of_dashboard_links(outbound: Outbound, tenants: Sequence[Tenant]) -> LinkCounts:
    """Write one line to the log for each page with a problem. Return how many brands there are of each state.

    A brand that is not checked within the time counts as one whose pages were not read.
    """
    checked = [tenant for tenant in tenants if tenant.settings.dashboard_link_pages]
    slots, counts = asyncio.Semaphore(CONCURRENT_CHECKS), LinkCounts(not_read=len(checked))

    async def one(tenant: Tenant) -> None:
        async with slots:
            pages = sorted(tenant.settings.dashboard_link_pages)
            found = [await check_dashboard_link(outbound, tenant, page) for page in pages]
        wrong = [each for each in found if each is not None]
        for each in wrong:
            details = {"tenant": tenant.slug, "page": each.page, "reason": each.problem}
            if each.is_unread:
                logger.warning("dashboard_link.not_read", extra=details)
            else:
                logger.warning("dashboard_link.missing", extra=details)
        is_missing = any(not each.is_unread for each in wrong)
        if is_missing or not wrong:
            counts.not_read -= 1
            counts.not_linked += is_missing
            counts.linked += not is_missing

    try:
        async with asyncio.timeout(SECONDS_FOR_ALL), asyncio.TaskGroup() as group:
            for tenant in checked:
                group.create_task(one(tenant))
    except TimeoutError:
        logger.warning("dashboard_link.not_all_checked")
    return counts


async def _read(outbound: Outbound, page: str) -> tuple[str, OutboundResponse]:
    """Return the page with the address at which it is after redirects, each of which must be https. Raise Unavailable.

    Each address is one that a stranger could have chosen, so only public ones are requested (decision 0014).
    """
    address, options = page, CallOptions(maximum_bytes=MAXIMUM_PAGE_BYTES, title="it")
    for _ in range(MOST_REDIRECTS + 1):
        answer = await outbound.get(address, headers={"Accept": _HTML[0]}, options=options)
        if answer.status not in _REDIRECTS:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if answer.status != _OK or kind not in _HTML:
                raise PageUnreadable(f"it answered {answer.status}, and not with an HTML page")
            return address, answer
        location = answer.headers.get("location", "")
        target = resolved(address, location) if 0 < len(location) <= LONGEST_ADDRESS else None
        if target is None or urlsplit(target).scheme != "https":
            raise PageUnreadable("it leads to another address, which is not an https address")
        address = target
    raise PageUnreadable(f"it leads to more than {MOST_REDIRECTS} other addresses")


def _leads_to(host: str, link: str) -> bool:
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and parts.hostname == host
    except ValueError:
        return False
