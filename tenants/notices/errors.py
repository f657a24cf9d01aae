"""Why a notice was not delivered."""

from haas.errors import HaasError


class NotDelivered(HaasError):
    """The other side did not take the notice. The text is kept with the notice: it names no person and no secret."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        """Give the reason, and whether trying again is `final`ly pointless."""
        super().__init__(reason)
        self.permanent = permanent
