"""The throttle of each participant (C-A14): a bucket of calls that fills at a constant rate."""

import time
from collections.abc import Callable

from ops.sandbox.ehub.models import HubSettings


class Throttle:
    """One bucket for each participant. It uses the time of the machine, which does not jump."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic` returns seconds."""
        self._now = monotonic
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, participant_id: str, settings: HubSettings) -> bool:
        """Take a call from the bucket of a participant. Return whether there was one."""
        now = self._now()
        level, filled_at = self._buckets.get(participant_id, (float(settings.burst), now))
        level = min(float(settings.burst), level + (now - filled_at) * settings.calls_per_second)
        allowed = level >= 1
        self._buckets[participant_id] = (level - 1 if allowed else level, now)
        return allowed

    def reset(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()
