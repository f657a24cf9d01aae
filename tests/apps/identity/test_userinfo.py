"""The UserInfo endpoint, and the checks of its access token."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from haas.clock import MovableClock, epoch
from haas.database import Transaction
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.accounts.models import RefusalReason
from tenants.accounts.tables import account, refusal
from tenants.calls import Flusher
from tenants.calls import store as calls
from tenants.calls.tables import refused_day
from tenants.grants import store
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.application import Application
from tests.support.clients import registered_client, set_client
from tests.support.consents import consent
from tests.support.customers import new_consumer
from tests.support.expectations import refused
from tests.support.rows import execute, run


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_profile_scope_returns_the_names_of_the_person(
    application: Application, aurora: Tenant, recipient: RecipientClient, method: str
) -> None:
    tokens = await consent(application, aurora, recipient)
    response = await recipient.http.request(
        method,
        recipient.holder.metadata.userinfo_endpoint,
        headers={"Authorization": f"Bearer {tokens.access_token}"},
    )
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert abs(body.pop("updated_at") - epoch(application.now)) <= 5
    assert body == {
        "sub": tokens.id_claims["sub"],
        "name": "Mia Wong",
        "given_name": "Mia",
        "family_name": "Wong",
    }


async def _userinfo_with_claims(
    application: Application, tenant: Tenant, recipient: RecipientClient, asked: Any
) -> dict[str, Any]:
    request = Deviation(claims={"scope": "openid", "claims": {"userinfo": asked}})
    tokens = await consent(application, tenant, recipient, sharing_duration=None, request=request)
    return await recipient.userinfo(tokens.access_token)


async def test_single_claims_can_be_requested_and_unsupported_ones_are_ignored(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    asked = {"given_name": None, "family_name": {"essential": True}, "email": None, "birthdate": {"essential": True}}
    body = await _userinfo_with_claims(application, aurora, recipient, asked)
    assert set(body) == {"sub", "given_name", "family_name"}


@pytest.mark.parametrize("asked", [{}, None])
async def test_the_openid_scope_alone_returns_only_the_subject_with_one_statement(
    application: Application, aurora: Tenant, recipient: RecipientClient, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement that reads the token also reads whether the customer is eligible. No name is read."""
    request = Deviation(claims={"scope": "openid", "claims": {"userinfo": asked}})
    tokens = await consent(application, aurora, recipient, sharing_duration=None, request=request)
    await recipient.userinfo(tokens.access_token)  # what is read once for a tenant is in memory now
    statements: dict[object, list[object]] = defaultdict(list)
    for name in ("row", "rows", "execute"):
        run_it = getattr(Transaction, name)

        def counted(tx: Transaction, statement: Any, *values: Any, _run: Any = run_it, **named: Any) -> Any:
            statements[asyncio.current_task()].append(statement)
            return _run(tx, statement, *values, **named)

        monkeypatch.setattr(Transaction, name, counted)
    assert set(await recipient.userinfo(tokens.access_token)) == {"sub"}
    [of_the_request] = [found for found in statements.values() if store._USERINFO in found]
    assert of_the_request == [store._USERINFO]


async def test_a_token_without_the_openid_scope_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    narrow = await recipient.refresh(tokens.refresh_token, form={"scope": "energy:accounts.basic:read"})
    own = await recipient.client_credentials()
    for token in (narrow.access_token, own.access_token):
        with refused("insufficient_scope", "does not carry openid", 403) as refusal:
            await recipient.userinfo(token)
        assert refusal.value.response.headers["www-authenticate"].startswith('Bearer error="insufficient_scope"')


async def test_the_token_of_an_inactive_recipient_is_refused(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient)
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    with refused("access_denied", "not active", 403):
        await recipient.userinfo(tokens.access_token)


async def test_an_access_token_expires(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock
) -> None:
    tokens = await consent(application, aurora, recipient)
    clock.move(timedelta(seconds=tokens.expires_in - 5))
    assert await recipient.userinfo(tokens.access_token)
    clock.move(timedelta(seconds=6))
    with refused("invalid_token", "expired", 401) as refusal:
        await recipient.userinfo(tokens.access_token)
    assert refusal.value.response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


