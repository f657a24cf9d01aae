"""The content of the review step: what a person is asked to authorise."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from haas.database import Transaction
from tenants import data_language
from tenants.arrangements.models import Authorisation
from tenants.consent import flow as flows
from tenants.consent.models import Flow, Review, ReviewPage
from tenants.data_language import Cluster, CustomerKind
from tenants.oauth.claims import PROFILE_CLAIMS
from tenants.oauth.scopes import PROFILE

HISTORY_YEARS: Final = 2
"""How far back billing and usage data is shared (CDR Rules, Schedule 4)."""


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
        history_from=history_from(now) if data_language.has_history(request.scopes) else None,
        includes_person_claims=kind == "organisation" and bool(_asks_for_profile(request.scopes, request.claims)),
    )


def history_from(now: datetime) -> datetime:
    """Return the moment two years before `now`. If that year has no 29 February, return 28 February."""
    year = now.year - HISTORY_YEARS
    try:
        return now.replace(year=year)
    except ValueError:
        return now.replace(year=year, day=28)


def shown_content(flow: Flow, review: Review, page: ReviewPage, *, now: datetime) -> dict[str, Any]:
    """Return every fact that a review page states, as it is stored with the authorisation (CDR Rules 4.23, 9.3(1)).

    `page` has the facts that do not come from the flow. Dates are ISO 8601 dates in the time zone of the page, and
    durations are in seconds. Everything that can change while the page is open is in the result.
    """
    registration, customer = flow.client.registration, flow.customer
    previous_end, history_start = review.previous_ends_at, review.history_from
    return {
        "holder": page.holder,
        "recipient": {
            "software_id": registration.software_id,
            "client_name": registration.client_name,
            "org_name": registration.org_name,
            "legal_entity_name": registration.legal_entity_name,
            "accreditation_number": page.accreditation_number,
        },
        "amends": flow.amended_arrangement is not None,
        "customer": None if customer is None else {"id": str(customer.id), "name": customer.name},
        "customer_named": flow.customer_name_to_show is not None,
        "accounts": [
            {
                "id": str(account.id),
                "name": account.name,
                "number": account.number,
                "joint": account.joint,
                "closed": account.closed,
            }
            for account in review.accounts
        ],
        "sharing_duration": review.sharing_duration,
        "starts_on": _date(now, page.zone),
        "ends_on": _date(review.ends_at, page.zone),
        "previous_sharing_duration": review.previous_duration,
        "previous_ends_on": None if previous_end is None else _date(previous_end, page.zone),
        "history_from": None if history_start is None else _date(history_start, page.zone),
        "clusters": [
            {
                "title": cluster.title,
                "permissions": list(cluster.permissions),
                "new": cluster in review.new_clusters,
            }
            for cluster in review.clusters
        ],
        "removed_clusters": [cluster.title for cluster in review.removed_clusters],
        "includes_person_claims": review.includes_person_claims,
        "withdrawal": {"dashboard_host": page.dashboard_host, "contacts": list(page.contacts)},
    }


def shown_digest(content: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 hash of the content of a review page, except for the recipient's accreditation number.

    The number of a new recipient is read from the Register within minutes after its registration, perhaps while the
    page is open. It does not change what is shared, so the person need not check the page again. The stored content
    then has the new number.
    """
    recipient = {name: value for name, value in content["recipient"].items() if name != "accreditation_number"}
    return sha256(msgspec.json.encode({**content, "recipient": recipient}, order="sorted")).digest()


def clusters(scopes: tuple[str, ...], claims: Mapping[str, Any], kind: CustomerKind) -> list[Cluster]:
    """Return the data language clusters of the scopes and of the supported claims that are requested individually."""
    return data_language.clusters(scopes, kind, requested_claims(claims))


def covered_clusters(scopes: tuple[str, ...], claims: Mapping[str, Any], kind: CustomerKind) -> set[Cluster]:
    """Return every cluster that describes only data of these scopes and claims."""
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


def _date(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()
