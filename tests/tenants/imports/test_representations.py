"""The import of those who act for a customer by law: attorneys, guardians, administrators (CDR Rules 1.13; K-4)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tenants.accounts.internal_ids import internal_id
from tenants.accounts.service import market_day
from tenants.parties import store
from tenants.parties.tables import representation
from tests.support.import_files import FileImporter, Member, a_customer, a_login, a_representation

BY_LAW = ("attorney", "guardian", "administrator")
PEOPLE = (a_customer("C-1"), a_login("P-1", "ann"), a_login("P-2", "ben"), a_representation("P-1", "C-1"))


def an_organisation(reference: str, organisation_type: str) -> Member:
    firm = {"businessName": "Firm", "organisationType": organisation_type, "agentLastName": "Li", "agentRole": "Owner"}
    customer = {"customerUType": "organisation", "organisation": {**firm, "physicalAddresses": []}}
    return {"kind": "customer", "reference": reference, "customer": customer}


class Acts:
    """What is stored of Ben, who acts for C-1."""

    def __init__(self, files: FileImporter) -> None:
        self.files = files

    async def stored(self) -> list[tuple[str, str | None, str | None]]:
        """Return his roles with their scope and last day."""
        columns = (representation.c.role, representation.c.scope, representation.c.valid_to)
        query = select(*columns).where(representation.c.login_id == internal_id("login", "P-2"))
        async with self.files.database.transaction(self.files.namespace) as tx:
            rows = await tx.execute(query.order_by(representation.c.valid_from))
            return [(row.role, row.scope, row.valid_to and str(row.valid_to)) for row in rows]

    async def may(self, days: int = 0) -> tuple[bool, bool] | None:
        """Return whether he may see and may share on a day, or None if he does not act for the customer."""
        today = market_day(self.files.now) + timedelta(days=days)
        async with self.files.database.transaction(self.files.namespace) as tx:
            found = await store.customers_of(tx, internal_id("login", "P-2"), today)
        assert all(not each.is_self for each in found)
        return next(((each.may_see, each.may_share) for each in found), None)


@pytest.mark.parametrize("role", BY_LAW)
async def test_who_acts_by_law_is_imported_with_period_and_scope_and_ended_by_a_later_import(
    files: FileImporter, role: str
) -> None:
    acts, today = Acts(files), market_day(files.now)
    first, last = str(today - timedelta(days=9)), str(today + timedelta(days=9))
    record = a_representation("P-2", "C-1", role, validFrom=first, validTo=last, scope="see")
    assert await files.load(*PEOPLE, record) == []
    assert await acts.stored() == [(role, "see", last)]
    assert [await acts.may(days) for days in (-10, -9, 0, 9, 10)] == [None, *[(True, False)] * 3, None]
    assert await files.load(a_representation("P-2", "C-1", role, scope="share")) == []
    assert await acts.may() == (True, True)

    yesterday = str(today - timedelta(days=1))
    assert await files.load({**record, "validTo": yesterday, "scope": None}) == []
    assert await acts.stored() == [(role, None, yesterday)]
    assert await acts.may() is None
    again = a_representation("P-2", "C-1", role, validFrom=str(today))
    assert await files.load(again) == []
    assert await acts.may() == (True, True)
    ended: Any = {"kind": "end-representation", "login": "P-2", "customer": "C-1", "validTo": yesterday}
    assert await files.load(ended) == []
    assert await acts.stored() == [(role, None, yesterday)]

    # A snapshot without the record ends it too, and leaves the customer in person.
    await files.load(again)
    assert await files.load(PEOPLE[1], PEOPLE[2], PEOPLE[3], snapshot=True) == []
    assert await acts.may() is None
    assert next((each[0], each[3]) for each in await files.representations()) == ("P-1", None)


async def test_another_authority_replaces_the_one_of_the_same_days(files: FileImporter) -> None:
    acts, today = Acts(files), market_day(files.now)
    await files.load(*PEOPLE, a_representation("P-2", "C-1", "attorney", scope="see"))
    appointed = str(today - timedelta(days=1))
    await files.load(
        {"kind": "end-representation", "login": "P-2", "customer": "C-1", "validTo": str(today - timedelta(days=2))},
        a_representation("P-2", "C-1", "administrator", validFrom=appointed, scope="share"),
    )
    assert await acts.stored() == [
        ("attorney", "see", str(today - timedelta(days=2))),
        ("administrator", "share", None),
    ]
    assert await acts.may() == (True, True)


@pytest.mark.parametrize("role", BY_LAW)
async def test_who_acts_by_law_acts_for_individuals_only(files: FileImporter, role: str) -> None:
    """An organisation shares only through a nominated representative. A sole trader is an individual."""
    await files.load(*PEOPLE, an_organisation("O-1", "COMPANY"), an_organisation("O-2", "SOLE_TRADER"))
    (problem,) = await files.load(a_representation("P-2", "O-1", role), a_representation("P-2", "O-2", role))
    assert problem == (
        "first.jsonl:1: $: the customer 'O-1' is an organisation, for which only a nominated representative acts"
    )
    assert await files.load(a_representation("P-2", "O-1", "nominated-representative")) == []
    found = await files.representations()
    assert [each[1] for each in found if each[0] == "P-2"] == ["O-1", "O-2"]
    ended = {"kind": "end-representation", "login": "P-2", "customer": "O-1", "validTo": "2026-01-31"}
    assert await files.load(ended) == [], "an end is never refused"


async def test_an_authority_that_is_not_known_is_refused(files: FileImporter) -> None:
    (problem,) = await files.load(*PEOPLE, a_representation("P-2", "C-1", "executor"))
    assert "role" in problem
    assert await Acts(files).stored() == []
