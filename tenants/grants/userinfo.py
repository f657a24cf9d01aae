"""What the UserInfo endpoint says of the person who authorised (OIDC Core 5.3; CDS, Scopes and Claims)."""

from collections.abc import Iterable, Mapping
from typing import Any

from haas.clock import epoch
from haas.database import Transaction
from tenants.grants.models import AccessToken
from tenants.grants.subject import pairwise
from tenants.keys.service import Keyring
from tenants.oauth import scopes
from tenants.oauth.checks import Check, run
from tenants.oauth.claims import PROFILE_CLAIMS
from tenants.oauth.errors import AccessDenied, InsufficientScope
from tenants.parties import store as parties
from tenants.registry.models import Tenant


def _speaks_for_a_customer(token: AccessToken) -> None:
    """The token carries `openid`, which only a customer's authorisation gives (OIDC Core 5.3)."""
    if scopes.OPENID not in token.scopes or token.customer_id is None:
        raise InsufficientScope("the access token does not carry openid")


def _is_of_an_active_recipient(token: AccessToken) -> None:
    """Data is disclosed to active recipients only (CDS, Participant Statuses)."""
    if not token.duties.disclose:
        raise AccessDenied("the data recipient or its software product is not active")


CHECKS: tuple[Check[AccessToken], ...] = (_speaks_for_a_customer, _is_of_an_active_recipient)


async def person(tx: Transaction, token: AccessToken) -> Mapping[str, Any]:
    """Return the claims about the authenticated person that were authorised. Raises an OAuthError.

    Of a representative of an organisation these are the person's own (CDS, Claims, Note).
    """
    run(CHECKS, token)
    wanted = _authorised_claims(token)
    if not wanted or token.login_id is None:
        return {}
    login = await parties.names_of(tx, token.login_id)
    known = {
        "name": login.name,
        "given_name": login.given_name,
        "family_name": login.family_name,
        "updated_at": epoch(login.updated_at),
    }
    return {name: known[name] for name in wanted if known[name] is not None}


async def answer(keyring: Keyring, tenant: Tenant, token: AccessToken, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole answer with its pairwise `sub`, "MUST always be returned" (OIDC Core 5.3.2)."""
    if token.customer_id is None:
        raise AssertionError("the checks have found a customer")
    return {"sub": pairwise(await keyring.subject_key(tenant), token.sector, token.customer_id), **claims}


def _authorised_claims(token: AccessToken) -> Iterable[str]:
    """The claims of `profile`, and those asked for one by one (OIDC Core 5.4, 5.5); others are ignored (CDS)."""
    if scopes.PROFILE in token.scopes:
        return PROFILE_CLAIMS
    asked = (token.claims or {}).get("userinfo") or {}
    return [name for name in PROFILE_CLAIMS if name in asked]
