"""What a face needs to show a step of the consent flow."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from tenants.accounts.models import HeldAccount
from tenants.arrangements.models import Arrangement
from tenants.attempts.models import Attempt
from tenants.clients.models import Client
from tenants.consent.errors import FlowStep
from tenants.data_language import Cluster
from tenants.oauth.errors import OAuthError
from tenants.parties.directory import Directory
from tenants.parties.models import Customer

FLOW_LIFETIME: Final = timedelta(hours=1)
"""From the pushed request to the authorisation; who takes longer has to start again."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A flow as it stands: the attempt (its row locked), the client, and whom the person acts for."""

    attempt: Attempt
    client: Client
    directory: Directory
    """Where the people of the tenant are found."""
    customers: tuple[Customer, ...] = ()
    """Empty until the person has authenticated."""
    amended_arrangement: Arrangement | None = None
    """The arrangement that the request amends, once the person has authenticated."""

    @property
    def customer(self) -> Customer | None:
        """The customer whose data is to be shared."""
        return next((one for one in self.customers if one.id == self.attempt.customer_id), None)

    @property
    def customer_name_to_show(self) -> str | None:
        """The customer's name where it has to be said: somebody else's data, or one's own among several."""
        customer = self.customer
        if customer is None or (customer.is_self and len(self.customers) == 1):
            return None
        return customer.name


class FlowResult(msgspec.Struct, frozen=True):
    """The flow's end: a code or an error, to be taken to the client with `Responder.build` after the commit."""

    flow: Flow
    code_or_error: str | OAuthError


StepOutcome = FlowStep | FlowResult
"""The step that comes next, or the end."""


class AccountChoice(msgspec.Struct, frozen=True, kw_only=True):
    """An account in the selection."""

    account: HeldAccount
    chosen: bool


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What the person is asked to authorise."""

    accounts: Sequence[HeldAccount]
    clusters: Sequence[Cluster]
    new_clusters: Sequence[Cluster]
    """Of an amendment: what was not shared before."""
    removed_clusters: Sequence[Cluster]
    """Of an amendment: what was shared before and will not be any more."""
    sharing_duration: int
    ends_at: datetime
    previous_duration: int | None
    previous_ends_at: datetime | None
    """Of an amendment: for how long, and until when, data is shared without it."""
    includes_history: bool
    """Whether data of the past is shared."""
    includes_person_claims: bool
    """Whether claims about the person who signs in go with an organisation's data."""

    @property
    def joint(self) -> bool:
        """Whether other account holders may be told."""
        return any(account.joint for account in self.accounts)
