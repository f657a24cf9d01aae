"""What a person is asked to authorise, put together for the review step."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from haas.database import Transaction
from tenants import data_language
from tenants.arrangements.models import Authorisation
from tenants.consent import flow as flows
from tenants.consent.models import Flow, Review
from tenants.data_language import Cluster, CustomerKind
from tenants.oauth.claims import PROFILE_CLAIMS
from tenants.oauth.scopes import PROFILE


async def build_review(tx: Transaction, flow: Flow, *, now: datetime) -> Review:
    """Return what is to be authorised. Raises StepNotCurrent, FlowOver."""
    accounts = await flows.chosen_accounts(tx, flow, now=now)
    request = flow.attempt.request
    kind: CustomerKind = "person" if flow.customer is None else flow.customer.kind
    previous = None if flow.amended_arrangement is None else flow.amended_arrangement.authorisation
    described = clusters(request.scopes, request.claims, kind)
    known = known_clusters(request.scopes, request.claims, kind)
    before = set() if previous is None else known_clusters(previous.scopes, previous.claims, kind)
    return Review(
        accounts=accounts,
        clusters=described,
        new_clusters=[] if previous is None else [cluster for cluster in described if cluster not in before],
        removed_clusters=[]
        if previous is None
        else [cluster for cluster in clusters_of(previous, kind) if cluster not in known],
        sharing_duration=request.sharing_duration,
        ends_at=now + timedelta(seconds=request.sharing_duration),
        previous_duration=None if previous is None else previous.sharing_duration,
        previous_ends_at=None if previous is None else previous.expires_at,
        includes_history=data_language.has_history(request.scopes),
        includes_person_claims=kind == "organisation" and bool(_asks_for_profile(request.scopes, request.claims)),
    )


def clusters(scopes: tuple[str, ...], claims: Mapping[str, Any], kind: CustomerKind) -> list[Cluster]:
    """Return the data language of scopes and of the supported claims that are asked for one by one."""
    return data_language.clusters(scopes, kind, requested_claims(claims))


def known_clusters(scopes: tuple[str, ...], claims: Mapping[str, Any], kind: CustomerKind) -> set[Cluster]:
    """Return every cluster that says nothing beyond the scopes and claims, in whichever words."""
    return data_language.covered_clusters(scopes, kind, requested_claims(claims))


def clusters_of(authorisation: Authorisation, kind: CustomerKind) -> list[Cluster]:
    """Return the data language of an authorisation."""
    return clusters(authorisation.scopes, authorisation.claims, kind)


def requested_claims(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the supported claims about the person that the `claims` parameter asks for (OIDC Core 5.5)."""
    asked = {name for member in ("id_token", "userinfo") for name in (claims.get(member) or {})}
    return frozenset(asked.intersection(PROFILE_CLAIMS))


def _asks_for_profile(scopes: tuple[str, ...], claims: Mapping[str, Any]) -> bool:
    return PROFILE in scopes or bool(requested_claims(claims))
