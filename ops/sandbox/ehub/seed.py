"""The participants and service points that exist from the first start.

The passwords are in this file, because they open nothing but data that is generated on this machine.
"""

from typing import Final

from ops.sandbox.ehub.models import PointRange
from ops.sandbox.ehub.participants import SeedParticipant

_NUMBERS: Final = 1_000_000_000

PARTICIPANTS: Final = (
    SeedParticipant(participant_id="BANKSIA", username="BANKSIA_API", password="Sandbox-Banksia-1"),  # noqa: S106
    SeedParticipant(
        participant_id="BANKSIA2",
        mode="basic-with-key",
        username="BANKSIA2_API",
        password="Sandbox-Banksia-2",  # noqa: S106
        subscription_key="3c1f4f5c2f0a4c5e9d60b3a7f1e2d4c8",
    ),
    SeedParticipant(participant_id="AURORA", mode="bearer", username="aurora-client", password="Sandbox-Aurora-1"),  # noqa: S106
)
RANGES: Final = (
    PointRange(participant_id="BANKSIA", first=4 * _NUMBERS, count=_NUMBERS),
    PointRange(participant_id="BANKSIA2", first=7 * _NUMBERS, count=_NUMBERS),
    PointRange(participant_id="AURORA", first=6 * _NUMBERS, count=_NUMBERS),
)
"""Every numeric NMI that begins with 4, 7 or 6. Other NMIs are of no participant."""
