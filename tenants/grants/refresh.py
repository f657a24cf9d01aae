"""Refreshing an access token (RFC 6749 6; OIDC Core 12). The refresh token is never rotated (CDS, Refresh Token).

A recipient that is not active may still refresh its access token, but the data APIs do not accept it.
"""

from typing import Final

from haas.digest import digest
from haas.steps import Step
from tenants.grants import store
from tenants.grants.models import Authentication, IssuedTokens, RefreshToken
from tenants.grants.token_request import TokenRequest
from tenants.oauth import scopes
from tenants.oauth.errors import InvalidGrant, InvalidRequest, InvalidScope, UnauthorizedClient
from tenants.tokens import issue


class TokenRefresh(TokenRequest):
    """The state of a request that refreshes an access token."""

    token: RefreshToken
    scope: str
    """The scope of the new access token."""


def client_is_registered_for_the_grant(refresh: TokenRefresh) -> None:
    """`refresh_token` is among the registered grant types (RFC 6749 5.2; RFC 7591 2)."""
    if "refresh_token" not in refresh.client.registration.grant_types:
        raise UnauthorizedClient("the client is not registered for the refresh_token grant")


async def refresh_token_was_issued_to_the_client(refresh: TokenRefresh) -> None:
    """`refresh_token` is present and was issued to this client; its row is locked (RFC 6749 6)."""
    given = refresh.parameters.get("refresh_token")
    if not given:
        raise InvalidRequest("refresh_token is missing")
    token = await store.load_refresh_token(refresh.tx, digest(given), lock=True)
    if token is None or token.client_id != refresh.client.client_id:
        raise InvalidGrant("the refresh token is unknown or was issued to another client")
    refresh.token = token


def refresh_token_is_active(refresh: TokenRefresh) -> None:
    """The refresh token has not expired or been revoked, and its arrangement has not ended (RFC 6749 5.2; CDS)."""
    if not refresh.token.is_active(refresh.now):
        raise InvalidGrant("the refresh token has expired or was revoked")


def scope_was_granted(refresh: TokenRefresh) -> None:
    """The requested scope "MUST NOT include any scope not originally granted" (RFC 6749 6)."""
    if not set(scopes.split(refresh.parameters.get("scope", ""))) <= set(scopes.split(refresh.token.scope)):
        raise InvalidScope("scope exceeds what the consumer authorised")


def client_is_registered_for_a_scope(refresh: TokenRefresh) -> None:
    """Scopes that the client has removed from its registration are ignored, and one remains (CDS, SSA Definition)."""
    wanted = scopes.join(scopes.split(refresh.parameters.get("scope", ""))) or refresh.token.scope
    refresh.scope = refresh.client.registration.usable_scopes(wanted)
    if not refresh.scope:
        raise InvalidScope("the client is no longer registered for any of these scopes")


async def issue_an_access_token(refresh: TokenRefresh) -> None:
    """An access token is issued, bound to the client certificate (RFC 8705 3)."""
    token, scope = refresh.token, refresh.scope
    access_token = await issue.access_token(
        refresh.tx,
        client_id=refresh.client.client_id,
        scope=scope,
        thumbprint=refresh.thumbprint,
        arrangement_id=token.arrangement_id,
        authorisation_id=token.authorisation_id,
        now=refresh.now,
    )
    refresh.issued = IssuedTokens(
        client=refresh.client,
        access_token=access_token,
        scope=scope,
        refresh_token=refresh.parameters["refresh_token"],
        arrangement_id=token.arrangement_id,
        authentication=Authentication(
            customer_id=token.customer_id, acr=token.acr, authenticated_at=token.authenticated_at
        ),
    )


STEPS: Final[tuple[Step[TokenRefresh], ...]] = (
    client_is_registered_for_the_grant,
    refresh_token_was_issued_to_the_client,
    refresh_token_is_active,
    scope_was_granted,
    client_is_registered_for_a_scope,
    issue_an_access_token,
)
