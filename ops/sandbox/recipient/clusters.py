"""What a person can choose to share, in the data language of the standards (CDS, Data Language Standards).

Whoever chooses may choose a detailed scope alone, so each is described as it reads alone, with its basic data (‡).
"""

from typing import NamedTuple

from tenants import data_language


class Cluster(NamedTuple):
    """A choice on the page: a scope and how it reads."""

    scope: str
    name: str
    detail: str
    preselected: bool = False


class Group(NamedTuple):
    """Choices that belong together."""

    name: str
    clusters: tuple[Cluster, ...]


class Duration(NamedTuple):
    """For how long to share."""

    seconds: int
    name: str


ALWAYS = "openid profile"


def _cluster(scope: str, *, preselected: bool = False) -> Cluster:
    (described,) = data_language.clusters([scope], "person")
    return Cluster(scope, described.title, "; ".join(described.permissions), preselected)


GROUPS = (
    Group(
        "About you",
        (
            _cluster("common:customer.basic:read", preselected=True),
            _cluster("common:customer.detail:read", preselected=True),
        ),
    ),
    Group(
        "Your account",
        (
            _cluster("energy:accounts.basic:read", preselected=True),
            _cluster("energy:accounts.detail:read", preselected=True),
            _cluster("energy:accounts.concessions:read"),
            _cluster("energy:accounts.paymentschedule:read"),
            _cluster("energy:billing:read"),
        ),
    ),
    Group(
        "Your electricity",
        (
            _cluster("energy:electricity.servicepoints.basic:read"),
            _cluster("energy:electricity.servicepoints.detail:read"),
            _cluster("energy:electricity.der:read"),
            _cluster("energy:electricity.usage:read"),
        ),
    ),
)
CLUSTERS = tuple(cluster for group in GROUPS for cluster in group.clusters)

DAY = 86_400
DURATIONS = (
    Duration(0, "Just once"),
    Duration(90 * DAY, "3 months"),
    Duration(180 * DAY, "6 months"),
    Duration(365 * DAY, "12 months"),
)
