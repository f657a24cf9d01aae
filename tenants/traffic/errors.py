"""A call that exceeds a traffic threshold."""

from haas.errors import HaasError


class ThresholdExceeded(HaasError):
    """The call would exceed a traffic threshold, and may be repeated later (CDS, Traffic Thresholds)."""

    def __init__(self, threshold: str, retry_after: int) -> None:
        """Take a description of the threshold, such as "10 calls per customer in a second", and whole seconds."""
        super().__init__(f"more than {threshold}")
        self.threshold = threshold
        self.retry_after = retry_after
