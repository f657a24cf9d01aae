"""The performance tiers ("Performance Requirements"), by which Get Metrics reports."""

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
"""Within which 95% of an hour's calls are to be answered; for the secondary tiers, the data holder's own part."""
SECONDARY_THRESHOLD_MILLISECONDS: dict[Tier, int] = {"secondary": 1500, "largeSecondary": 4500}
"""Within which the secondary data holder is to do its part."""
