"""The base classes of all errors that the platform raises on purpose.

These errors contain no HTTP. `apps.http.errors` turns them into a page, an OAuth error or a CDS error payload.
"""


class HaasError(Exception):
    """A request was refused, or an operation could not be done, for a known reason.

    `str(error)` is for operators. It may contain internal details and is never sent to a client.
    """


class Unavailable(HaasError):
    """Something that the request needs is not available now. The same request may succeed later."""


class TimedOut(Unavailable):
    """Another party did not answer in time. The same request may succeed if it is repeated."""


class Busy(Unavailable):
    """Another party does not accept more requests at present."""

    def __init__(self, message: str, *, seconds_to_retry: int) -> None:
        """`seconds_to_retry` is the time after which the same request may succeed."""
        super().__init__(message)
        self.seconds_to_retry = seconds_to_retry
