"""The performance tiers ("Performance Requirements"), by which Get Metrics reports."""

from typing import Literal

Tier = Literal[
    "Unauthenticated", "HighPriority", "LowPriority", "Unattended", "LargePayload", "Secondary", "LargeSecondary"
]

THRESHOLD_MILLISECONDS: dict[Tier, int] = {
    "Unauthenticated": 1500,
    "HighPriority": 1000,
    "LowPriority": 1500,
    "Unattended": 4000,
    "LargePayload": 6000,
    "Secondary": 1000,
    "LargeSecondary": 1500,
}
"""Within which 95% of an hour's calls are to be answered; for the secondary tiers, the data holder's own part."""
