"""Tokens that speak for the client alone (RFC 6749 4.4; CDS, Client Registration and Client Authentication)."""

from datetime import datetime

from haas.database import Transaction
from tenants.clients.models import Client
from tenants.grants.models import Grant
from tenants.oauth import scopes
from tenants.oauth.errors import InvalidScope, UnauthorizedClient
from tenants.tokens import issue


async def grant(tx: Transaction, client: Client, scope: str | None, *, thumbprint: bytes, now: datetime) -> Grant:
    """Issue an access token for a client's own business. Raises an OAuthError.

    A software product manages its registration with `cdr:registration`; the CDR Register asks for admin scopes. Neither
    comes with a data scope: "these scopes MUST never be included in the same access token as a CDR Data scope".
    """
    if "client_credentials" not in client.registration.grant_types:
        raise UnauthorizedClient("the client is not registered for the client_credentials grant")
    allowed = scopes.ADMIN_SCOPES if client.kind == "register" else (scopes.REGISTRATION,)
    asked = scopes.split(scope or "")
    if not asked:
        raise InvalidScope(f"scope is required: {scopes.join(allowed)}")
    registered = client.registration.scopes
    if any(value not in allowed or value not in registered for value in asked):
        raise InvalidScope("scope contains a value that this client cannot ask for with client_credentials")
    granted = scopes.join(asked)
    access_token = await issue.access_token(
        tx, client_id=client.client_id, scope=granted, thumbprint=thumbprint, now=now
    )
    return Grant(client=client, access_token=access_token, scope=granted)
