"""An arrangement as the dashboard, the authorisation flow and the token services see it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from tenants.accounts.models import ApprovalState

EndedBy = Literal["consumer", "recipient", "retailer", "register", "expiry", "replay", "ineligible", "harm"]
ArrangementState = Literal["pending", "active", "expired", "ended"]


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Who receives the data, by the names that a person sees (CDS, SSA)."""

    client_id: str
    software_id: str
    client_name: str
    org_name: str
    legal_entity_name: str | None
    recipient_id: str
    logo_uri: str | None


class AuthorisedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that an authorisation covers."""

    id: UUID
    display_name: str | None
    account_number: str | None
    approval: ApprovalState


class AccountApproval(msgspec.Struct, frozen=True, kw_only=True):
    """What another holder of an authorised account says of the authorisation (CDR Rules 4A.10 and 4A.13)."""

    authorisation_id: UUID
    account_id: UUID
    customer_id: UUID
    """The other holder."""
    state: ApprovalState
    due_at: datetime | None = None
    """Until when an answer is awaited."""
    at: datetime
    """When the state was reached."""
    login_id: UUID | None = None
    """Who answered; None where nobody did."""


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an arrangement: the first consent or an amendment of it."""

    id: UUID
    version: int
    scopes: tuple[str, ...]
    claims: dict[str, Any]
    sharing_duration: int
    """Seconds; 0 is once-off, without a refresh token."""
    acr: str
    authenticated_at: datetime
    authorised_at: datetime
    active_at: datetime | None
    expires_at: datetime
    shown: dict[str, Any] | None = None
    """What the review page said; None where that was not kept."""
    accounts: tuple[AuthorisedAccount, ...] = ()


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer agreed to share with a recipient, with the authorisation that is in force."""

    id: UUID
    """The `cdr_arrangement_id`."""
    customer_id: UUID
    login_id: UUID
    recipient: Recipient
    created_at: datetime
    active_at: datetime | None
    """When the first code was exchanged; until then nothing is shared."""
    ended_at: datetime | None
    ended_by: EndedBy | None
    end_reason: str | None
    authorisation: Authorisation
    """The authorisation in force; of a pending arrangement its first."""
    versions: tuple[Authorisation, ...] = ()
    """Every version that was in force, oldest first."""

    def state(self, now: datetime) -> ArrangementState:
        """Tell whether data may be disclosed under this arrangement, and if not, why."""
        if self.ended_at is not None:
            return "expired" if self.ended_by == "expiry" else "ended"
        if self.active_at is None:
            return "pending"
        return "active" if now < self.authorisation.expires_at else "expired"


class NewAuthorisation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has just authorised, before its code is exchanged."""

    scopes: tuple[str, ...]
    claims: dict[str, Any]
    sharing_duration: int
    acr: str
    authenticated_at: datetime
    expires_at: datetime
    accounts: tuple[UUID, ...]
    shown: dict[str, Any] | None = None
    """What the review page said."""
