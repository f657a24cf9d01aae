"""The data that a person can share, in the words of the standards (CDS, Data Language Standards: Common and Energy).

This table is independent of the product's table. A person can choose a detailed scope without
its basic scope, so each detailed scope has the text for a request without the basic scope, which includes the basic
data (marked ‡ in the standards). The texts about customers are those for individuals.
"""

from collections.abc import Collection
from typing import NamedTuple


class Cluster(NamedTuple):
    """A data cluster: the scope that grants it, its title, its permissions, and whether the page preselects it."""

    scope: str
    title: str
    permissions: tuple[str, ...]
    preselected: bool = False


class Group(NamedTuple):
    """Clusters under one heading of the page."""

    name: str
    clusters: tuple[Cluster, ...]


GROUPS = (
    Group(
        "About you",
        (
            Cluster("common:customer.basic:read", "Name and occupation", ("Name", "Occupation"), preselected=True),
            Cluster(
                "common:customer.detail:read",
                "Name, occupation, contact details",
                ("Name", "Occupation", "Phone", "Email address", "Mail address", "Residential address"),
                preselected=True,
            ),
        ),
    ),
    Group(
        "Your account",
        (
            Cluster(
                "energy:accounts.basic:read",
                "Accounts and plans",
                ("Account and plan information",),
                preselected=True,
            ),
            Cluster(
                "energy:accounts.detail:read",
                "Account and plan details",
                (
                    "Account and plan information",
                    "Account type",
                    "Fees, features, rates, and discounts",
                    "Additional account users",
                ),
                preselected=True,
            ),
            Cluster(
                "energy:accounts.concessions:read",
                "Concessions and assistance",
                ("Concession type", "Concession information"),
            ),
            Cluster(
                "energy:accounts.paymentschedule:read",
                "Payment preferences",
                ("Payment and billing frequency", "Any scheduled payment details"),
            ),
            Cluster(
                "energy:billing:read",
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
        ),
    ),
    Group(
        "Your electricity",
        (
            Cluster(
                "energy:electricity.servicepoints.basic:read",
                "Electricity connection",
                ("National Meter Identifier (NMI)", "Customer type", "Connection point details"),
            ),
            Cluster(
                "energy:electricity.servicepoints.detail:read",
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
            Cluster(
                "energy:electricity.der:read",
                "Energy generation and storage",
                (
                    "Generation information",
                    "Generation or storage device type",
                    "Device characteristics",
                    "Devices that can operate without the grid",
                    "Energy conversion information",
                ),
            ),
            Cluster("energy:electricity.usage:read", "Electricity usage", ("Usage", "Meter details")),
        ),
    ),
)
CLUSTERS = tuple(cluster for group in GROUPS for cluster in group.clusters)


def supported_groups(scopes: Collection[str]) -> list[Group]:
    """Return the groups with the clusters of these scopes only, without groups that would be empty."""
    reduced = (Group(group.name, tuple(c for c in group.clusters if c.scope in scopes)) for group in GROUPS)
    return [group for group in reduced if group.clusters]
