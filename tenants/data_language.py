"""The CDR data language: the texts that describe data wherever a person reviews, authorises or stops sharing.

CDS, Data Language Standards: Common, and Energy Language. The texts are quoted from the standards; do not edit them.
"""

from collections.abc import Collection
from typing import Literal

import msgspec

CustomerKind = Literal["person", "organisation"]

NAME_CLAIMS = frozenset({"name", "given_name", "family_name", "updated_at"})
CONTACT_CLAIMS = frozenset({"email", "email_verified", "phone_number", "phone_number_verified", "address"})

# For these scopes the person need not choose an account (CDS, Authorisation Standards, Account selection).
SCOPES_WITHOUT_ACCOUNTS = frozenset(
    {"openid", "profile", "common:customer.basic:read", "common:customer.detail:read", "cdr:registration"}
)
# For these scopes historical data of up to two years is shared too.
SCOPES_WITH_HISTORY = frozenset({"energy:billing:read", "energy:electricity.usage:read"})


class Cluster(msgspec.Struct, frozen=True):
    """A data cluster with its title and permissions, in the words of the standards."""

    title: str
    permissions: tuple[str, ...]


class _ScopePair(msgspec.Struct, frozen=True):
    """A basic and a detailed scope.

    If only the detailed scope is requested, its cluster also lists the basic data (note ‡ of the standards).
    """

    basic: str
    detail: str
    basic_cluster: Cluster
    detail_cluster: Cluster
    merged_cluster: Cluster


_PROFILE_NAME = Cluster("Name", ("Full name and title(s)",))
_PROFILE_CONTACT = Cluster("Contact details", ("Phone number", "Email address", "Mail address"))

_PERSON = _ScopePair(
    "common:customer.basic:read",
    "common:customer.detail:read",
    Cluster("Name and occupation", ("Name", "Occupation")),
    Cluster("Contact details", ("Phone", "Email address", "Mail address", "Residential address")),
    Cluster(
        "Name, occupation, contact details",
        ("Name", "Occupation", "Phone", "Email address", "Mail address", "Residential address"),
    ),
)
_ORGANISATION_PROFILE = (
    "Agent name and role",
    "Organisation name",
    "Organisation numbers (ABN or ACN)",
    "Charity status",
    "Establishment date",
    "Industry",
    "Organisation type",
    "Country of registration",
)
_ORGANISATION_CONTACT = ("Organisation address", "Mail address", "Phone number")
_ORGANISATION = _ScopePair(
    "common:customer.basic:read",
    "common:customer.detail:read",
    Cluster("Organisation profile", _ORGANISATION_PROFILE),
    Cluster("Organisation contact details", _ORGANISATION_CONTACT),
    Cluster("Organisation profile and contact details", (*_ORGANISATION_PROFILE, *_ORGANISATION_CONTACT)),
)
_ACCOUNT_DETAIL = ("Account type", "Fees, features, rates, and discounts", "Additional account users")
_ACCOUNTS = _ScopePair(
    "energy:accounts.basic:read",
    "energy:accounts.detail:read",
    Cluster("Accounts and plans", ("Account and plan information",)),
    Cluster("Account and plan details", _ACCOUNT_DETAIL),
    Cluster("Account and plan details", ("Account and plan information", *_ACCOUNT_DETAIL)),
)
_SERVICE_POINTS = _ScopePair(
    "energy:electricity.servicepoints.basic:read",
    "energy:electricity.servicepoints.detail:read",
    Cluster("Electricity connection", ("National Meter Identifier (NMI)", "Customer type", "Connection point details")),
    Cluster("Electricity meter", ("Supply address", "Meter details", "Associated service providers")),
    Cluster(
        "Electricity connection and meter",
        (
            "National Meter Identifier (NMI)",
            "Supply address",
            "Customer type",
            "Connection point details",
            "Meter details",
            "Associated service providers",
        ),
    ),
)
_CLUSTERS_OF_SINGLE_SCOPES = {
    "energy:accounts.concessions:read": Cluster(
        "Concessions and assistance", ("Concession type", "Concession information")
    ),
    "energy:accounts.paymentschedule:read": Cluster(
        "Payment preferences", ("Payment and billing frequency", "Any scheduled payment details")
    ),
    "energy:billing:read": Cluster(
        "Billing payments and history",
        (
            "Account balance",
            "Payment method",
            "Payment status",
            "Charges, discounts, credits",
            "Billing date",
            "Usage for billing period",
            "Payment date",
            "Invoice number",
        ),
    ),
    "energy:electricity.der:read": Cluster(
        "Energy generation and storage",
        (
            "Generation information",
            "Generation or storage device type",
            "Device characteristics",
            "Devices that can operate without the grid",
            "Energy conversion information",
        ),
    ),
    "energy:electricity.usage:read": Cluster("Electricity usage", ("Usage", "Meter details")),
}


def clusters(scopes: Collection[str], kind: CustomerKind, claims: Collection[str] = ()) -> list[Cluster]:
    """Return the clusters that describe the data of `scopes` and of the individually requested `claims`.

    Scopes without consumer data (`openid`) and unsupported claims have no cluster.
    """
    found: list[Cluster] = []
    if "profile" in scopes or NAME_CLAIMS.intersection(claims):
        found.append(_PROFILE_NAME)
    if CONTACT_CLAIMS.intersection(claims):
        found.append(_PROFILE_CONTACT)
    for pair in _pairs(kind):
        found.extend(_clusters_of_pair(pair, scopes))
    found.extend(cluster for scope, cluster in _CLUSTERS_OF_SINGLE_SCOPES.items() if scope in scopes)
    return found


def title_of(scope: str, kind: CustomerKind) -> str:
    """Return the title of the cluster that describes the data of one scope, or the scope if it has no cluster."""
    return next((cluster.title for cluster in clusters([scope], kind)), scope)


def covered_clusters(scopes: Collection[str], kind: CustomerKind, claims: Collection[str] = ()) -> set[Cluster]:
    """Return every cluster that describes only data that `scopes` and `claims` disclose.

    A detailed scope also discloses the basic data, so the basic scope adds no data (CDS, Changing Attributes).
    """
    covered = set(clusters(scopes, kind, claims))
    for pair in _pairs(kind):
        if pair.detail in scopes:
            covered |= {pair.basic_cluster, pair.detail_cluster, pair.merged_cluster}
    return covered


def needs_accounts(scopes: Collection[str]) -> bool:
    """Return whether the requested data belongs to accounts, so that the person must choose at least one."""
    return not SCOPES_WITHOUT_ACCOUNTS.issuperset(scopes)


def has_history(scopes: Collection[str]) -> bool:
    """Return whether the requested data includes historical data."""
    return not SCOPES_WITH_HISTORY.isdisjoint(scopes)


def _pairs(kind: CustomerKind) -> tuple[_ScopePair, ...]:
    return (_ORGANISATION if kind == "organisation" else _PERSON, _ACCOUNTS, _SERVICE_POINTS)


def _clusters_of_pair(pair: _ScopePair, scopes: Collection[str]) -> list[Cluster]:
    match pair.basic in scopes, pair.detail in scopes:
        case True, True:
            return [pair.basic_cluster, pair.detail_cluster]
        case True, False:
            return [pair.basic_cluster]
        case False, True:
            return [pair.merged_cluster]
    return []
