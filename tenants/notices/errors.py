"""Why a notice was not delivered, or cannot be handled by the staff."""

from haas.errors import HaasError


class NoDeadLetter(HaasError):
    """A notice was not given up, or somebody has already handled it."""


class NotDelivered(HaasError):
    """The receiver did not accept the notice. The message is stored and must contain no personal data or secret."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        """Store the reason. `permanent` is true where another try cannot succeed."""
        super().__init__(reason)
        self.permanent = permanent


class UnsignedReport(HaasError):
    """A report about a text message is not signed with the key that the brand shares with its gateway."""


class UnknownMessage(HaasError):
    """There is no text message with the reference of a report."""


class LeftToStaff(NotDelivered):
    """The notice is for a person of the staff, who sends it. That is no failure."""

    def __init__(self, reason: str) -> None:
        """Store what is to be done."""
        super().__init__(reason, permanent=True)
