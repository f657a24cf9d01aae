"""Errors of the sources of data."""

from collections.abc import Mapping
from uuid import UUID

from haas.errors import HaasError
from tenants.accounts.models import RefusalReason


class OwnersRefused(HaasError):
    """The retailer refuses to disclose some of the owners that the body of a request names.

    `refusals` are their internal ids with the reasons; None is a reason that is not known.
    """

    def __init__(self, message: str, refusals: Mapping[UUID, RefusalReason | None]) -> None:
        """Take a message for the log."""
        super().__init__(message)
        self.refusals = refusals


class ItemsWithheld(HaasError):
    """The source has the only owner that was asked for, but does not give its items now, or has it no longer.

    `refusal` is the reason if the retailer refuses to disclose them (CDR Rules 4.7(1)). `of_customer` says that this is
    so for the customer, and not for one account.
    """

    def __init__(self, message: str, refusal: RefusalReason | None = None, *, of_customer: bool = False) -> None:
        """Take a message for the log."""
        super().__init__(message)
        self.refusal = refusal
        self.of_customer = of_customer
