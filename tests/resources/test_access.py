"""Who may have a customer's data: each check that refuses, with its status, error and challenge."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from tenants.arrangements.tables import arrangement, authorisation
from tenants.clients.tables import client

ACCOUNTS = "/energy/accounts"


@pytest.fixture
async def recipient(world: Any) -> Any:
    return await world.recipient()


async def test_a_good_token_is_answered(recipient: Any, secure: httpx.AsyncClient, bearer: Any) -> None:
    response = await secure.get(ACCOUNTS, headers=bearer(await recipient.issue()))
    assert response.status_code == 200


@pytest.mark.parametrize("authorization", [None, "Bearer", "Basic YTpi", "Bearer a b", "token"])
async def test_without_a_bearer_token(secure: httpx.AsyncClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await secure.get(ACCOUNTS, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_in_the_query_is_not_looked_at(recipient: Any, secure: httpx.AsyncClient) -> None:
    response = await secure.get(ACCOUNTS, params={"access_token": await recipient.issue()})
    assert response.status_code == 401


@pytest.mark.parametrize(
    "columns",
    [
        {"expires_at": timedelta(seconds=-1)},
        {"revoked_at": timedelta()},
        {"certificate_thumbprint": b"another certificate"},
    ],
    ids=["expired", "revoked", "other certificate"],
)
async def test_an_invalid_token(
    recipient: Any, secure: httpx.AsyncClient, bearer: Any, columns: dict[str, Any]
) -> None:
    columns = {
        name: recipient.now + value if isinstance(value, timedelta) else value for name, value in columns.items()
    }
    response = await secure.get(ACCOUNTS, headers=bearer(await recipient.issue(**columns)))
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_an_unknown_token(secure: httpx.AsyncClient, bearer: Any) -> None:
    response = await secure.get(ACCOUNTS, headers=bearer("nobodys"))
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_of_another_tenant(world: Any, deployment: Any, bearer: Any) -> None:
    token = await (await world.recipient()).issue()
    other = type(world)(deployment, world.keyring, await deployment.new_tenant())
    async with other.client("secure") as client:
        response = await client.get(ACCOUNTS, headers=bearer(token))
    assert response.status_code == 401


async def test_a_scope_that_was_not_granted(recipient: Any, secure: httpx.AsyncClient, bearer: Any, code: Any) -> None:
    token = await recipient.issue("openid energy:accounts.detail:read")
    response = await secure.get(ACCOUNTS, headers=bearer(token))
    assert response.status_code == 403
    assert code(response) == "cds-all:Authorisation/InvalidConsent"
    assert response.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", scope="energy:accounts.basic:read"'
    )


@pytest.mark.parametrize(
    ("recipient_status", "product_status", "shown"),
    [
        ("ACTIVE", "INACTIVE", "INACTIVE"),
        ("ACTIVE", "REMOVED", "REMOVED"),
        ("SUSPENDED", "ACTIVE", "SUSPENDED"),
        ("SUSPENDED", "INACTIVE", "SUSPENDED"),
        ("REVOKED", "REMOVED", "REVOKED"),
        ("SURRENDERED", "REMOVED", "SURRENDERED"),
    ],
)
async def test_a_recipient_that_is_not_active(
    recipient: Any,
    secure: httpx.AsyncClient,
    bearer: Any,
    code: Any,
    recipient_status: str,
    product_status: str,
    shown: str,
) -> None:
    token = await recipient.issue()
    statuses = {"recipient_status": recipient_status, "product_status": product_status}
    await recipient.write(update(client).where(client.c.client_id == recipient.client_id).values(statuses))
    response = await secure.get(ACCOUNTS, headers=bearer(token))
    assert response.status_code == 403
    assert code(response) == "cds-all:Authorisation/AdrStatusNotActive"
    assert response.json()["errors"][0]["detail"] == shown


async def test_a_client_that_was_removed(recipient: Any, secure: httpx.AsyncClient, bearer: Any) -> None:
    token = await recipient.issue()
    await recipient.write(
        update(client).where(client.c.client_id == recipient.client_id).values(removed_at=recipient.now)
    )
    assert (await secure.get(ACCOUNTS, headers=bearer(token))).status_code == 401


async def test_a_withdrawn_consent_says_so_even_where_its_tokens_were_revoked(
    recipient: Any, secure: httpx.AsyncClient, bearer: Any, code: Any
) -> None:
    token = await recipient.issue(revoked_at=recipient.now)
    await recipient.write(
        update(arrangement)
        .where(arrangement.c.id == recipient.arrangement_id)
        .values(ended_at=recipient.now, ended_by="consumer")
    )
    response = await secure.get(ACCOUNTS, headers=bearer(token))
    assert response.status_code == 403
    assert code(response) == "cds-all:Authorisation/RevokedConsent"


async def test_the_end_of_the_sharing_duration(
    recipient: Any, secure: httpx.AsyncClient, bearer: Any, code: Any
) -> None:
    token = await recipient.issue()
    await recipient.write(
        update(authorisation).where(authorisation.c.id == recipient.authorisation_id).values(expires_at=recipient.now)
    )
    response = await secure.get(ACCOUNTS, headers=bearer(token))
    assert response.status_code == 403
    assert code(response) == "cds-all:Authorisation/RevokedConsent"


async def test_an_arrangement_that_is_not_active_yet(
    world: Any, secure: httpx.AsyncClient, bearer: Any, code: Any
) -> None:
    recipient = await world.recipient(active=False)
    response = await secure.get(ACCOUNTS, headers=bearer(await recipient.issue()))
    assert response.status_code == 403
    assert code(response) == "cds-all:Authorisation/InvalidConsent"


async def test_a_token_of_client_credentials(recipient: Any, secure: httpx.AsyncClient, bearer: Any, code: Any) -> None:
    token = await recipient.issue("energy:accounts.basic:read", arrangement_id=None, authorisation_id=None)
    response = await secure.get(ACCOUNTS, headers=bearer(token))
    assert response.status_code == 403
    assert code(response) == "cds-all:Authorisation/InvalidConsent"


async def test_a_token_from_before_an_amendment(world: Any, secure: httpx.AsyncClient, bearer: Any) -> None:
    before, after = await world.recipient(), await world.recipient()
    token = await before.issue()
    await before.write(
        update(arrangement)
        .where(arrangement.c.id == before.arrangement_id)
        .values(authorisation_id=after.authorisation_id)
    )
    assert (await secure.get(ACCOUNTS, headers=bearer(token))).status_code == 401


async def test_who_may_not_ask_learns_nothing_of_versions_or_accounts(secure: httpx.AsyncClient, bearer: Any) -> None:
    for path in (ACCOUNTS, f"{ACCOUNTS}/anything"):
        response = await secure.get(path, headers=bearer("nobodys", x_v="foo"))
        assert response.status_code == 401


async def test_a_call_is_recorded_with_its_client_and_arrangement(
    world: Any, recipient: Any, secure: httpx.AsyncClient, bearer: Any
) -> None:
    headers = bearer(await recipient.issue(), x_fapi_interaction_id="6f2b1d0c-4f4e-4bb7-8f8e-0d9b7c5a3e21")
    assert (await secure.get(ACCOUNTS, headers=headers)).status_code == 200
    record = world.recorded[-1].call_record(200, 1)
    assert record.interaction_id == "6f2b1d0c-4f4e-4bb7-8f8e-0d9b7c5a3e21"
    assert (record.client_id, record.arrangement_id) == (recipient.client_id, recipient.arrangement_id)


async def test_every_refusal_is_recorded_with_its_error(
    world: Any, recipient: Any, secure: httpx.AsyncClient, bearer: Any
) -> None:
    await secure.get(ACCOUNTS, headers=bearer(await recipient.issue("openid")))
    here = world.recorded[-1]
    assert here.operation == "listEnergyAccounts"
    assert here.error == "urn:au-cds:error:cds-all:Authorisation/InvalidConsent"
    assert here.tier == "unattended"
