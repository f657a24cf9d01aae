"""The values of recipients and accounts that several templates show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from tenants.accounts.models import HeldAccount


class RecipientNames(Protocol):
    """The names of a recipient, from its software statement."""

    @property
    def client_name(self) -> str:
        """The name of the software product."""
        ...

    @property
    def org_name(self) -> str:
        """The name of the recipient's brand."""
        ...

    @property
    def legal_entity_name(self) -> str | None:
        """The name of the accredited legal entity, or None if the software statement does not contain it."""
        ...


class RecipientPage(RecipientNames, Protocol):
    """The names of a recipient and its page, from its software statement."""

    @property
    def client_uri(self) -> str:
        """The page of the software product."""
        ...


class RecipientLink(msgspec.Struct, frozen=True):
    """A recipient to which a person can go back."""

    name: str
    href: str | None
    """None: its page is not one that a browser should open."""


class RecipientView(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the recipient and its accreditation number in the Register."""

    client_name: str
    org_name: str
    legal_entity_name: str | None
    accreditation_number: str | None


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one account."""

    id: str
    name: str
    number: str | None
    joint: bool = False
    closed: bool = False
    unavailable: str | None = None
    """The reason why the account's data is not shared, a key of `wording.UNAVAILABLE_REASONS`; None if it is shared."""
    chosen: bool = False
    details: Sequence[str] = ()
    """What else tells the account apart: address, plan, fuel, and the last digits of its number."""
    note: str | None = None
    """What the other holders have to do with the sharing, in a sentence."""
    approve_by: datetime | None = None
    """Until when the other holders can approve; None unless the account waits for that."""
    change: str | None = None
    """What an amendment does with it: "new", "kept" or "removed"; None outside the review of an amendment."""


def recipient_link(recipient: RecipientPage) -> RecipientLink:
    """Return the link to the page of a recipient, which the CDR Register has published in its software statement.

    No other address is used: a redirect URI expects a response, and a request can contain anything (decision 0057).
    """
    address = urlsplit(recipient.client_uri)
    href = recipient.client_uri if address.scheme == "https" and address.hostname else None
    return RecipientLink(recipient.client_name, href)


def recipient_view(recipient: RecipientNames, accreditation_number: str | None = None) -> RecipientView:
    """Return the view of a recipient."""
    return RecipientView(
        client_name=recipient.client_name,
        org_name=recipient.org_name,
        legal_entity_name=recipient.legal_entity_name,
        accreditation_number=accreditation_number,
    )


def account_view(
    account: HeldAccount, *, chosen: bool = False, change: str | None = None, note: str | None = None
) -> AccountView:
    """Return the view of an account."""
    return AccountView(
        id=str(account.id),
        name=account.name,
        number=account.number,
        joint=account.joint,
        closed=account.closed,
        unavailable=account.unavailable,
        chosen=chosen,
        details=[text for text in (account.address, account.plan, account.fuel, account.number) if text],
        change=change,
        note=note,
    )
