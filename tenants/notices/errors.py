"""Why a notice was not delivered."""

from haas.errors import HaasError


class NotDelivered(HaasError):
    """The receiver did not accept the notice. The message is stored and must contain no personal data or secret."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        """Store the reason. `permanent` is true where another try cannot succeed."""
        super().__init__(reason)
        self.permanent = permanent
