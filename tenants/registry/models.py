"""A tenant as the rest of the platform sees it."""

from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from haas.database import Namespace
from haas.settings import MAIN_NODE
from tenants.registry.names import Hosts

TenantState = Literal["preparing", "active", "suspended", "leaving"]
NodeState = Literal["active", "draining"]
Surface = Literal["public", "secure", "admin", "management"]
HttpsUrl = Annotated[str, Meta(pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?\Z", description="an https address")]

# Files of the system's time zone folder that are no zone of the IANA database.
_NO_ZONES = frozenset({"Factory", "localtime"})


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONES


class RegisterEnvironment(msgspec.Struct, frozen=True):
    """The CDR Register that a tenant belongs to: the real one, the conformance test suite's, or the sandbox's."""

    id: str
    public_base_uri: str
    secure_base_uri: str
    jwks_uri: str


class App(msgspec.Struct, frozen=True, kw_only=True):
    """The retailer's app (CDS, Redirect to App): its back end claims a consent flow for a person it authenticated."""

    issuer: str
    """The `iss` of the JWTs in which the back end says whom it has authenticated, and how."""
    jwks_uri: HttpsUrl
    """Where the keys are published that those JWTs are verified with."""


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant has chosen. Credentials never stand here: every process keeps the registry in memory.

    Raises ValueError when it is made with something that is no setting. Fields of a newer release are passed over when
    it is read, so that two releases can run side by side.
    """

    time_zone: str = "Australia/Sydney"
    """IANA name. People are told times in it, and the days of the metrics begin in it (CDS, Get Metrics)."""
    customer_source: Literal["store", "upstream"] = "store"
    """Whether customers and accounts are read from the tenant's schema or from the retailer's own server."""
    market_source: Literal["store", "aemo"] = "store"
    """Whether service points, usage and DER are read from the tenant's schema or from AEMO."""
    app: App | None = None
    # Switches, all of them off unless the retailer asks for it.
    serves_retired_versions: bool = False
    """Whether versions of an operation are answered after the day from which they need not be."""
    offers_co_approval: bool = False
    """Whether the holders of a joint account may choose that each of them approves (CDR Rules 4A.5)."""
    offers_secondary_user_blocks: bool = False
    """Whether an account holder may end what one secondary user shares with one recipient."""
    serves_management_api: bool = False

    def __post_init__(self) -> None:
        """Refuse a time zone that the IANA database does not have."""
        if self.time_zone not in _time_zones():
            raise ValueError(f"{self.time_zone!r} is not an IANA time zone")


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One data holder brand: one issuer, one schema and role, one key set, one theme."""

    id: UUID
    slug: str
    name: str
    state: TenantState
    retailer: str
    """The legal entity that owns the brand."""
    namespace: Namespace
    theme: dict[str, Any]
    """The brand's theme tokens as stored; `themes` gives them their type."""
    settings: TenantSettings
    register_brand_id: str
    register_environment: RegisterEnvironment
    hosts: Hosts
    issuer: str
    """The public host's origin: also the InfoSecBaseUri and PublicBaseUri that the Register publishes."""
    secure_base: str
    """The secure host's origin: also the ResourceBaseUri and AdminBaseUri that the Register publishes."""
    admin_base: str
    """The admin host's origin."""
    management_base: str
    """The management host's origin."""

    def surfaces(self) -> tuple[tuple[Surface, str], ...]:
        """Return each surface with its host name."""
        return (
            ("public", self.hosts.public),
            ("secure", self.hosts.secure),
            ("admin", self.hosts.admin),
            ("management", self.hosts.management),
        )

    @property
    def complete(self) -> bool:
        """Whether the tenant is there as a whole: not while its schema is being made or deleted on another node."""
        return self.state in ("active", "suspended")

    @property
    def suspended(self) -> bool:
        """Whether the tenant answers 503 except where a person or recipient can end sharing."""
        return self.state == "suspended"

    @property
    def time_zone(self) -> ZoneInfo:
        """The time zone of the tenant's pages and metrics."""
        return ZoneInfo(self.settings.time_zone)


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known to create a tenant."""

    slug: str
    name: str
    retailer: str
    register_environment_id: str
    register_brand_id: str
    theme: dict[str, Any] = {}
    settings: TenantSettings = TenantSettings()
    node: str = MAIN_NODE
    """The database node that is to hold the tenant's schema."""
    hosts: Hosts | None = None
    """Custom hosts; without them the hosts are made from the slug and the deployment's domain."""
