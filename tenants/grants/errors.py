"""Errors of requests with a valid access token for which no data may be disclosed.

If the token itself is not valid, the errors are `InvalidToken` and `InsufficientScope` of `tenants.oauth.errors` (RFC
6750 3.1).
"""

from haas.errors import HaasError
from tenants.accounts.models import Answer, RefusalReason


class AccessRefused(HaasError):
    """The access token is valid, but no data may be disclosed for it."""


class RecipientNotActive(AccessRefused):
    """The data recipient or its software product is not active in the CDR Register."""

    def __init__(self, status: str) -> None:
        """Store the status that prevents disclosure, for example SUSPENDED."""
        super().__init__(f"the recipient's status is {status}")
        self.status = status


class ConsentRevoked(AccessRefused):
    """The arrangement has ended."""


class ConsentExpired(ConsentRevoked):
    """The authorisation has expired: its sharing duration is over, or the customer is not eligible any more.

    The standards use the error for withdrawn consents.
    """


class ConsentInvalid(AccessRefused):
    """The token was not issued for a consumer, or the arrangement is not active yet."""


class DisclosureRefused(AccessRefused):
    """The data holder refuses to disclose all data of the customer, or all data to the recipient (CDR Rules 4.7)."""

    def __init__(self, reason: RefusalReason, answer: Answer) -> None:
        """Store the reason, which the recipient is not told, and the answer that it gets."""
        super().__init__(f"disclosure is refused: {reason}")
        self.reason = reason
        self.answer = answer
