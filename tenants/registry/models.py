"""A tenant, its settings and its register environment, as the registry returns them."""

from functools import cache
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from haas.database import Namespace
from haas.settings import MAIN_NODE, Host
from tenants.registry.names import Hosts
from tenants.registry.surfaces import Surface, TenantSurface

TenantState = Literal["preparing", "active", "suspended", "leaving"]
NodeState = Literal["active", "draining"]
HttpsUrl = Annotated[str, Meta(pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?\Z", description="an https address")]

# Names in the time zone folder of the system that are not time zones of the IANA database.
_NOT_TIME_ZONES = frozenset({"Factory", "localtime"})


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_TIME_ZONES


class RegisterEnvironment(msgspec.Struct, frozen=True):
    """The CDR Register that a tenant belongs to: production, conformance test suite or sandbox."""

    id: str
    public_base_uri: str
    secure_base_uri: str
    jwks_uri: str


class App(msgspec.Struct, frozen=True, kw_only=True):
    """The retailer's app (CDS, Redirect to App). Its back end continues a consent flow for an authenticated person."""

    issuer: str
    """The `iss` of the JWTs in which the back end states whom it has authenticated and how."""
    jwks_uri: HttpsUrl
    """The URL of the JWKS with which those JWTs are verified."""


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a tenant. They contain no credentials, because every process keeps the registry in memory.

    The constructor raises ValueError when a value is invalid. Fields that this release does not know are ignored when a
    row is read, so that two releases can run at the same time.
    """

    time_zone: str = "Australia/Sydney"
    """IANA name. Pages and messages show times in it, and the days of the metrics begin in it (CDS, Get Metrics)."""
    customer_source: Literal["store", "upstream"] = "store"
    """Customers and accounts are read from the tenant's schema (store) or from the retailer's own server (upstream)."""
    market_source: Literal["store", "aemo"] = "store"
    """Service points, usage and DER are read from the tenant's schema (store) or from AEMO."""
    private_hosts: frozenset[Host] = frozenset()
    """Hosts of the sources that may have an address in a private network, such as MarketNet or a VPN of the retailer.
    Only the provider's staff may enter them: with them, this deployment sends requests into that network."""
    app: App | None = None
    # Optional features. Each is off unless the retailer asks for it.
    serves_retired_versions: bool = False
    """Whether a version of an operation is still served after its retirement date."""
    offers_co_approval: bool = False
    """Whether joint account holders may choose that every holder must approve a disclosure (CDR Rules 4A.5)."""
    offers_secondary_user_blocks: bool = False
    """Whether an account holder may stop a secondary user from sharing the account with one recipient."""
    serves_management_api: bool = False
    """Whether the Management API is offered."""

    def __post_init__(self) -> None:
        """Raise ValueError when the IANA database does not have the time zone."""
        if self.time_zone not in _time_zones():
            raise ValueError(f"{self.time_zone!r} is not an IANA time zone")


SWITCHES: Final = tuple(field.name for field in msgspec.structs.fields(TenantSettings) if field.type is bool)
"""The settings that are on or off."""


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
    """The theme tokens of the brand as stored. `themes` converts them to a typed Struct."""
    settings: TenantSettings
    register_brand_id: str
    register_environment: RegisterEnvironment
    hosts: Hosts
    issuer: str
    """The origin of the public host. The Register publishes it as InfoSecBaseUri and PublicBaseUri."""
    secure_base: str
    """The origin of the secure host. The Register publishes it as ResourceBaseUri and AdminBaseUri."""
    admin_base: str
    """The origin of the admin host."""
    management_base: str
    """The origin of the management host."""

    def surfaces(self) -> tuple[tuple[TenantSurface, str], ...]:
        """Return each surface with its host name."""
        return (
            ("public", self.hosts.public),
            ("secure", self.hosts.secure),
            ("admin", self.hosts.admin),
            ("management", self.hosts.management),
        )

    def origin(self, surface: Surface) -> str:
        """Return the origin of the host of one of the tenant's surfaces."""
        origins: dict[Surface, str] = {
            "public": self.issuer,
            "secure": self.secure_base,
            "admin": self.admin_base,
            "management": self.management_base,
        }
        return origins[surface]

    @property
    def complete(self) -> bool:
        """Whether all parts of the tenant exist. False while its schema is created or deleted on another node."""
        return self.state in ("active", "suspended")

    @property
    def suspended(self) -> bool:
        """Whether the tenant answers 503, except at addresses where a person or a recipient can end sharing."""
        return self.state == "suspended"

    @property
    def time_zone(self) -> ZoneInfo:
        """The time zone of the pages and metrics of the tenant."""
        return ZoneInfo(self.settings.time_zone)


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """The values from which a tenant is created."""

    slug: str
    name: str
    retailer: str
    register_environment_id: str
    register_brand_id: str
    theme: dict[str, Any] = {}
    settings: TenantSettings = TenantSettings()
    node: str = MAIN_NODE
    """The database node on which the schema of the tenant is created."""
    hosts: Hosts | None = None
    """Custom hosts. If None, the hosts are made from the slug and the domain of the deployment."""
