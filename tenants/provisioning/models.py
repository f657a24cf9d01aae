"""Requests to the provisioner, and the lease with which a provisioner works on one."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

ProvisionRequestKind = Literal["create", "migrate", "change", "remove"]
EVERY_TENANT: Final = "*"
"""The subject of a request that concerns every tenant. It is not a valid slug."""


class NewProvisionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A new request. `arguments` depend on the kind. They contain no secret, because the row is never deleted."""

    kind: ProvisionRequestKind
    subject: str
    """The tenant's slug, or EVERY_TENANT."""
    arguments: dict[str, Any] = {}
    asked_by: str
    approved_by: str | None = None
    """The operator who approved the request; None while it waits for the approval of another operator."""


class ProvisionRequest(NewProvisionRequest, frozen=True, kw_only=True):
    """A stored request."""

    id: UUID
    asked_at: datetime
    leased_until: datetime | None
    progress: str | None
    """The last step that was completed."""
    done_at: datetime | None
    """When the request was completed or failed; None while it is open."""
    error: str | None
    """Why the request failed; None if it was completed or is open."""


class Lease(msgspec.Struct, frozen=True):
    """The right of one provisioner to work on a request until `request.leased_until`."""

    id: UUID
    request: ProvisionRequest
