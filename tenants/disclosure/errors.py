"""Why data is not disclosed."""

from haas.errors import HaasError


class AccessRefused(HaasError):
    """The request may not have what it asks for."""


class NoToken(AccessRefused):
    """The request carries no bearer token, or not in the Authorization header."""


class InvalidToken(AccessRefused):
    """The token is unknown, expired or revoked, or was issued under another certificate."""


class InsufficientScope(AccessRefused):
    """The token does not have the scope that the operation needs."""

    def __init__(self, scope: str) -> None:
        """Name the scope that is wanted."""
        super().__init__(f"the token does not have the scope {scope}")
        self.scope = scope


class RecipientNotActive(AccessRefused):
    """The recipient or its software product is not active in the CDR Register."""

    def __init__(self, status: str) -> None:
        """Tell the current status."""
        super().__init__(f"the recipient's status is {status}")
        self.status = status


class ConsentRevoked(AccessRefused):
    """The arrangement has ended: withdrawn or expired."""


class ConsentInvalid(AccessRefused):
    """The token speaks for no consumer, or for a consent that is not in force yet."""


class AccountNotShared(AccessRefused):
    """There is no such account in the arrangement: the id is made up, foreign, or of an account that was not chosen."""


class AccountWithheld(AccessRefused):
    """The account is in the arrangement and is not disclosed at present."""
