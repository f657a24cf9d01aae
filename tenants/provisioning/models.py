"""A request to the provisioner, as those who ask and the provisioner see it."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

Kind = Literal["create", "migrate", "change", "remove"]
EVERY_TENANT: Final = "*"
"""The subject of a request that concerns every tenant; no slug looks like it."""


class NewProvisionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `arguments` depend on the kind, and hold no secret: the row is kept."""

    kind: Kind
    subject: str
    """The tenant's slug, or EVERY_TENANT."""
    arguments: dict[str, Any] = {}
    asked_by: str
    approved_by: str | None = None
    """Who has approved; None where somebody else has to do so first."""


class ProvisionRequest(NewProvisionRequest, frozen=True, kw_only=True):
    """A request as it is kept."""

    id: UUID
    asked_at: datetime
    leased_until: datetime | None
    progress: str | None
    """The last step that is done."""
    done_at: datetime | None
    """When it was done or failed; None while it is open."""
    error: str | None
    """Why it failed; None where it was done or is open."""


class Lease(msgspec.Struct, frozen=True):
    """The right of one provisioner to work on a request until a moment."""

    id: UUID
    request: ProvisionRequest
