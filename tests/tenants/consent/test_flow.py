"""Which step of the consent flow is current, which earlier steps can be repeated, and how a flow has ended."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest

from tenants.attempts.models import FLOW_STAGES, Attempt, AuthorisationRequest, Stage
from tenants.attempts.state import FLOW_LIFETIME
from tenants.clients.models import Client
from tenants.consent.errors import FlowClosed, FlowStep, StepNotCurrent
from tenants.consent.flow import current_step, require_step
from tenants.consent.models import Flow
from tenants.parties.models import Customer
from tests.support.clients import registration, statement

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
STEPS: tuple[FlowStep, ...] = get_args(FlowStep)
ONE_CUSTOMER = (Customer(id=uuid4(), kind="person", name="Mei Tran", is_self=True),)
TWO_CUSTOMERS = (*ONE_CUSTOMER, Customer(id=uuid4(), kind="organisation", name="Redgum Bakehouse", is_self=False))


def flow(
    stage: Stage,
    customers: tuple[Customer, ...] = ONE_CUSTOMER,
    *,
    scopes: tuple[str, ...] = ("openid", "energy:accounts.basic:read"),
    begun: timedelta = timedelta(minutes=5),
    **facts: Any,
) -> Flow:
    """A flow whose attempt is at a stage and was pushed `begun` ago; `facts` are other columns of the attempt."""
    request = AuthorisationRequest(
        client_id="c",
        redirect_uri="https://r.test",
        scopes=scopes,
        nonce="n",
        response_mode="jwt",
        code_challenge="x",
    )
    columns: dict[str, Any] = dict.fromkeys(Attempt.__struct_fields__)
    columns |= {"id": uuid4(), "client_id": "c", "request": request, "stage": stage, "stage_at": NOW - begun}
    columns |= {"created_at": NOW - begun, "request_expires_at": NOW}
    client = Client(
        client_id="c",
        kind="software-product",
        registration=registration(statement()),
        recipient_id="r",
        recipient_status="ACTIVE",
        product_status="ACTIVE",
        created_at=NOW,
    )
    return Flow(attempt=Attempt(**(columns | facts)), client=client, browser_hash=b"", customers=customers)


@pytest.mark.parametrize(
    ("stage", "customers", "chosen", "step", "repeatable"),
    [
        ("preIdentification", (), None, "identify", set()),
        ("preAuthentication", (), None, "verify", set()),
        ("preAccountSelection", TWO_CUSTOMERS, None, "customer", set()),
        ("preAccountSelection", TWO_CUSTOMERS, TWO_CUSTOMERS[0].id, "accounts", {"customer"}),
        ("preAccountSelection", ONE_CUSTOMER, ONE_CUSTOMER[0].id, "accounts", set()),
        ("preAuthorisation", TWO_CUSTOMERS, TWO_CUSTOMERS[0].id, "review", {"customer", "accounts"}),
        ("preAuthorisation", ONE_CUSTOMER, ONE_CUSTOMER[0].id, "review", {"accounts"}),
    ],
)
def test_only_the_current_step_and_named_earlier_ones_are_allowed(
    stage: Stage, customers: tuple[Customer, ...], chosen: Any, step: FlowStep, repeatable: set[FlowStep]
) -> None:
    current = flow(stage, customers, customer_id=chosen)
    assert current_step(current, NOW) == step
    for each in STEPS:
        if each == step or each in repeatable:
            require_step(current, each, NOW)
        else:
            with pytest.raises(StepNotCurrent) as refusal:
                require_step(current, each, NOW)
            assert refusal.value.step == step


def test_the_account_selection_cannot_be_repeated_if_the_request_is_for_no_account() -> None:
    with pytest.raises(StepNotCurrent):
        require_step(flow("preAuthorisation", scopes=("openid", "common:customer.basic:read")), "accounts", NOW)


@pytest.mark.parametrize("stage", sorted(FLOW_STAGES))
def test_a_flow_ends_an_hour_after_its_request_was_pushed(stage: Stage) -> None:
    chosen = ONE_CUSTOMER[0].id
    current_step(flow(stage, begun=FLOW_LIFETIME - timedelta(seconds=1), customer_id=chosen), NOW)
    with pytest.raises(FlowClosed) as closed:
        current_step(flow(stage, begun=FLOW_LIFETIME, customer_id=chosen), NOW)
    assert closed.value.end == "expired"


@pytest.mark.parametrize(
    ("stage", "age", "error", "end"),
    [
        ("preTokenExchange", timedelta(seconds=1), None, "awaited"),
        ("preTokenExchange", timedelta(hours=1), None, "unfinished"),
        ("failedTokenExchange", timedelta(hours=1), None, "unfinished"),
        ("rejected", timedelta(seconds=1), "access_denied", "cancelled"),
        ("rejected", timedelta(seconds=1), "invalid_request", "over"),
        ("completed", timedelta(seconds=1), None, "stopped"),
    ],
)
def test_a_flow_that_has_ended_says_how(stage: Stage, age: timedelta, error: str | None, end: str) -> None:
    with pytest.raises(FlowClosed) as closed:
        current_step(flow(stage, begun=age, error=error), NOW)
    assert closed.value.end == end
