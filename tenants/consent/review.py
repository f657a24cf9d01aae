"""The content of the review step: what a person is asked to authorise."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from haas.database import Transaction
from tenants import data_language
from tenants.accounts.models import HeldAccount
from tenants.arrangements.models import Authorisation
from tenants.consent.account_selection import chosen_accounts
from tenants.consent.flow import held_accounts
from tenants.consent.models import (
    AmendmentMark,
    DataPart,
    Flow,
    Review,
    ReviewedCluster,
    ReviewPage,
    ReviewPart,
)
from tenants.data_language import Cluster, CustomerKind
from tenants.holders.models import ONCE_OFF
from tenants.joint_accounts.approvals import time_limit
from tenants.oauth.claims import PROFILE_CLAIMS
from tenants.oauth.scopes import PROFILE

HISTORY_YEARS: Final = 2
"""How far back billing and usage data is shared (CDR Rules, Schedule 4)."""
_CUSTOMER_SCOPES: Final = "common:customer."
_PART_OF_SCOPES: Final[dict[DataPart, Callable[[str], bool]]] = {
    "customer": lambda scope: not scope.startswith("energy:"),
    "accounts": lambda scope: not scope.startswith("energy:electricity."),
    "electricity": lambda _: True,
}


async def build_review(tx: Transaction, flow: Flow, *, now: datetime) -> Review:
    """Return the content of the review. Raise StepNotCurrent or FlowClosed."""
    accounts = await chosen_accounts(tx, flow, now=now)
    request = flow.attempt.request
    kind: CustomerKind = "person" if flow.customer is None else flow.customer.kind
    previous = None if flow.amended_arrangement is None else flow.amended_arrangement.authorisation
    shared_before = set() if previous is None else {account.id for account in previous.accounts}
    shared_now = {account.id for account in accounts}
    removed = [
        account
        for account in (await held_accounts(tx, flow, now) if shared_before - shared_now else ())
        if account.id in shared_before - shared_now
    ]
    ends_at = now + timedelta(seconds=request.sharing_duration)
    return Review(
        accounts=accounts,
        new_accounts=frozenset() if previous is None else frozenset(shared_now - shared_before),
        removed_accounts=removed,
        parts=_parts(request.scopes, request.claims, previous, kind),
        sharing_duration=request.sharing_duration,
        ends_at=ends_at,
        approve_by=time_limit(now, ends_at),
        previous_duration=None if previous is None else previous.sharing_duration,
        previous_ends_at=None if previous is None else previous.expires_at,
        history_from=history_from(now) if data_language.has_history(request.scopes) else None,
        includes_person_claims=_asks_for_profile(request.scopes, request.claims)
        and (kind == "organisation" or any(scope.startswith(_CUSTOMER_SCOPES) for scope in request.scopes)),
    )


def _parts(
    scopes: tuple[str, ...], claims: Mapping[str, Any], previous: Authorisation | None, kind: CustomerKind
) -> list[ReviewPart]:
    covered = covered_clusters(scopes, claims, kind)
    before = set() if previous is None else covered_clusters(previous.scopes, previous.claims, kind)
    parts = []
    for part in _PART_OF_SCOPES:
        found: list[ReviewedCluster] = []
        for cluster in clusters(_scopes_of(part, scopes), claims if part == "customer" else {}, kind):
            mark: AmendmentMark | None = "kept" if cluster in before else "new"
            found.append(ReviewedCluster(cluster, None if previous is None else mark))
        if previous is not None:
            earlier = clusters(_scopes_of(part, previous.scopes), previous.claims if part == "customer" else {}, kind)
            found += [ReviewedCluster(cluster, "removed") for cluster in earlier if cluster not in covered]
        if found:
            parts.append(ReviewPart(part, found))
    return parts


def _scopes_of(part: DataPart, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes whose data belongs to a part. The first part of `_PART_OF_SCOPES` that fits a scope counts."""
    return tuple(scope for scope in scopes if next(p for p, fits in _PART_OF_SCOPES.items() if fits(scope)) == part)


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
                **_account(account),
                "joint": account.joint,
                "closed": account.closed,
                "new": account.id in review.new_accounts,
                **_others(account, review, page.zone),
            }
            for account in review.accounts
        ],
        "removed_accounts": [_account(account) for account in review.removed_accounts],
        "sharing_duration": review.sharing_duration,
        "starts_on": _date(now, page.zone),
        "ends_on": _date(review.ends_at, page.zone),
        "previous_sharing_duration": review.previous_duration,
        "previous_ends_on": None if previous_end is None else _date(previous_end, page.zone),
        "history_from": None if history_start is None else _date(history_start, page.zone),
        "clusters": [
            {**_cluster(each.cluster), "part": part.kind, "new": each.change == "new"}
            for part in review.parts
            for each in part.clusters
            if each.change != "removed"
        ],
        "removed_clusters": [
            {**_cluster(each.cluster), "part": part.kind}
            for part in review.parts
            for each in part.clusters
            if each.change == "removed"
        ],
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


def _account(account: HeldAccount) -> dict[str, Any]:
    texts = {"name": account.name, "address": account.address, "plan": account.plan, "fuel": account.fuel}
    return {"id": str(account.id), **texts, "number": account.number}


def _others(account: HeldAccount, review: Review, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the page says about the other holders. For once-off data, it says no date.

    That they are not told is in it only if the protected person in person has read the page. No page and no pack may
    show it to anybody else (CDR Rules 4A.15, decision 0061).
    """
    has_date = account.part_of_others == "must-approve" and review.sharing_duration > ONCE_OFF
    return {
        "others": account.part_of_others,
        "approve_on": _date(review.approve_by, zone) if has_date else None,
    }


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {"title": cluster.title, "permissions": list(cluster.permissions)}


def _asks_for_profile(scopes: tuple[str, ...], claims: Mapping[str, Any]) -> bool:
    return PROFILE in scopes or bool(requested_claims(claims))


def _date(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()
