"""A tenant as the rest of the platform sees it."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from haas.database import Namespace
from haas.settings import MAIN_NODE
from tenants.registry.names import Hosts

State = Literal["preparing", "active", "suspended", "leaving"]
NodeState = Literal["active", "draining"]
Surface = Literal["public", "secure", "admin"]


class RegisterEnvironment(msgspec.Struct, frozen=True):
    """The CDR Register that a tenant belongs to: the real one, the conformance test suite's, or the sandbox's."""

    id: str
    public_base_uri: str
    secure_base_uri: str
    jwks_uri: str


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One data holder brand: one issuer, one schema and role, one key set, one theme."""

    id: UUID
    slug: str
    name: str
    state: State
    retailer: str
    """The legal entity that owns the brand."""
    namespace: Namespace
    theme: dict[str, Any]
    """The brand's theme tokens as stored; `themes` gives them their type."""
    register_brand_id: str
    register_environment: RegisterEnvironment
    hosts: Hosts
    issuer: str
    """The public host's origin: also the InfoSecBaseUri and PublicBaseUri that the Register publishes."""
    secure_base: str
    """The secure host's origin: also the ResourceBaseUri and AdminBaseUri that the Register publishes."""
    admin_base: str
    """The admin host's origin."""

    def surfaces(self) -> tuple[tuple[Surface, str], ...]:
        """Return each surface with its host name."""
        return (("public", self.hosts.public), ("secure", self.hosts.secure), ("admin", self.hosts.admin))

    @property
    def complete(self) -> bool:
        """Whether the tenant is there as a whole: not while its schema is being made or deleted on another node."""
        return self.state in ("active", "suspended")

    @property
    def suspended(self) -> bool:
        """Whether the tenant answers 503 except where a person or recipient can end sharing."""
        return self.state == "suspended"


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known to create a tenant."""

    slug: str
    name: str
    retailer: str
    register_environment_id: str
    register_brand_id: str
    theme: dict[str, Any] = {}
    node: str = MAIN_NODE
    """The database node that is to hold the tenant's schema."""
    hosts: Hosts | None = None
    """Custom hosts; without them the hosts are made from the slug and the deployment's domain."""
