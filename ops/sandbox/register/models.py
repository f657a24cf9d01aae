"""The Register's metadata: data recipients, their brands and software products, and data holder brands."""

from datetime import datetime
from typing import Literal

import msgspec

RecipientStatus = Literal["ACTIVE", "SUSPENDED", "REVOKED", "SURRENDERED"]
ProductStatus = Literal["ACTIVE", "INACTIVE", "REMOVED"]
BrandStatus = Literal["ACTIVE", "INACTIVE", "REMOVED"]

PRODUCT_STATUS_BY_RECIPIENT: dict[RecipientStatus, ProductStatus] = {
    "SUSPENDED": "INACTIVE",
    "REVOKED": "REMOVED",
    "SURRENDERED": "REMOVED",
}
"""The status of products after a status change of their recipient (CDS, Participant Statuses, Status Mapping)."""

SCOPE = (
    "openid profile bank:accounts.basic:read bank:accounts.detail:read bank:transactions:read bank:payees:read "
    "bank:regular_payments:read energy:electricity.servicepoints.basic:read "
    "energy:electricity.servicepoints.detail:read energy:electricity.usage:read energy:electricity.der:read "
    "energy:accounts.basic:read energy:accounts.detail:read energy:accounts.paymentschedule:read "
    "energy:accounts.concessions:read energy:billing:read common:customer.basic:read common:customer.detail:read "
    "cdr:registration"
)
"""The scopes of a software product: those of every sector, as in the standards' example (CDS, SSA Definition).

The Register does not know what a data holder supports: "Data Holders MUST ignore unsupported authorisation scopes
presented in the SSA" (CDS, Registration Validation).
"""


class DataRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """An accredited legal entity. With `omitted`, the status response does not contain it, which can happen."""

    legal_entity_id: str
    legal_entity_name: str
    accreditation_number: str
    logo_uri: str
    last_updated: datetime
    accreditation_level: Literal["UNRESTRICTED", "SPONSORED"] = "UNRESTRICTED"
    status: RecipientStatus = "ACTIVE"
    omitted: bool = False


class DataRecipientBrand(msgspec.Struct, frozen=True, kw_only=True):
    data_recipient_brand_id: str
    legal_entity_id: str
    brand_name: str
    logo_uri: str
    status: BrandStatus = "ACTIVE"


class SoftwareProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A software product. With `omitted`, the status response does not contain it."""

    software_product_id: str
    data_recipient_brand_id: str
    name: str
    description: str
    client_uri: str
    logo_uri: str
    tos_uri: str
    policy_uri: str
    jwks_uri: str
    redirect_uris: list[str]
    recipient_base_uri: str
    revocation_uri: str
    sector_identifier_uri: str | None = None
    scope: str = SCOPE
    status: ProductStatus = "ACTIVE"
    omitted: bool = False


class DataHolderBrand(msgspec.Struct, frozen=True, kw_only=True):
    data_holder_brand_id: str
    brand_name: str
    legal_entity_id: str
    legal_entity_name: str
    infosec_base_uri: str
    public_base_uri: str
    resource_base_uri: str
    jwks_endpoint: str
    website_uri: str
    logo_uri: str
    last_updated: datetime
    status: BrandStatus = "ACTIVE"
