"""Why an access token gives nothing, although it is valid by itself.

What is wrong with the token itself is `InvalidToken` or `InsufficientScope` of `tenants.oauth.errors` (RFC 6750 3.1).
"""

from haas.errors import HaasError


class AccessRefused(HaasError):
    """The access token is valid, and yet nothing is disclosed for it."""


class RecipientNotActive(AccessRefused):
    """The data recipient or its software product is not active in the CDR Register."""

    def __init__(self, status: str) -> None:
        """Keep the status that stands against disclosure, for example SUSPENDED."""
        super().__init__(f"the recipient's status is {status}")
        self.status = status


class ConsentRevoked(AccessRefused):
    """The arrangement has ended."""


class ConsentExpired(ConsentRevoked):
    """The sharing duration of the arrangement is over. The standards have one error for this and the withdrawal."""


class ConsentInvalid(AccessRefused):
    """The token was not issued for a consumer, or the consent for it is not active yet."""
