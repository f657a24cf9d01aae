"""A tenant, its settings and its register environment, as the registry returns them."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from haas.database import Namespace
from haas.settings import MAIN_NODE, Host
from tenants.registry.names import Hosts
from tenants.registry.surfaces import Surface, TenantSurface

TenantState = Literal["preparing", "active", "suspended", "leaving"]
CustomerSource = Literal["store", "upstream"]
NodeState = Literal["active", "draining"]
CustomerKey = Literal["customer", "arrangement"]
RegisterAuthentication = Literal["private-key-jwt", "self-signed-jwt"]
MarketRate = Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 to 1000")]
ReceiptDays = Annotated[int, Meta(ge=1, le=90, description="a whole number from 1 to 90")]
VelocityLimit = Annotated[int, Meta(ge=10, le=1000, description="a whole number from 10 to 1000")]
HttpsUrl = Annotated[str, Meta(pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?\Z", description="an https address")]
BaseUri = Annotated[
    str, Meta(pattern=r"^https://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?\Z", description="an https address without a query")
]
LinkPages = Annotated[frozenset[HttpsUrl], Meta(max_length=5, description="at most 5 https addresses")]
DkimSelector = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z", description="a selector of DKIM")
]

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


class UpstreamServer(msgspec.Struct, frozen=True, kw_only=True):
    """The retailer's own server, from which customers and accounts are read (docs/upstream.md). It has no secrets.

    The constructor raises ValueError when the values do not fit together.
    """

    base_uri: HttpsUrl
    """The paths of the contract begin after it. It has no query."""
    authentication: Literal["signed-jwt", "client-credentials"] = "signed-jwt"
    """How requests are authenticated besides the client certificate: by a JWT that the tenant signs, or by an access
    token of the retailer."""
    token_uri: HttpsUrl | None = None
    """The retailer's token endpoint, for `client-credentials`."""
    scope: Annotated[str, Meta(max_length=1_000, pattern=r"^[\x21\x23-\x5B\x5D-\x7E ]+\Z")] | None = None
    """The scope of the token request (RFC 6749 3.3). None: the request has no scope."""

    def __post_init__(self) -> None:
        """Raise ValueError when the base URI has a query, or the token endpoint is missing or not used."""
        if "?" in self.base_uri:
            raise ValueError("`base_uri` must not have a query")
        if (self.authentication == "client-credentials") != (self.token_uri is not None):
            raise ValueError("`token_uri` is mandatory with `client-credentials`, and must be absent otherwise")
        if self.scope is not None and self.token_uri is None:
            raise ValueError("`scope` is only for `client-credentials`")


