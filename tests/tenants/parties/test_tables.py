"""The constraints of logins and representations, and which representations are in force."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from tenants.parties.directory import StoredDirectory
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import Tenant
from tests.support.constraints import Violation, assert_violated, names

NOBODY = UUID(int=0)
DAY = timedelta(days=1)
VIOLATIONS = (
    Violation(login, "login_channel_check", {"channel": "pigeon"}),
    Violation(login, "login_identifier_key", {"id": uuid4(), "reference": "another"}),
    Violation(login, "login_reference_key", {"id": uuid4(), "identifier": "another"}),
    Violation(representation, "representation_role_check", {"role": "friend"}),
    Violation(representation, "representation_period_check", {"valid_to": date(2019, 12, 31)}),
    Violation(representation, "representation_login_id_fkey", {"login_id": NOBODY}),
    Violation(representation, "representation_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(representation, "representation_open_self_key", {"valid_from": date(2021, 1, 1)}),
)


class Person:
    """A login and a customer, without a representation yet."""

    def __init__(self, database: Database, tenant: Tenant, now: datetime) -> None:
        self.database, self.tenant, self.now = database, tenant, now
        self.login_id, self.customer_id = uuid4(), uuid4()

    async def write(self, table: Any, *rows: dict[str, Any]) -> None:
        async with self.database.transaction(self.tenant.namespace) as tx:
            await tx.execute(insert(table), list(rows))

    def customer_row(self, customer_id: UUID, name: str) -> dict[str, Any]:
        values = {"reference": str(customer_id), "kind": "person", "name": name, "detail": {}}
        return {"id": customer_id, **values, "updated_at": self.now}

    def login_row(self, login_id: UUID, name: str) -> dict[str, Any]:
        values = {"reference": name, "identifier": name, "name": name, "family_name": name}
        return {"id": login_id, **values, "channel": "sms", "language": "en-AU", "updated_at": self.now}

    def representation_row(self, **changes: Any) -> dict[str, Any]:
        who = {"login_id": self.login_id, "customer_id": self.customer_id}
        return {**who, "role": "self", "valid_from": date(2020, 1, 1), "valid_to": None, **changes}

    async def names(self, today: date) -> list[tuple[str, bool]]:
        found = await StoredDirectory(self.database).person(self.tenant, self.login_id, today)
        return [(each.name, each.is_self) for each in found.customers]


@pytest.fixture
async def person(database: Database, tenant: Tenant, clock: MovableClock) -> Person:
    person = Person(database, tenant, clock.now())
    await person.write(login, person.login_row(person.login_id, "mia"))
    await person.write(customer, person.customer_row(person.customer_id, "Mia"))
    return person


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(person: Person, violation: Violation) -> None:
    rows = {login: person.login_row(uuid4(), "joe"), representation: person.representation_row()}
    await assert_violated(person.database, person.tenant, rows[violation.table], violation)


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(login, representation)


async def test_a_login_acts_for_a_customer_from_the_first_to_the_last_day(person: Person) -> None:
    first, last = date(2024, 1, 1), date(2024, 6, 30)
    firm = uuid4()
    await person.write(customer, person.customer_row(firm, "Firm"))
    represented = {"customer_id": firm, "role": "attorney", "scope": "energy"}
    await person.write(
        representation,
        person.representation_row(valid_from=date.min),
        person.representation_row(**represented, valid_from=first, valid_to=last),
        person.representation_row(**represented, valid_from=date(2025, 1, 1)),
    )
    alone, both = [("Mia", True)], [("Mia", True), ("Firm", False)]
    assert await person.names(first - DAY) == alone
    assert await person.names(first) == both
    assert await person.names(last) == both
    assert await person.names(last + DAY) == alone
    assert await person.names(date(2025, 1, 1)) == both


async def test_a_customer_that_a_login_represents_in_two_roles_is_listed_once(person: Person) -> None:
    await person.write(
        representation,
        person.representation_row(),
        person.representation_row(role="guardian", valid_from=date(2021, 1, 1)),
    )
    assert await person.names(date(2024, 1, 1)) == [("Mia", True)]
