"""Authorisations that a consumer gave a data recipient, with the tokens for them."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from sqlalchemy import insert

from haas.database import Database
from haas.digest import digest
from ops.sandbox.recipient.answers import Flow, Tokens
from ops.sandbox.recipient.client import ACR_2, RecipientClient
from tenants.arrangements.tables import arrangement, authorisation
from tenants.attempts import service as attempts
from tenants.attempts import store as attempt_store
from tenants.attempts.browser_binding import bind_to_browser
from tenants.attempts.models import Attempt
from tenants.registry.models import Tenant
from tenants.tokens import issue
from tests.support.application import Application
from tests.support.clients import load_client
from tests.support.customers import Consumer, CustomerData, new_consumer

SCOPE = "openid profile energy:accounts.basic:read common:customer.basic:read"
DAY = 86_400
YEAR = 365 * DAY


async def attempt_of(application: Application, tenant: Tenant, flow: Flow, client_id: str) -> Attempt:
    """Return the attempt that a pushed request began."""
    async with application.database.transaction(tenant.namespace) as tx:
        found = await attempt_store.by_request_uri(tx, client_id, digest(flow.request_uri))
    assert found is not None
    return found


async def authorise(
    application: Application, tenant: Tenant, recipient: RecipientClient, flow: Flow, consumer: Consumer
) -> str:
    """Do what the pages do between the visit and the response; return the URL that the browser is sent to."""
    client, now = await load_client(application.database, tenant, recipient.client_id), application.now
    async with application.database.transaction(tenant.namespace) as tx:
        visited = await attempts.by_request_uri(tx, client, flow.request_uri)
        await bind_to_browser(tx, visited, secrets.token_bytes(32))
        await attempts.mark_request_uri_used(tx, visited, now)
        await attempt_store.set_stage(
            tx,
            visited.id,
            "preAuthorisation",
            now=now,
            login_id=consumer.login_id,
            customer_id=consumer.customer_id,
            authenticated_at=now,
            accounts=consumer.account_ids,
        )
        attempt = await attempt_store.by_id(tx, visited.id)
        assert attempt is not None
        code = await attempts.issue_code(tx, attempt, client, now)
    return await application.services.responder.build(tenant, client, attempt.request, code, now)


async def authorised_code(
    application: Application, tenant: Tenant, recipient: RecipientClient, flow: Flow, consumer: Consumer
) -> str:
    """Authorise, and return the code that the recipient reads from the response."""
    url = await authorise(application, tenant, recipient, flow, consumer)
    return await recipient.read_response(response_of(url), flow)


async def consent(
    application: Application,
    tenant: Tenant,
    recipient: RecipientClient,
    consumer: Consumer | None = None,
    *,
    scope: str = SCOPE,
    **asked: Any,
) -> Tokens:
    """Push a request, authorise it, and exchange its code; a new consumer authorises if none is given.

    Sharing lasts 90 days unless the request asks otherwise; there is a refresh token unless the duration is zero.
    """
    consumer = consumer or await new_consumer(application, tenant)
    asked = {"sharing_duration": 90 * DAY, **asked}
    flow = await recipient.push(scope, **asked)
    tokens = await recipient.exchange(await authorised_code(application, tenant, recipient, flow, consumer), flow)
    assert tokens.cdr_arrangement_id is not None
    assert (tokens.refresh_token is not None) == bool(asked["sharing_duration"])
    return tokens


def response_of(url: str) -> str:
    """Return the signed authorisation response in a redirect URL (JARM 2.3.4)."""
    return parse_qs(urlsplit(url).query)["response"][0]


async def add_arrangement(database: Database, tenant: Tenant, client_id: str, now: datetime) -> UUID:
    """Add an arrangement in force for a day with an access token, of a new consumer; return its id."""
    consumer = await CustomerData(database, tenant, lambda: now).add_consumer()
    arrangement_id, authorisation_id = uuid4(), uuid4()
    rows = {
        arrangement: {
            "id": arrangement_id,
            "client_id": client_id,
            "customer_id": consumer.customer_id,
            "login_id": consumer.login_id,
            "created_at": now,
            "active_at": now,
            "authorisation_id": authorisation_id,
        },
        authorisation: {
            "id": authorisation_id,
            "arrangement_id": arrangement_id,
            "version": 1,
            "scopes": ["openid"],
            "claims": {},
            "sharing_duration": DAY,
            "acr": ACR_2,
            "authenticated_at": now,
            "authorised_at": now,
            "active_at": now,
            "expires_at": now + timedelta(seconds=DAY),
        },
    }
    async with database.transaction(tenant.namespace) as tx:
        for table, row in rows.items():
            await tx.execute(insert(table).values(row))
        of = {"arrangement_id": arrangement_id, "authorisation_id": authorisation_id}
        await issue.access_token(tx, client_id=client_id, scope="openid", thumbprint=b"t", now=now, **of)
    return arrangement_id