class TextMessageGateway(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway through which the text messages of a brand are sent. Its credential is in the tenant's schema."""

    uri: HttpsUrl
    """Messages are posted to it as JSON (docs/operations.md)."""
    sender: Annotated[str, Meta(pattern=r"^[\x21-\x7E]([\x20-\x7E]{0,38}[\x21-\x7E])?\Z")] | None = None
    """The name or number that people see as the sender. None: the name of the brand. Australia has a register of
    names."""


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a tenant. They contain no credentials, because every process keeps the registry in memory.

    The constructor raises ValueError when a value is invalid. Fields that this release does not know are ignored when a
    row is read, so that two releases can run at the same time.
    """

    time_zone: str = "Australia/Sydney"
    """IANA name. Pages and messages show times in it, and the days of the metrics begin in it (CDS, Get Metrics)."""
    customer_source: CustomerSource = "store"
    """Customers and accounts are read from the tenant's schema (store) or from the retailer's own server (upstream)."""
    upstream: UpstreamServer | None = None
    """The retailer's own server. It must be set before `customer_source` is `upstream`."""
    market_source: Literal["store", "aemo"] = "store"
    """Service points, usage and DER are read from the tenant's schema (store) or from AEMO."""
    unknown_market_values: Literal["pass", "mend", "drop"] = "pass"
    """What is done with a value of AEMO that the standards do not know, such as the jurisdiction ISO: it is passed on,
    replaced where there is a replacement, or its service point is left out (decision 0041)."""
    missing_market_values: Literal["mend", "drop"] = "mend"
    """Whether a mandatory field that AEMO leaves out gets a placeholder, or its service point is left out."""
    market_header: Literal["none", "NEM"] = "none"
    """Whether requests for data have the header `X-market`, which belongs to other services of AEMO (C-A9)."""
    market_calls_per_second: MarketRate | None = None
    """How many requests a second AEMO has agreed for the participants of the brand. None: nothing was agreed (A-6).
    Brands that share a participant have the same number."""
    private_hosts: frozenset[Host] = frozenset()
    """Hosts of the sources, and of the gateway for text messages, that may have an address in a private network, such
    as MarketNet or a VPN of the retailer. Only the provider's staff may enter them: with them, this deployment sends
    requests into that network."""
    register_authentication: RegisterAuthentication = "private-key-jwt"
    """How the CDR Register authenticates at the admin operations (CDS, CDR Register calling Data Holders): with an
    access token, for which it uses `private_key_jwt`, or a JWT that it signs itself. It is agreed at onboarding."""
    app: App | None = None
    text_messages: TextMessageGateway | None = None
    """The brand's own gateway for text messages. None: that of the deployment."""
    dkim_selector: DkimSelector | None = None
    """The selector of the key with which the mail server signs the mail of the brand (RFC 6376 3.1)."""
    generic_plans_uri: BaseUri | None = None
    """Where the regulator publishes the plans of the brand: the base path of its API, which ends with `/cds-au/v1`.
    Requests for Get Generic Plans are redirected to it. None: these are not implemented."""
    dashboard_link_pages: LinkPages = frozenset()
    """The pages of the retailer's own site that must link to the dashboard (CDR Rules 1.15(1)(f)). They are looked at
    once a day (decision 0072)."""
    customer_calls_counted_by: CustomerKey = "customer"
    """For whom the threshold of 10 calls in a second "per customer" is counted (CDS, Traffic Thresholds; sm#728)."""
    low_velocity_limit: VelocityLimit | None = None
    """After how many calls within 24 hours for the same low velocity data under an arrangement a further one is
    refused (CDS, Low Velocity Data Sets). None: it is answered."""
    receipt_days_before_end: ReceiptDays | None = None
    """How many days before an authorisation ends, who has authorised gets a receipt. None: no such receipt."""
    # Optional features. Each is off unless the retailer asks for it.
    serves_retired_versions: bool = False
    """Whether a version of an operation is still served after its retirement date."""
    offers_co_approval: bool = False
    """Whether joint account holders may choose that every holder must approve a disclosure (CDR Rules 4A.5)."""
    offers_secondary_user_blocks: bool = False
    """Whether an account holder may stop a secondary user from sharing the account with one recipient."""
    serves_management_api: bool = False
    """Whether the Management API is offered."""
    # Receipts to the person who authorised, which are the brand's choice (K-26). What others are told is a duty.
    sends_given_receipts: bool = False
    """Whether a receipt is sent when an authorisation is given."""
    sends_changed_receipts: bool = False
    """Whether a receipt is sent when an authorisation is changed."""
    sends_withdrawn_receipts: bool = False
    """Whether a receipt is sent when an authorisation is withdrawn, or ends for another reason before its time."""
    sends_expired_receipts: bool = False
    """Whether a receipt is sent when an authorisation has expired."""

    def __post_init__(self) -> None:
        """Raise ValueError when the IANA database does not have the time zone, or the server of a source is missing."""
        if self.time_zone not in _time_zones():
            raise ValueError(f"{self.time_zone!r} is not an IANA time zone")
        if self.customer_source == "upstream" and self.upstream is None:
            raise ValueError("`customer_source` is `upstream`, but `upstream` is not set")


SWITCHES: Final = tuple(field.name for field in msgspec.structs.fields(TenantSettings) if field.type is bool)
"""The settings that are on or off."""
MARKET_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    field.name: get_args(field.type)
    for field in msgspec.structs.fields(TenantSettings)
    if field.name in ("market_source", "unknown_market_values", "missing_market_values", "market_header")
}
"""The settings of the market source, each with its values."""


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


class ThemeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A theme that was saved for a brand, without its tokens."""

    number: int
    note: str | None
    made_at: datetime
    made_by: str
    publication: int | None
    """The number of the publication with which it was last published. None: it never was, it is a draft."""
    published_at: datetime | None
    published_by: str | None


class ThemeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a theme names by its digest."""

    digest: str
    """The SHA-256 digest of the content, in hexadecimal."""
    media_type: str
    content: bytes


THEME_FILES: Final[Mapping[str, str]] = {
    "font_regular": "font/woff2",
    "font_bold": "font/woff2",
    "touch_icon": "image/png",
}
"""The theme tokens that name a file, each with the media type of the file."""


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
