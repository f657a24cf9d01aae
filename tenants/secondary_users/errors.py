"""Why an account holder cannot do something about a secondary user."""

from haas.errors import HaasError


class NotASecondaryUser(HaasError):
    """The customer is no secondary user of the account today."""


class BlockNotOffered(HaasError):
    """The brand does not offer to stop a secondary user's sharing with one recipient."""


class BlockNotFound(HaasError):
    """There is no such block in force that a holder of the account has set."""
