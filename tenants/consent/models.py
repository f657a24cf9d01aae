"""The data that an app needs to show the steps of the consent flow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from tenants.accounts.models import HeldAccount
from tenants.arrangements.models import Arrangement
from tenants.attempts.models import Attempt
from tenants.clients.models import Client
from tenants.consent.errors import FlowEnd, FlowStep
from tenants.data_language import Cluster
from tenants.oauth.errors import AccessDenied, OAuthError
from tenants.parties.models import Customer, Person
from tenants.tokens.lifetimes import AUTHORIZATION_CODE_LIFETIME


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of a flow: the attempt, its client, and the customers for whom the person may act."""

    attempt: Attempt
    client: Client
    person: Person | None = None
    """The directory's answer for the person who has authenticated, or who answers a code now."""
    browser_hash: bytes
    """SHA-256 of the secret in the flow cookie of the browser that sent this request."""
    customers: tuple[Customer, ...] = ()
    """The customers for whom the person may share. Empty until the person has authenticated."""
    amended_arrangement: Arrangement | None = None
    """The arrangement that the request amends. None if there is none, or before the person has authenticated."""
    authorised_arrangement: Arrangement | None = None
    """The arrangement that the person has authorised with this flow. None before the authorisation."""

    @property
    def customer(self) -> Customer | None:
        """The customer whose data is shared; None before one is chosen."""
        return next((each for each in self.customers if each.id == self.attempt.customer_id), None)

    def end(self, now: datetime) -> FlowEnd:
        """Return how a flow has ended that cannot be continued any more; see FlowClosed."""
        attempt = self.attempt
        match attempt.stage:
            case "preTokenExchange" if now - attempt.stage_at < AUTHORIZATION_CODE_LIFETIME:
                return "awaited"
            case "preTokenExchange" | "failedTokenExchange":
                return "unfinished"
            case "completed":
                arrangement = self.authorised_arrangement
                return "sharing" if arrangement is not None and arrangement.state(now) == "active" else "stopped"
            case "rejected" if attempt.error == AccessDenied.error:
                return "cancelled"
        return "expired" if attempt.in_flow else "over"

    @property
    def not_permitted(self) -> list[str]:
        """The names of the customers whom the person represents, and for whom they may not share.

        For an amendment, only the customer of the arrangement.
        """
        amended = self.amended_arrangement
        represented = () if self.person is None or self.attempt.login_id is None else self.person.customers
        return [
            each.name
            for each in represented
            if not each.may_share and (amended is None or each.id == amended.customer_id)
        ]

    @property
    def customer_name_to_show(self) -> str | None:
        """The customer's name, or None where the pages need not show it.

        They need not show it if the customer is the person who signed in, and the person acts for no other customer.
        """
        customer = self.customer
        if customer is None or (customer.is_self and len(self.customers) == 1):
            return None
        return customer.name


class FlowResult(msgspec.Struct, frozen=True):
    """The result of a flow that has ended: a code or an error.

    The caller sends it to the client, with `AuthorisationResponder.build`, after the transaction is committed.
    """

    flow: Flow
    code_or_error: str | OAuthError


AmendmentMark = Literal["new", "kept", "removed"]
"""What an amendment does: something is shared that was not shared before, it still is, or it is not any more."""
DataPart = Literal["customer", "accounts", "electricity"]
StepOutcome = FlowStep | FlowResult
"""The outcome of a step: the next step, or the result of the flow."""


class ReviewedCluster(msgspec.Struct, frozen=True):
    """A data cluster, and what an amendment does with it."""

    cluster: Cluster
    change: AmendmentMark | None = None
    """None if the request amends nothing."""


class ReviewedAccount(msgspec.Struct, frozen=True):
    """An account, and what an amendment does with it."""

    account: HeldAccount
    change: AmendmentMark | None = None
    """None if the request amends nothing."""


class ReviewPart(msgspec.Struct, frozen=True):
    """A part of the data: about the customer, about the accounts, or about the electricity that they get."""

    kind: DataPart
    clusters: Sequence[ReviewedCluster]

    @property
    def is_shared(self) -> bool:
        """Whether data of this part is shared from now on."""
        return any(each.change != "removed" for each in self.clusters)


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the review page: what the person is asked to authorise."""

    accounts: Sequence[HeldAccount]
    """The accounts that are shared from now on."""
    new_accounts: frozenset[UUID] = frozenset()
    """For an amendment: the accounts that were not shared before."""
    removed_accounts: Sequence[HeldAccount] = ()
    """For an amendment: the accounts that were shared before and will no longer be shared, if they are still held."""
    parts: Sequence[ReviewPart]
    """The data clusters of each part that is or was shared. Removed clusters are after the others of their part."""
    sharing_duration: int
    ends_at: datetime
    approve_by: datetime
    """Until when the other holders of accounts can approve, where that is needed."""
    previous_duration: int | None
    previous_ends_at: datetime | None
    """For an amendment: the sharing duration (seconds) and the end of sharing of the current authorisation."""
    history_from: datetime | None
    """The earliest moment from which historical data is shared. None if the data has no history."""
    includes_person_claims: bool
    """Whether claims about the person who signed in are shared together with the data of the customer (K-21)."""

    @property
    def amends(self) -> bool:
        """Whether the request amends an arrangement."""
        return self.previous_duration is not None

    @property
    def reviewed_accounts(self) -> list[ReviewedAccount]:
        """The accounts with their marks. Removed accounts are last."""
        shared = [ReviewedAccount(each, self._mark(each)) for each in self.accounts]
        return shared + [ReviewedAccount(each, "removed") for each in self.removed_accounts]

    def _mark(self, account: HeldAccount) -> AmendmentMark | None:
        if not self.amends:
            return None
        return "new" if account.id in self.new_accounts else "kept"


class ReviewPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a review page says besides the review: it comes from the brand and from the Register."""

    holder: str
    """The name of the brand that shares the data."""
    accreditation_number: str | None
    """The accreditation number of the recipient. None if the Register has not published it yet."""
    dashboard_host: str
    """The host, with its port, of the dashboard on which the person can stop sharing."""
    contacts: Sequence[str]
    """Telephone numbers and mail addresses at which the person can stop sharing (CDR Rules 4.25)."""
    zone: ZoneInfo
    """The time zone of the page's dates."""
