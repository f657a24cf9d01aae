"""What a person can choose to share, in the data language of the standards (CX Standards, Data Language)."""

from typing import NamedTuple


class Cluster(NamedTuple):
    """A choice on the page: a scope and how it reads."""

    scope: str
    name: str
    detail: str
    preselected: bool = False


class Duration(NamedTuple):
    """For how long to share."""

    seconds: int
    name: str


ALWAYS = "openid profile"

CLUSTERS = (
    Cluster("common:customer.basic:read", "Name and occupation", "Your name and what you do", preselected=True),
    Cluster(
        "common:customer.detail:read",
        "Name, occupation and contact details",
        "Also your phone, email and mail address",
        preselected=True,
    ),
    Cluster("energy:accounts.basic:read", "Accounts and plans", "Account and plan names and numbers", preselected=True),
    Cluster(
        "energy:accounts.detail:read",
        "Account and plan details",
        "Also rates, fees, discounts and account holders",
        preselected=True,
    ),
    Cluster("energy:accounts.concessions:read", "Concessions and assistance", "Concessions and hardship support"),
    Cluster("energy:accounts.paymentschedule:read", "Payment preferences", "How and when you pay"),
    Cluster("energy:billing:read", "Billing payments and history", "Bills, usage charges and payments"),
    Cluster("energy:electricity.servicepoints.basic:read", "Electricity connection", "Your connection point (NMI)"),
    Cluster(
        "energy:electricity.servicepoints.detail:read",
        "Electricity connection and meter",
        "Also your meter and supply address",
    ),
    Cluster("energy:electricity.der:read", "Energy generation and storage", "Solar panels and batteries"),
    Cluster("energy:electricity.usage:read", "Electricity usage", "Your meter reads"),
)

DAY = 86_400
DURATIONS = (
    Duration(0, "Just once"),
    Duration(90 * DAY, "3 months"),
    Duration(180 * DAY, "6 months"),
    Duration(365 * DAY, "12 months"),
)
