"""An account as its customer sees it, and whether its data can be shared."""

from datetime import date
from typing import Final, Literal
from uuid import UUID

import msgspec

Unavailability = Literal["sharing-off", "secondary-user", "no-open-account"]

_SHOWN_DIGITS: Final = 4


class HeldAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a customer, and whether data about it may be shared."""

    id: UUID
    name: str
    number: str | None
    """Enough of the account's number, or the day it was opened on, to tell it from another."""
    joint: bool
    closed: bool
    unavailable: Unavailability | None
    """Why nothing can be shared from it, None where it can (CDS, Unavailable Accounts)."""


def account_name(display_name: str | None) -> str:
    """Return what an account is called where its customer has given it no name."""
    return display_name or "Energy account"


def account_hint(account_number: str | None, opened_on: date | None = None) -> str | None:
    """Return "ending in 4401": a whole account number has no business on a screen.

    Of an account without a number, "opened 3 March 2019": whoever has several must be able to tell them apart.
    """
    if account_number:
        return f"ending in {account_number[-_SHOWN_DIGITS:]}"
    return None if opened_on is None else f"opened {opened_on.day} {opened_on:%B %Y}"


class StoredAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's holding of an account, as it is kept."""

    id: UUID
    display_name: str | None
    account_number: str | None
    open_status: Literal["OPEN", "CLOSED"]
    creation_date: date | None
    disclosure_option: Literal["pre-approval", "no-disclosure"]
    role: Literal["holder", "joint-holder", "secondary-user"]
