"""A member of a retailer's staff."""

from datetime import datetime
from uuid import UUID

import msgspec


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in to a staff surface, with the roles that their provider last gave them."""

    id: UUID
    issuer: str
    """The OpenID provider that knows the person."""
    subject: str
    """What the provider calls the person: stable, and never given to another."""
    name: str
    email: str | None
    roles: tuple[str, ...]
    created_at: datetime
    seen_at: datetime
    """When the person last signed in."""
    disabled_at: datetime | None