async def test_an_access_token_expires_with_the_sharing_duration(
    application: Application, aurora: Tenant, recipient: RecipientClient, clock: MovableClock
) -> None:
    tokens = await consent(application, aurora, recipient, sharing_duration=60)
    clock.move(timedelta(seconds=70))
    with refused("invalid_token", "expired", 401):
        await recipient.userinfo(tokens.access_token)


async def test_an_access_token_is_refused_with_another_certificate(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    other = application.http("another certificate")
    response = await other.get(
        recipient.holder.metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {tokens.access_token}"}
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


async def test_a_token_of_another_tenant_is_refused(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    with refused("invalid_token", "unknown", 401):
        await (await registered_client(application, banksia)).userinfo(tokens.access_token)


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, "Bearer"),
        ("Bearer", 'Bearer error="invalid_token"'),
        ("Bearer nonsense", 'Bearer error="invalid_token"'),
        ("Basic dTpw", 'Bearer error="invalid_token"'),
    ],
)
async def test_a_request_without_a_valid_token_gets_a_challenge(
    recipient: RecipientClient, authorization: str | None, challenge: str
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await recipient.http.get(recipient.holder.metadata.userinfo_endpoint, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith(challenge)
    assert ("error=" in response.headers["www-authenticate"]) == (authorization is not None)


async def test_a_token_in_the_query_is_ignored(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    url = f"{recipient.holder.metadata.userinfo_endpoint}?access_token={tokens.access_token}"
    assert (await recipient.http.get(url)).status_code == 401


async def test_the_customer_of_an_expired_authorisation_has_no_claims(application: Application, aurora: Tenant) -> None:
    """K-1, K-2: the last account is closed. The authorisation has expired, as for the data APIs."""
    consumer = await new_consumer(application, aurora)
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient, consumer)
    assert await recipient.userinfo(tokens.access_token)
    closed = update(account).where(account.c.id.in_(consumer.account_ids)).values(open_status="CLOSED")
    await execute(application.database, aurora, closed)
    with refused("invalid_token", "expired", 401):
        await recipient.userinfo(tokens.access_token)


async def test_refusals_apply_to_the_claims_too(application: Application, aurora: Tenant) -> None:
    """K-36: reasons that are about accounts refuse only accounts. Each refusal is counted, and claims are recorded."""
    consumer = await new_consumer(application, aurora)
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient, consumer)
    answers = {
        "account-blocked": None,
        "account-suspended": None,
        "data-standards": ("temporarily_unavailable", 429),
        "security": ("temporarily_unavailable", 429),
        "harm": ("access_denied", 403),
    }
    assert set(answers) == set(get_args(RefusalReason))
    for reason, answer in answers.items():
        decided = {"customer_id": consumer.customer_id, "reason": reason, "rule": "4.7(1)", "refused_by": "staff"}
        row = insert(refusal).values(id=uuid4(), **decided, since=application.now - timedelta(hours=1))
        await execute(
            application.database, aurora, delete(refusal).where(refusal.c.customer_id == consumer.customer_id)
        )
        await execute(application.database, aurora, row)
        if answer is None:
            assert "name" in await recipient.userinfo(tokens.access_token)
        else:
            with refused(answer[0], "does not disclose", answer[1]) as refusal_:
                await recipient.userinfo(tokens.access_token)
            assert ("retry-after" in refusal_.value.response.headers) == (answer[1] == 429)
    services = application.services
    await Flusher(services.database, control_namespace(services.settings), services.clock).flush()
    arrangement_id = UUID(tokens.cdr_arrangement_id)
    [claims] = await run(application.database, aurora, calls.disclosures, arrangement_id)
    assert (claims.account_id, claims.cluster, claims.calls) == (None, "profile", 2)
    of_arrangement = select(refused_day.c.reason, refused_day.c.rule, refused_day.c.calls).where(
        refused_day.c.arrangement_id == arrangement_id
    )
    assert {tuple(row) for row in await execute(application.database, aurora, of_arrangement)} == {
        ("data-standards", "4.7(1)(d)", 1),
        ("security", "4.7(1)(b)", 1),
        ("harm", "4.7(1)(a)", 1),
    }
