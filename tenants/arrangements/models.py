"""Arrangements, their versions (authorisations), and the accounts that each version covers."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from tenants.accounts.models import ApprovalState
from tenants.parties.acted_by import ActedBy

EndedBy = Literal["consumer", "recipient", "retailer", "register", "expiry", "replay", "ineligible", "harm"]
ArrangementState = Literal["pending", "active", "expired", "ended"]


def parse_arrangement_id(text: str) -> UUID | None:
    """Return the UUID of a `cdr_arrangement_id`, or None if this server cannot have issued the id.

    This server issues UUIDs in lower case with hyphens. Ids are case-sensitive, so other notations of a UUID (upper
    case, braces, without hyphens) are not accepted.
    """
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """The client that receives the data, with the names that are shown to a person (CDS, SSA)."""

    client_id: str
    software_id: str
    client_name: str
    org_name: str
    legal_entity_name: str | None
    recipient_id: str
    logo_uri: str | None
    policy_uri: str | None
    """The address of its CDR policy."""


class AuthorisedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that an authorisation covers, with the combined approval of all of its holders."""

    id: UUID
    approval: ApprovalState
    approve_by: datetime | None = None
    """Until when the other holders can approve; None unless the account waits for that."""

    def approval_at(self, now: datetime) -> ApprovalState:
        """Return the approval. One that did not come in time has lapsed, and is marked so a little later."""
        is_late = self.approval == "pending" and self.approve_by is not None and self.approve_by <= now
        return "lapsed" if is_late else self.approval


class AccountApproval(msgspec.Struct, frozen=True, kw_only=True):
    """The approval that another holder of an authorised account gave or must give (CDR Rules 4A.10 and 4A.13)."""

    authorisation_id: UUID
    account_id: UUID
    customer_id: UUID
    """The customer that is the other holder."""
    state: ApprovalState
    due_at: datetime | None = None
    """The time limit for the answer."""
    at: datetime
    """When the approval changed to this state."""
    login_id: UUID | None = None
    """The login that answered; None if nobody has answered."""


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an arrangement: the first consent or an amendment of it."""

    id: UUID
    version: int
    scopes: tuple[str, ...]
    claims: dict[str, Any]
    sharing_duration: int
    """Seconds; 0 for a once-off authorisation, which has no refresh token."""
    acr: str
    authenticated_at: datetime
    authorised_at: datetime
    active_at: datetime | None
    expires_at: datetime
    shown: dict[str, Any] | None = None
    """The content of the review page that the person authorised; None where it was not stored."""
    accounts: tuple[AuthorisedAccount, ...] = ()
    by: ActedBy | None = None
    """Who has authorised; None where it was not stored."""


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's consent to share data with a recipient, and the authorisation that is in force."""

    id: UUID
    """The `cdr_arrangement_id`."""
    customer_id: UUID
    login_id: UUID
    """The login that has given the authorisation in force."""
    recipient: Recipient
    created_at: datetime
    active_at: datetime | None
    """When the first code was exchanged. No data is shared before."""
    ended_at: datetime | None
    ended_by: EndedBy | None
    end_reason: str | None
    withdrawn_by: ActedBy | None
    """Who withdrew it on the dashboard; None if it ended in another way, or if that was not stored."""
    authorisation: Authorisation
    """The authorisation in force."""
    versions: tuple[Authorisation, ...] = ()
    """Every authorisation that is or was in force, oldest first."""

    def state(self, now: datetime) -> ArrangementState:
        """Return the state of the arrangement at `now`. Data may be disclosed only if it is active."""
        if self.ended_at is not None:
            return "expired" if self.ended_by == "expiry" else "ended"
        if self.active_at is None:
            return "pending"
        return "active" if now < self.authorisation.expires_at else "expired"


class NewAuthorisation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has authorised. It takes effect when its code is exchanged."""

    login_id: UUID
    """The login of this person."""
    scopes: tuple[str, ...]
    claims: dict[str, Any]
    sharing_duration: int
    acr: str
    authenticated_at: datetime
    expires_at: datetime
    accounts: tuple[UUID, ...]
    shown: dict[str, Any] | None = None
    """The content of the review page."""
