"""Reasons for which an account's data is not disclosed although the access token is valid."""

from haas.errors import HaasError


class AccountRefused(HaasError):
    """No data is disclosed about the account that the request names."""

    def __init__(self, identifier: str, reason: str) -> None:
        """Take the id from the request, and the reason, which only the log shows."""
        super().__init__(f"account {identifier}: {reason}")
        self.identifier = identifier


class AccountNotShared(AccountRefused):
    """The arrangement has no such account: the id is invalid, made for another recipient, or was not chosen."""


class AccountWithheld(AccountRefused):
    """The arrangement contains the account, but its data is not disclosed at present."""
