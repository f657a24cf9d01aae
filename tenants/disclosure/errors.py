"""Why an account's data is not disclosed although the access token is good."""

from haas.errors import HaasError


class AccountRefused(HaasError):
    """Nothing is disclosed of the account that the request names."""

    def __init__(self, identifier: str, reason: str) -> None:
        """Keep the id as the request gave it; the reason is for the log."""
        super().__init__(f"account {identifier}: {reason}")
        self.identifier = identifier


class AccountNotShared(AccountRefused):
    """The arrangement has no such account: the id is made up, another recipient's, or of an account not chosen."""


class AccountWithheld(AccountRefused):
    """The account is in the arrangement, and is not disclosed at present."""
