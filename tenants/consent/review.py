"""The content of the review step: what a person is asked to authorise."""

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
    """Return the content of the review. Raise StepNotCurrent or FlowClosed."""
    accounts = await flows.chosen_accounts(tx, flow, now=now)
    request = flow.attempt.request
    kind: CustomerKind = "person" if flow.customer is None else flow.customer.kind
    previous = None if flow.amended_arrangement is None else flow.amended_arrangement.authorisation
    described = clusters(request.scopes, request.claims, kind)
    covered = covered_clusters(request.scopes, request.claims, kind)
    before = set() if previous is None else covered_clusters(previous.scopes, previous.claims, kind)
    return Review(
        accounts=accounts,
        clusters=described,
        new_clusters=[] if previous is None else [cluster for cluster in described if cluster not in before],
        removed_clusters=[]
        if previous is None
        else [cluster for cluster in clusters_of(previous, kind) if cluster not in covered],
        sharing_duration=request.sharing_duration,
        ends_at=now + timedelta(seconds=request.sharing_duration),
        previous_duration=None if previous is None else previous.sharing_duration,
        previous_ends_at=None if previous is None else previous.expires_at,
        includes_history=data_language.has_history(request.scopes),
        includes_person_claims=kind == "organisation" and bool(_asks_for_profile(request.scopes, request.claims)),
    )


def clusters(scopes: tuple[str, ...], claims: Mapping[str, Any], kind: CustomerKind) -> list[Cluster]:
    """Return the data language clusters of the scopes and of the supported claims that are requested one by one."""
    return data_language.clusters(scopes, kind, requested_claims(claims))


def covered_clusters(scopes: tuple[str, ...], claims: Mapping[str, Any], kind: CustomerKind) -> set[Cluster]:
    """Return every cluster that describes only data of these scopes and claims, in any wording."""
    return data_language.covered_clusters(scopes, kind, requested_claims(claims))


def clusters_of(authorisation: Authorisation, kind: CustomerKind) -> list[Cluster]:
    """Return the data language clusters of an authorisation."""
    return clusters(authorisation.scopes, authorisation.claims, kind)


def requested_claims(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the supported claims about the person that the `claims` parameter requests (OIDC Core 5.5)."""
    asked = {name for member in ("id_token", "userinfo") for name in (claims.get(member) or {})}
    return frozenset(asked.intersection(PROFILE_CLAIMS))


def _asks_for_profile(scopes: tuple[str, ...], claims: Mapping[str, Any]) -> bool:
    return PROFILE in scopes or bool(requested_claims(claims))
