"""The throttle of each participant."""

from ops.sandbox.ehub.limits import Throttle
from ops.sandbox.ehub.models import HubSettings


def test_a_bucket_fills_at_its_rate_up_to_the_burst() -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    settings = HubSettings(calls_per_second=2, burst=3)

    def taken(calls: int) -> int:
        return sum(throttle.take("A", settings) for _ in range(calls))

    assert taken(5) == 3
    now = 1.0
    assert taken(5) == 2
    now = 100.0
    assert taken(5) == 3
    assert throttle.take("B", settings)
    throttle.reset()
    assert taken(5) == 3
