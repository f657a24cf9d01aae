"""The performance tiers ("Performance Requirements") by which Get Metrics reports."""

from typing import Literal

Tier = Literal[
    "unauthenticated", "highPriority", "lowPriority", "unattended", "largePayload", "secondary", "largeSecondary"
]

THRESHOLD_MILLISECONDS: dict[Tier, int] = {
    "unauthenticated": 1500,
    "highPriority": 1000,
    "lowPriority": 1500,
    "unattended": 4000,
    "largePayload": 6000,
    "secondary": 1000,
    "largeSecondary": 1500,
}
"""95% of the calls in an hour must be answered within this time. For the secondary tiers, the time of the secondary
data holder is not included."""
SECONDARY_THRESHOLD_MILLISECONDS: dict[Tier, int] = {"secondary": 1500, "largeSecondary": 4500}
"""The secondary data holder must answer within this time."""
