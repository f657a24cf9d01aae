"""Refreshing an access token (RFC 6749 6; OIDC Core 12). The refresh token is never rotated (CDS, Refresh Token)."""

from datetime import datetime

from haas.database import Transaction
from haas.digest import digest
from tenants.clients.models import Client
from tenants.grants import store
from tenants.grants.models import Authentication, Grant, RefreshToken
from tenants.oauth import scopes
from tenants.oauth.errors import InvalidGrant, InvalidRequest, InvalidScope, UnauthorizedClient
from tenants.tokens import issue


async def refresh(
    tx: Transaction, client: Client, token: str | None, scope: str | None, *, thumbprint: bytes, now: datetime
) -> Grant:
    """Issue an access token for a refresh token. Raises an OAuthError.

    A recipient that is not active may still refresh: what it must not get is data, and that the resource APIs refuse.
    """
    if "refresh_token" not in client.registration.grant_types:
        raise UnauthorizedClient("the client is not registered for the refresh_token grant")
    if not token:
        raise InvalidRequest("refresh_token is missing")
    presented = await store.load_refresh_token(tx, digest(token), in_use=True)
    if presented is None or presented.client_id != client.client_id:
        raise InvalidGrant("the refresh token is unknown or another client's")
    if not presented.is_active(now):
        raise InvalidGrant("the refresh token has expired or was revoked")
    granted = _narrowed(presented, scope)
    access_token = await issue.access_token(
        tx,
        client_id=client.client_id,
        scope=granted,
        thumbprint=thumbprint,
        arrangement_id=presented.arrangement_id,
        authorisation_id=presented.authorisation_id,
        now=now,
    )
    return Grant(
        client=client,
        access_token=access_token,
        scope=granted,
        refresh_token=token,
        arrangement_id=presented.arrangement_id,
        authentication=Authentication(
            customer_id=presented.customer_id,
            acr=presented.acr,
            authenticated_at=presented.authenticated_at,
        ),
    )


def _narrowed(token: RefreshToken, scope: str | None) -> str:
    """The scope asked for "MUST NOT include any scope not originally granted" (RFC 6749 6)."""
    if not scope:
        return token.scope
    asked = scopes.split(scope)
    if not set(asked) <= set(scopes.split(token.scope)):
        raise InvalidScope("scope exceeds what the consumer authorised")
    return scopes.join(asked)
