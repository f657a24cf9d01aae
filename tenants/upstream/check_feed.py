"""The check of the feed of a retailer's own server: it goes on from its cursor, which can be used again (C-X4)."""

from collections.abc import Awaitable, Callable
from typing import Any

from tenants.upstream.eligibility import IneligibleSubject
from tenants.upstream.messages import EndedCustomer, EndedCustomers
from tenants.upstream.operations import LIST_ENDED_CUSTOMERS, UpstreamOperation


async def check_feed(
    ask: Callable[..., Awaitable[Any]], found: Callable[[UpstreamOperation, str, str, str, str], None]
) -> None:
    """Check the feed. `ask` returns the data of a response, or None after a finding; `found` adds a finding."""
    whole: EndedCustomers | None = await ask(LIST_ENDED_CUSTOMERS, query={"limit": "100"})
    first: EndedCustomers | None = await ask(LIST_ENDED_CUSTOMERS, query={"limit": "1"})
    if whole is None or first is None or not (whole.customers or whole.ineligible):
        return
    ended, ineligible = len(first.customers), len(first.ineligible)
    if ended + ineligible != 1 or _entries(first) != (whole.customers[:ended], whole.ineligible[:ineligible]):
        path = "$.data with limit 1"
        found(LIST_ENDED_CUSTOMERS, path, "another entry", "the first one of the feed", "C-X4")
    for _ in range(2):
        rest = await ask(LIST_ENDED_CUSTOMERS, query={"limit": "99", "cursor": first.cursor})
        if rest is not None and _entries(rest) != (whole.customers[ended:], whole.ineligible[ineligible:]):
            path = "$.data after a cursor"
            found(LIST_ENDED_CUSTOMERS, path, "other entries", "those after the cursor", "C-X4")


def _entries(part: EndedCustomers) -> tuple[list[EndedCustomer], list[IneligibleSubject]]:
    return part.customers, part.ineligible
