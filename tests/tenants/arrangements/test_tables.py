"""The constraints of arrangements and approvals, and the approvals of other account holders."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import insert, select

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.tables import account
from tenants.arrangements import store
from tenants.arrangements.models import AccountApproval, NewAuthorisation
from tenants.arrangements.tables import account_approval, arrangement, authorisation, authorised_account
from tenants.registry.models import Tenant
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.constraints import Violation, assert_violated, names
from tests.support.rows import one

TABLES = (arrangement, authorisation, authorised_account, account_approval)
NOBODY = UUID(int=0)
VIOLATIONS = (
    Violation(arrangement, "arrangement_client_id_fkey", {"client_id": "nobody"}),
    Violation(arrangement, "arrangement_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(arrangement, "arrangement_login_id_fkey", {"login_id": NOBODY}),
    Violation(arrangement, "arrangement_ended_by_check", {"ended_by": "weather"}),
    Violation(arrangement, "arrangement_ended_check", {"ended_by": None}),
    Violation(arrangement, "arrangement_ended_by_login_id_fkey", {"ended_by": "consumer", "ended_by_login_id": NOBODY}),
    Violation(arrangement, "arrangement_ended_by_login_id_check", {"ended_by_login_id": NOBODY}),
    Violation(authorisation, "authorisation_arrangement_id_fkey", {"arrangement_id": NOBODY}),
    Violation(authorisation, "authorisation_login_id_fkey", {"login_id": NOBODY}),
    Violation(authorisation, "authorisation_arrangement_id_version_ix", {"id": uuid4()}),
    Violation(authorised_account, "authorised_account_approval_check", {"approval": "perhaps"}),
    Violation(authorised_account, "authorised_account_authorisation_id_fkey", {"authorisation_id": NOBODY}),
    Violation(authorised_account, "authorised_account_account_id_fkey", {"account_id": NOBODY}),
    Violation(account_approval, "account_approval_state_check", {"state": "perhaps"}),
    Violation(account_approval, "account_approval_due_at_check", {"state": "pending", "login_id": None}),
    Violation(account_approval, "account_approval_login_id_check", {"state": "lapsed", "due_at": "now"}),
    Violation(account_approval, "account_approval_authorisation_id_account_id_fkey", {"account_id": NOBODY}),
    Violation(account_approval, "account_approval_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(account_approval, "account_approval_login_id_fkey", {"login_id": NOBODY}),
)


class Consent:
    """An active arrangement with one account, and an account that does not belong to it."""

    def __init__(self, database: Database, tenant: Tenant, clock: MovableClock) -> None:
        self.database, self.tenant, self.now = database, tenant, clock.now()
        self.account_id, self.other_account_id = uuid4(), uuid4()
        self.arrangement: Any = None

    async def give(self) -> None:
        client_id = await add_client(self.database, self.tenant, self.now)
        arrangement_id = await add_arrangement(self.database, self.tenant, client_id, self.now)
        self.arrangement = await one(self.database, self.tenant, arrangement, id=arrangement_id)
        async with self.database.transaction(self.tenant.namespace) as tx:
            for account_id in (self.account_id, self.other_account_id):
                values = {"reference": str(account_id), "open_status": "OPEN", "summary": [], "detail": []}
                await tx.execute(insert(account).values(id=account_id, **values, updated_at=self.now))
            await tx.execute(insert(authorised_account).values(self.authorised_row(self.account_id)))

    def authorised_row(self, account_id: UUID) -> dict[str, Any]:
        version = self.arrangement.authorisation_id
        return {"authorisation_id": version, "account_id": account_id, "approval": "approved"}

    def approval(self, **changes: Any) -> AccountApproval:
        values = {
            "authorisation_id": self.arrangement.authorisation_id,
            "account_id": self.account_id,
            "customer_id": self.arrangement.customer_id,
            "state": "approved",
            "at": self.now,
            "login_id": self.arrangement.login_id,
        }
        return AccountApproval(**{**values, **changes})

    def rows(self) -> dict[Any, dict[str, Any]]:
        """A row of each table that breaks nothing."""
        agreed = {name: getattr(self.arrangement, name) for name in ("client_id", "customer_id", "login_id")}
        return {
            arrangement: {
                **agreed, "id": uuid4(), "created_at": self.now, "ended_at": self.now, "ended_by": "ineligible",
            },
            authorisation: {
                "id": uuid4(), "arrangement_id": self.arrangement.id, "version": 2, "scopes": [], "claims": {},
                "sharing_duration": 0, "acr": "x", "authenticated_at": self.now, "authorised_at": self.now,
                "expires_at": self.now,
            },
            authorised_account: self.authorised_row(self.other_account_id),
            account_approval: msgspec.structs.asdict(self.approval()),
        }  # fmt: skip


@pytest.fixture
async def consent(database: Database, tenant: Tenant, clock: MovableClock) -> Consent:
    consent = Consent(database, tenant, clock)
    await consent.give()
    return consent


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(consent: Consent, violation: Violation) -> None:
    changes = {name: consent.now if value == "now" else value for name, value in violation.changes.items()}
    good = consent.rows()[violation.table]
    await assert_violated(consent.database, consent.tenant, good, violation._replace(changes=changes))


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(*TABLES)


@pytest.mark.parametrize("ended_by", ["ineligible", "harm"])
async def test_an_arrangement_can_end_because_of_ineligibility_or_harm(consent: Consent, ended_by: Any) -> None:
    async with consent.database.transaction(consent.tenant.namespace) as tx:
        which = store.has_id(consent.arrangement.id)
        [ended] = await store.mark_ended(tx, which, by=ended_by, login_id=None, reason=None, now=consent.now)
    assert ended.id == consent.arrangement.id


async def test_an_answer_of_an_account_holder_replaces_the_earlier_one(consent: Consent) -> None:
    due = consent.now + timedelta(days=7)
    asked = consent.approval(state="pending", due_at=due, login_id=None)
    answered = consent.approval(state="declined", due_at=due)
    version = consent.arrangement.authorisation_id
    async with consent.database.transaction(consent.tenant.namespace) as tx:
        await store.save_holder_approval(tx, asked)
        assert await store.holder_approvals(tx, version, consent.account_id) == [asked]
        await store.save_holder_approval(tx, answered)
        assert await store.holder_approvals(tx, version, consent.account_id) == [answered]
        await store.set_combined_approval(tx, version, consent.account_id, "declined")
    found = await one(consent.database, consent.tenant, authorised_account, account_id=consent.account_id)
    assert found.approval == "declined"


async def test_the_content_of_the_review_page_is_stored(consent: Consent) -> None:
    shown = {"clusters": ["Name"], "until": "1 December 2026"}
    new = NewAuthorisation(
        login_id=consent.arrangement.login_id,
        scopes=("openid",),
        claims={},
        sharing_duration=0,
        acr="x",
        authenticated_at=consent.now,
        expires_at=consent.now,
        accounts=(consent.account_id,),
        shown=shown,
    )
    version = uuid4()
    async with consent.database.transaction(consent.tenant.namespace) as tx:
        await store.insert_authorisation(tx, consent.arrangement.id, version, new, consent.now)
        kept = (await tx.execute(select(authorisation.c.shown).where(authorisation.c.id == version))).scalar_one()
    assert kept == shown
