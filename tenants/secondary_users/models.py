"""What an account holder sees of the secondary users of an account (CDR Rules 1.15(5))."""

from datetime import datetime
from uuid import UUID

import msgspec

from tenants.joint_accounts.models import SharedByOther


class BlockedRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient with which a secondary user cannot share an account."""

    id: UUID
    """Of the block."""
    recipient: str | None
    """The name of the legal entity; None if nothing was shared with it that the holder may see."""
    since: datetime
    is_by_holder: bool
    """Whether a holder has set it, who can end it. Otherwise it is the staff's."""
    sharing_ids: tuple[UUID, ...]
    """The ids of the `SharedByOther` that it stops, of those that the holder sees."""


class SecondaryUser(msgspec.Struct, frozen=True, kw_only=True):
    """A secondary user of one account, as a holder of it sees them."""

    id: UUID
    """Names the user of this account to the holder."""
    customer_id: UUID
    name: str
    """The holder knows who may use the account: it is on the account."""
    account_id: UUID
    account: str
    instructed_at: datetime | None
    """Since when a holder's instruction lets the user share the account; None if there is none."""
    withdrawn_at: datetime | None
    """When an instruction was last withdrawn; None if none ever was."""
    blocked: tuple[BlockedRecipient, ...]
    sharing: tuple[SharedByOther, ...]
    """What the user shares, or has shared, of this account; the newest first."""
