"""The constraints of attempts, and the columns about the authentication and the review page."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from tenants.attempts import store
from tenants.attempts.models import AuthorisationRequest
from tenants.attempts.tables import attempt
from tenants.registry.models import Tenant
from tests.support.clients import add_client
from tests.support.constraints import Violation, assert_violated, names

NOBODY = UUID(int=0)
VIOLATIONS = (
    Violation(attempt, "attempt_stage_check", {"stage": "daydreaming"}),
    Violation(attempt, "attempt_claimed_as_check", {"claimed_as": "pigeon"}),
    Violation(attempt, "attempt_outcome_check", {"outcome": "bored", "ended_at": datetime(2026, 11, 27, tzinfo=UTC)}),
    Violation(attempt, "attempt_ended_at_check", {"outcome": "completed"}),
    Violation(attempt, "attempt_request_uri_hash_key", {"id": uuid4(), "code_hash": b"another"}),
    Violation(attempt, "attempt_code_hash_key", {"id": uuid4(), "request_uri_hash": b"another"}),
    Violation(attempt, "attempt_client_id_fkey", {"client_id": "nobody"}),
    *(
        Violation(attempt, f"attempt_{column}_fkey", {column: NOBODY})
        for column in ("challenge_id", "login_id", "customer_id", "arrangement_id", "authorisation_id")
    ),
)


def row(client_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "client_id": client_id,
        "request_uri_hash": b"r",
        "request_expires_at": now,
        "request": {},
        "stage": "preAuthentication",
        "created_at": now,
        "stage_at": now,
        "claimed_as": "app",
        "code_hash": b"c",
    }


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(
    database: Database, tenant: Tenant, clock: MovableClock, violation: Violation
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    await assert_violated(database, tenant, row(client_id, clock.now()), violation)


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(attempt)


async def test_acr_channel_and_digest_of_the_review_page_can_be_stored(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    now, attempt_id = clock.now(), uuid4()
    request = AuthorisationRequest(
        client_id=await add_client(database, tenant, now),
        redirect_uri="https://recipient.test/callback",
        scopes=("openid",),
        nonce="n",
        response_mode="jwt",
        code_challenge="c",
    )
    async with database.transaction(tenant.namespace) as tx:
        await store.insert_attempt(
            tx,
            attempt_id,
            request,
            request_uri_hash=b"r",
            expires_at=now + timedelta(seconds=90),
            now=now,
        )
        pushed = await store.by_id(tx, attempt_id)
        await store.set_columns(tx, attempt_id, acr="urn:cds.au:cdr:3", claimed_as="app", shown_digest=b"d")
        changed = await store.by_id(tx, attempt_id)
    assert pushed is not None
    assert (pushed.acr, pushed.claimed_as, pushed.shown_digest) == (None, None, None)
    assert changed is not None
    assert (changed.acr, changed.claimed_as, changed.shown_digest) == ("urn:cds.au:cdr:3", "app", b"d")
