"""The request bodies of the control API, with the limits of their members."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ops.sandbox.certificates import Kind
from ops.sandbox.jose import Algorithm
from ops.sandbox.mailbox.gateway import ReportStatus
from ops.sandbox.register.models import ProductStatus, RecipientStatus

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Identifier = Annotated[str, Meta(min_length=1, max_length=254)]
Uri = Annotated[str, Meta(max_length=1000, pattern=r"^https?://[^\s/?#]\S*\Z")]
Jwk = dict[str, Any]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON body. An unknown member is an error, so that a misspelt name is noticed."""


class NewSoftwareProduct(Request, frozen=True, kw_only=True):
    """A software product to add. Without `jwks` and `jwks_uri`, the sandbox generates a key for `algorithm`."""

    name: Name = "Sandbox product"
    description: Annotated[str, Meta(max_length=4000)] = "A software product of the sandbox"
    legal_entity_name: Name = "Sandbox Recipient Pty Ltd"
    brand_name: Name = "Sandbox Recipient"
    data_recipient_brand_id: Identifier | None = None
    jwks: Annotated[list[Jwk], Meta(max_length=20)] | None = None
    jwks_uri: Uri | None = None
    algorithm: Algorithm = "PS256"
    redirect_uris: Annotated[list[Uri], Meta(max_length=20)] = []
    sector_identifier_uri: Uri | None = None
    recipient_base_uri: Uri | None = None
    logo_uri: Uri | None = None
    client_uri: Uri | None = None
    scope: Annotated[str, Meta(max_length=2000)] | None = None


class NewSsa(Request, frozen=True, kw_only=True):
    """The differences of an SSA from the correct one: claims and header members to replace; null removes a member."""

    claims: dict[str, Any] = {}
    header: dict[str, Any] = {}
    foreign_key: bool = False


class NewCertificate(Request, frozen=True, kw_only=True):
    """A client certificate to issue, for the key of a CSR in PEM or for a new key."""

    kind: Kind = "valid"
    csr: Annotated[str, Meta(max_length=16_384)] | None = None


class NewRegistration(Request, frozen=True, kw_only=True):
    """A registration with a tenant: its slug, Register brand id or issuer.

    `private_jwk` signs the request when the sandbox does not host the product's keys; `metadata` overrides
    claims of the request.
    """

    tenant: Annotated[str, Meta(min_length=1, max_length=300)]
    private_jwk: Jwk | None = None
    metadata: dict[str, Any] = {}


class Keys(Request, frozen=True, kw_only=True):
    """The public keys that a hosted product publishes from now on."""

    keys: Annotated[list[Jwk], Meta(min_length=1, max_length=20)]


class JwksDocument(Request, frozen=True, kw_only=True):
    """The text that a hosted product publishes as its key set from now on. It need not be a key set, or JSON."""

    document: Annotated[str, Meta(max_length=2_000_000)]


class ProductChange(Request, frozen=True, kw_only=True):
    """A product's status in the Register. With `omitted`, the status response does not contain the product."""

    status: ProductStatus | None = None
    omitted: bool | None = None


class RecipientChange(Request, frozen=True, kw_only=True):
    """A data recipient's status in the Register; its products change by the status mapping of the standards."""

    status: RecipientStatus | None = None
    omitted: bool | None = None


class Failures(Request, frozen=True, kw_only=True):
    """How many calls of a product's revocation endpoint fail from now on, and with which status."""

    failures: Annotated[int, Meta(ge=0, le=1000)]
    status: Annotated[int, Meta(ge=400, le=599)] = 503


class NewGateway(Request, frozen=True, kw_only=True):
    """How a brand's own gateway for text messages behaves from now on."""

    token: Name
    report_uri: Uri
    report_key: Annotated[str, Meta(pattern=r"^whsec_[A-Za-z0-9+/]{32,100}={0,2}\Z")]
    status: ReportStatus = "delivered"
    reason: Annotated[str, Meta(max_length=100)] | None = None
    reports: Literal["at-once", "later"] = "at-once"
    refuses: Annotated[int, Meta(ge=400, le=599)] | None = None


class NewHolderBrand(Request, frozen=True, kw_only=True):
    """A data holder brand that `stack.json` does not list."""

    brand_name: Name
    issuer: Uri
    public_base_uri: Uri
    resource_base_uri: Uri
    jwks_uri: Uri
    status: Literal["ACTIVE", "INACTIVE", "REMOVED"] = "ACTIVE"


class ClockMove(Request, frozen=True, kw_only=True):
    """By how many seconds to move the clock of every process; `reset` first sets it back to the machine's time."""

    seconds: Annotated[float, Meta(ge=-1_000_000_000, le=1_000_000_000)] = 0
    reset: bool = False


class PresetCode(Request, frozen=True, kw_only=True):
    """The one-time code that a customer receives from now on."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
