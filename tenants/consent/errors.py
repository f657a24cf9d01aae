"""Errors of the consent flow."""

from typing import Literal

from haas.errors import HaasError, Unavailable

FlowStep = Literal["identify", "verify", "customer", "accounts", "review"]
FlowEnd = Literal["awaited", "unfinished", "sharing", "stopped", "cancelled", "expired", "over"]
RequiredChoice = Literal["identifier", "customer", "accounts"]


class FlowNotFound(HaasError):
    """There is no such flow, or it belongs to another browser."""


class PersonChanged(Unavailable):
    """A person has authenticated in the flow since the directory was asked. The same request may succeed now."""


class FlowClosed(HaasError):
    """The flow has ended. `end` tells how it ended, and whether data is shared.

    - awaited: the person authorised, and the client has not exchanged the code yet.
    - unfinished: the person authorised, and the client did not exchange the code in time.
    - sharing: the person authorised, and the arrangement is in force.
    - stopped: the person authorised, but the arrangement is no longer in force.
    - cancelled: the person cancelled, or went back because there was nothing to share.
    - expired: the flow took too long.
    - over: the request was rejected, or the client was removed.
    """

    def __init__(self, end: FlowEnd, reason: str) -> None:
        """Store how the flow has ended. `reason` is for the log."""
        super().__init__(reason)
        self.end: FlowEnd = end


class StepNotCurrent(HaasError):
    """The requested step is not the current step."""

    def __init__(self, step: FlowStep) -> None:
        """Store the current step."""
        super().__init__(f"the current step is {step}")
        self.step = step


class ChoiceMissing(HaasError):
    """No valid choice was given. The flow was not changed."""

    def __init__(self, what: RequiredChoice) -> None:
        """Store the name of the missing choice."""
        super().__init__(f"{what} is missing")
        self.what = what


class ReviewChanged(HaasError):
    """The content of the review page has changed since the person saw it. Nothing was authorised."""


class ResponseImpossible(HaasError):
    """The client is registered for encrypted responses, and its JWKS contains no encryption key now."""
