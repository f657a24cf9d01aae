"""What a person can choose to share, in the data language of the standards (CX Standards, Data Language)."""

from typing import NamedTuple


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

GROUPS = (
    Group(
        "About you",
        (
            Cluster("common:customer.basic:read", "Name and occupation", "Your name and what you do", preselected=True),
            Cluster(
                "common:customer.detail:read",
                "Name, occupation and contact details",
                "Also your phone, email and mail address",
                preselected=True,
            ),
        ),
    ),
    Group(
        "Your account",
        (
            Cluster(
                "energy:accounts.basic:read", "Accounts and plans", "Names and numbers of accounts", preselected=True
            ),
            Cluster(
                "energy:accounts.detail:read",
                "Account and plan details",
                "Also rates, fees, discounts and holders",
                preselected=True,
            ),
            Cluster("energy:accounts.concessions:read", "Concessions and assistance", "Concessions and their amounts"),
            Cluster("energy:accounts.paymentschedule:read", "Payment preferences", "How and when you pay"),
            Cluster("energy:billing:read", "Billing payments and history", "Bills, charges and payments"),
        ),
    ),
    Group(
        "Your electricity",
        (
            Cluster("energy:electricity.servicepoints.basic:read", "Electricity connection", "Your connection point"),
            Cluster(
                "energy:electricity.servicepoints.detail:read",
                "Electricity connection and meter",
                "Also your meter and supply address",
            ),
            Cluster("energy:electricity.der:read", "Energy generation and storage", "Solar panels and batteries"),
            Cluster("energy:electricity.usage:read", "Electricity usage", "Your meter reads"),
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
