"""Errors of the consent flow."""

from typing import Literal

from haas.errors import HaasError

FlowStep = Literal["identify", "verify", "customer", "accounts", "review"]
RequiredChoice = Literal["identifier", "customer", "accounts"]


class FlowNotFound(HaasError):
    """There is no such flow, or it belongs to another browser."""


class FlowClosed(HaasError):
    """The flow has ended: the person authorised or cancelled, it was rejected, or it took too long."""


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
    """The review page would now show something else than what the person was shown. Nothing was authorised."""
