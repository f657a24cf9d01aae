"""The CDR data language: the texts that describe data wherever a person reviews, authorises or stops sharing.

CDS, Data Language Standards: Common, and Energy Language. The texts are quoted from the standards; do not edit them.
The standards have them in English only. In another language, `clusters` returns the translations of the catalogue.
"""

from collections.abc import Collection
from typing import Literal

import msgspec

from haas.language import gettext, gettext_noop

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
    """A data cluster with its title and permissions, in the words of the standards, in the current language."""

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


_PROFILE_NAME = Cluster(gettext_noop("Name"), (gettext_noop("Full name and title(s)"),))
_PROFILE_CONTACT = Cluster(
    gettext_noop("Contact details"),
    (gettext_noop("Phone number"), gettext_noop("Email address"), gettext_noop("Mail address")),
)

_PERSON = _ScopePair(
    "common:customer.basic:read",
    "common:customer.detail:read",
    Cluster(gettext_noop("Name and occupation"), (gettext_noop("Name"), gettext_noop("Occupation"))),
    Cluster(
        gettext_noop("Contact details"),
        (
            gettext_noop("Phone"),
            gettext_noop("Email address"),
            gettext_noop("Mail address"),
            gettext_noop("Residential address"),
        ),
    ),
    Cluster(
        gettext_noop("Name, occupation, contact details"),
        (
            gettext_noop("Name"),
            gettext_noop("Occupation"),
            gettext_noop("Phone"),
            gettext_noop("Email address"),
            gettext_noop("Mail address"),
            gettext_noop("Residential address"),
        ),
    ),
)
_ORGANISATION_PROFILE = (
    gettext_noop("Agent name and role"),
    gettext_noop("Organisation name"),
    gettext_noop("Organisation numbers (ABN or ACN)"),
    gettext_noop("Charity status"),
    gettext_noop("Establishment date"),
    gettext_noop("Industry"),
    gettext_noop("Organisation type"),
    gettext_noop("Country of registration"),
)
_ORGANISATION_CONTACT = (
    gettext_noop("Organisation address"),
    gettext_noop("Mail address"),
    gettext_noop("Phone number"),
)
_ORGANISATION = _ScopePair(
    "common:customer.basic:read",
    "common:customer.detail:read",
    Cluster(gettext_noop("Organisation profile"), _ORGANISATION_PROFILE),
    Cluster(gettext_noop("Organisation contact details"), _ORGANISATION_CONTACT),
    Cluster(gettext_noop("Organisation profile and contact details"), (*_ORGANISATION_PROFILE, *_ORGANISATION_CONTACT)),
)
_ACCOUNT_DETAIL = (
    gettext_noop("Account type"),
    gettext_noop("Fees, features, rates, and discounts"),
    gettext_noop("Additional account users"),
)
_ACCOUNTS = _ScopePair(
    "energy:accounts.basic:read",
    "energy:accounts.detail:read",
    Cluster(gettext_noop("Accounts and plans"), (gettext_noop("Account and plan information"),)),
    Cluster(gettext_noop("Account and plan details"), _ACCOUNT_DETAIL),
    Cluster(gettext_noop("Account and plan details"), (gettext_noop("Account and plan information"), *_ACCOUNT_DETAIL)),
)
_SERVICE_POINTS = _ScopePair(
    "energy:electricity.servicepoints.basic:read",
    "energy:electricity.servicepoints.detail:read",
    Cluster(
        gettext_noop("Electricity connection"),
        (
            gettext_noop("National Meter Identifier (NMI)"),
            gettext_noop("Customer type"),
            gettext_noop("Connection point details"),
        ),
    ),
    Cluster(
        gettext_noop("Electricity meter"),
        (gettext_noop("Supply address"), gettext_noop("Meter details"), gettext_noop("Associated service providers")),
    ),
    Cluster(
        gettext_noop("Electricity connection and meter"),
        (
            gettext_noop("National Meter Identifier (NMI)"),
            gettext_noop("Supply address"),
            gettext_noop("Customer type"),
            gettext_noop("Connection point details"),
            gettext_noop("Meter details"),
            gettext_noop("Associated service providers"),
        ),
    ),
)
_CLUSTERS_OF_SINGLE_SCOPES = {
    "energy:accounts.concessions:read": Cluster(
        gettext_noop("Concessions and assistance"),
        (gettext_noop("Concession type"), gettext_noop("Concession information")),
    ),
    "energy:accounts.paymentschedule:read": Cluster(
        gettext_noop("Payment preferences"),
        (gettext_noop("Payment and billing frequency"), gettext_noop("Any scheduled payment details")),
    ),
    "energy:billing:read": Cluster(
        gettext_noop("Billing payments and history"),
        (
            gettext_noop("Account balance"),
            gettext_noop("Payment method"),
            gettext_noop("Payment status"),
            gettext_noop("Charges, discounts, credits"),
            gettext_noop("Billing date"),
            gettext_noop("Usage for billing period"),
            gettext_noop("Payment date"),
            gettext_noop("Invoice number"),
        ),
    ),
    "energy:electricity.der:read": Cluster(
        gettext_noop("Energy generation and storage"),
        (
            gettext_noop("Generation information"),
            gettext_noop("Generation or storage device type"),
            gettext_noop("Device characteristics"),
            gettext_noop("Devices that can operate without the grid"),
            gettext_noop("Energy conversion information"),
        ),
    ),
    "energy:electricity.usage:read": Cluster(
        gettext_noop("Electricity usage"), (gettext_noop("Usage"), gettext_noop("Meter details"))
    ),
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
    return [_translated(cluster) for cluster in found]


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
            covered |= {_translated(each) for each in (pair.basic_cluster, pair.detail_cluster, pair.merged_cluster)}
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


def _translated(cluster: Cluster) -> Cluster:
    return Cluster(gettext(cluster.title), tuple(gettext(permission) for permission in cluster.permissions))
