"""Why a step of the consent flow was not taken."""

from typing import Literal

from haas.errors import HaasError

FlowStep = Literal["identify", "verify", "customer", "accounts", "review"]
RequiredChoice = Literal["identifier", "customer", "accounts"]


class FlowNotFound(HaasError):
    """There is no such flow, or another browser goes through it."""


class FlowClosed(HaasError):
    """The flow has been answered, has been cancelled, or took too long."""


class StepNotCurrent(HaasError):
    """Another step is the current one. Nothing was changed."""

    def __init__(self, step: FlowStep) -> None:
        """Keep the current step."""
        super().__init__(f"the flow is at {step}")
        self.step = step


class ChoiceMissing(HaasError):
    """Nothing, or nothing that can be chosen, was given; nothing was changed."""

    def __init__(self, what: RequiredChoice) -> None:
        """Keep what is missing."""
        super().__init__(f"{what} missing")
        self.what = what
