"""The pages of invoices that are merged from the lists of several accounts, for generated lists."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import strategies as st

from tenants.accounts.internal_ids import internal_id
from tenants.cds.pagination import PageRequest
from tenants.operations.resources import INVOICES
from tenants.sources import upstream_bills
from tenants.sources.contract import ResourceQuery
from tenants.sources.upstream_bills import BillList, page_of
from tests.support.examples import for_examples

BEGUN = date(2026, 1, 1)
PERIOD = {"oldest-date": BEGUN, "newest-date": BEGUN + timedelta(days=30)}
REFERENCES = ("A", "B", "C")


class Server(NamedTuple):
    """A server that follows the contract: the days of the invoices of each account, newest first."""

    days: Mapping[str, list[int]]
    counts: bool
    """Whether it says how many invoices there are."""

    async def ask(self, _: object, reference: str, *, query: Mapping[str, str]) -> bytes:
        numbered = list(enumerate(self.days[reference]))
        first, limit = int(query.get("cursor", "0")), int(query["limit"])
        part = {"invoices": [invoice(reference, *each) for each in numbered[first : first + limit]]}
        total = {"total": len(numbered)} if self.counts else {}
        cursor = {"cursor": str(first + limit)} if first + limit < len(numbered) else {}
        return msgspec.json.encode({"data": {**part, **total, **cursor}})


class Case(NamedTuple):
    server: Server
    size: int


def invoice(reference: str, number: int, day: int) -> dict[str, Any]:
    return {
        "accountId": reference,
        "invoiceNumber": f"{reference}-{number}",
        "issueDate": str(BEGUN + timedelta(days=day)),
        "balanceAtIssue": "1.00",
        "servicePoints": [],
        "paymentStatus": "PAID",
    }


newest_first = st.lists(st.integers(0, 30), max_size=12).map(lambda days: sorted(days, reverse=True))
lists = st.dictionaries(st.sampled_from(REFERENCES), newest_first, min_size=1)
cases = st.builds(Case, st.builds(Server, lists, st.booleans()), st.integers(1, 8))


@pytest.mark.parametrize("largest_part", [2, 1_000])
async def test_pages_are_slices_of_the_merged_lists(largest_part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-X4: with and without the number of items, in small parts and in one."""
    monkeypatch.setattr(upstream_bills, "SMALLEST_PART", 1)
    monkeypatch.setattr(upstream_bills, "MAXIMUM_ITEMS", largest_part)

    async def holds(case: Case) -> None:
        owners = {reference: internal_id("account", reference) for reference in case.server.days}
        of_all = [
            (-day, str(owners[reference]), number, f"{reference}-{number}")
            for reference, days in case.server.days.items()
            for number, day in enumerate(days)
        ]
        whole = [each[-1] for each in sorted(of_all)]
        asked: Any = case.server
        for number in range(1, len(whole) // case.size + 3):
            page = PageRequest(number, case.size)
            query = ResourceQuery(INVOICES, list(owners.values()), PERIOD, page)
            read = [BillList(asked, query, owner, reference) for reference, owner in owners.items()]
            found = await page_of(query, read, 2)
            assert [each.invoiceNumber for each in found.items] == whole[page.offset : page.offset + page.size]
            assert found.total_records == len(whole)

    await for_examples(cases, 25, holds)
