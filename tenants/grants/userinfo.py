"""The claims that the UserInfo endpoint returns (OIDC Core 5.3; CDS, Scopes and Claims)."""

from collections.abc import Iterable, Mapping
from typing import Any

from haas.clock import epoch
from haas.database import Transaction
from tenants.grants.models import UserInfoToken
from tenants.grants.subject import pairwise_subject, sector
from tenants.keys.service import Keyring
from tenants.oauth import scopes
from tenants.oauth.claims import PROFILE_CLAIMS
from tenants.parties import store as parties
from tenants.registry.models import Tenant


async def person_claims(tx: Transaction, token: UserInfoToken) -> Mapping[str, Any]:
    """Return the authorised claims about the person who authenticated.

    The claims are about that person even if the person represents an organisation (CDS, Claims, Note).
    """
    wanted = _authorised_claims(token)
    if not wanted or token.login_id is None:
        return {}
    login = await parties.login_names(tx, token.login_id)
    known = {
        "name": login.name,
        "given_name": login.given_name,
        "family_name": login.family_name,
        "updated_at": epoch(login.updated_at),
    }
    return {name: known[name] for name in wanted if known[name] is not None}


async def add_subject(
    keyring: Keyring, tenant: Tenant, token: UserInfoToken, claims: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `claims` with the pairwise `sub`, which "MUST always be returned" (OIDC Core 5.3.2)."""
    if token.customer_id is None:
        raise AssertionError("access_token_rules.was_issued_for_a_consumer must be checked first")
    sector_name = sector(token.sector_identifier_uri, token.software_id)
    return {"sub": pairwise_subject(await keyring.subject_key(tenant), sector_name, token.customer_id), **claims}


def _authorised_claims(token: UserInfoToken) -> Iterable[str]:
    """Return the names of the claims of the scope `profile`, or of individually requested ones (OIDC Core 5.4, 5.5)."""
    if scopes.PROFILE in token.scopes:
        return PROFILE_CLAIMS
    requested = (token.claims or {}).get("userinfo") or {}
    return [name for name in PROFILE_CLAIMS if name in requested]
