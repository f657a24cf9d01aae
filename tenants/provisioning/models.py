"""Requests to the provisioner, and the lease with which a provisioner works on one."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.models import NodeState, RegisterEnvironment

ProvisionRequestKind = Literal["create", "migrate", "change", "remove"]
EVERY_TENANT: Final = "*"
"""The subject of a request that concerns every tenant. It is not a valid slug."""
STATUS: Final = "*status"
"""The subject of a request of the kind `migrate` that changes nothing: it only reports the revisions of all schemas."""
REQUEST_CHANNEL: Final = "haas_provision"
"""The channel of PostgreSQL (NOTIFY) on which the provisioners are told about a new request."""


class Suspend(msgspec.Struct, frozen=True, tag="suspend", tag_field="change"):
    """Suspend the tenant."""


class Resume(msgspec.Struct, frozen=True, tag="resume", tag_field="change"):
    """End the suspension of the tenant."""


class RotateKeys(msgspec.Struct, frozen=True, tag="rotate-keys", tag_field="change"):
    """Rotate the signing keys of the tenant. `compromised`: stop publishing the current keys at once."""

    compromised: bool = False


class SetNodeState(msgspec.Struct, frozen=True, tag="set-node-state", tag_field="change"):
    """Allow new tenants on a database node, or not. The subject is `node:<id>`."""

    node: str
    state: NodeState


class PutRegisterEnvironment(msgspec.Struct, frozen=True, tag="put-register-environment", tag_field="change"):
    """Add a register environment, or replace its addresses. The subject is `register-environment:<id>`."""

    environment: RegisterEnvironment


class SaveTheme(msgspec.Struct, frozen=True, kw_only=True, tag="save-theme", tag_field="change"):
    """Save a theme of the tenant as a draft."""

    theme: dict[str, Any]
    """All theme tokens, with cleaned logos. Contacts that they do not contain are those of the tenant."""
    files: dict[str, bytes] = {}
    """The contents of new files, by the token that names each (THEME_FILES). The theme has no such token then."""
    note: str | None = None


class PublishTheme(msgspec.Struct, frozen=True, tag="publish-theme", tag_field="change"):
    """Publish a version of the tenant's theme, which can be an earlier one."""

    number: int


DeploymentChange = (
    Suspend | Resume | TenantChange | RotateKeys | SetNodeState | PutRegisterEnvironment | SaveTheme | PublishTheme
)
"""The arguments of a request of the kind `change`. None of them has a secret, because the row is never deleted."""


class NewProvisionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A new request. `arguments` depend on the kind. They contain no secret, because the row is never deleted."""

    kind: ProvisionRequestKind
    subject: str
    """The tenant's slug, EVERY_TENANT, STATUS, or the subject that the docstring of the change gives."""
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
    """The newest message about the work. After completion, a summary of what was done. None: no work has begun."""
    done_at: datetime | None
    """When the request was completed or failed; None while it is open."""
    error: str | None
    """Why the request failed; None if it was completed or is open."""


class Lease(msgspec.Struct, frozen=True):
    """The right of one provisioner to work on a request until `request.leased_until`."""

    id: UUID
    request: ProvisionRequest
