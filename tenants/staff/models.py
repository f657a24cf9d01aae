"""Members of a retailer's staff."""

from datetime import datetime
from uuid import UUID

import msgspec


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in to a staff surface, with the roles from the OpenID provider at the last sign-in."""

    id: UUID
    issuer: str
    """The `iss` of the OpenID provider with which the person signs in."""
    subject: str
    """The `sub` of the person at this OpenID provider. It never changes and is never reused for another person."""
    name: str
    email: str | None
    roles: tuple[str, ...]
    created_at: datetime
    seen_at: datetime
    """The time of the last sign-in."""
    disabled_at: datetime | None
