"""The Register's response bodies, in the schemas of its published API definition."""

from datetime import UTC, datetime
from typing import Any

from ops.sandbox.register.models import DataHolderBrand, DataRecipient, DataRecipientBrand, SoftwareProduct

INDUSTRY = "energy"


def timestamp(moment: datetime) -> str:
    """Return a DateTimeString (CDS, Common Field Types)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def holder_brand(brand: DataHolderBrand) -> dict[str, Any]:
    """RegisterDataHolderBrandV2."""
    return {
        "dataHolderBrandId": brand.data_holder_brand_id,
        "brandName": brand.brand_name,
        "industries": [INDUSTRY],
        "logoUri": brand.logo_uri,
        "legalEntity": {
            "legalEntityId": brand.legal_entity_id,
            "legalEntityName": brand.legal_entity_name,
            "logoUri": brand.logo_uri,
            "status": "ACTIVE",
        },
        "status": brand.status,
        "endpointDetail": {
            "version": "v1",
            "publicBaseUri": brand.public_base_uri,
            "resourceBaseUri": brand.resource_base_uri,
            "infosecBaseUri": brand.infosec_base_uri,
            "websiteUri": brand.website_uri,
        },
        "authDetails": [{"registerUType": "SIGNED-JWT", "jwksEndpoint": brand.jwks_endpoint}],
        "lastUpdated": timestamp(brand.last_updated),
    }


def holder_brand_summary(brand: DataHolderBrand) -> dict[str, Any]:
    """DataHolderBrandSummaryV2."""
    return {
        "dataHolderBrandId": brand.data_holder_brand_id,
        "brandName": brand.brand_name,
        "publicBaseUri": brand.public_base_uri,
        "logoUri": brand.logo_uri,
        "industries": [INDUSTRY],
        "lastUpdated": timestamp(brand.last_updated),
    }


def recipient(
    entity: DataRecipient, brands: list[DataRecipientBrand], products: list[SoftwareProduct]
) -> dict[str, Any]:
    """RegisterDataRecipient."""
    return {
        "legalEntityId": entity.legal_entity_id,
        "legalEntityName": entity.legal_entity_name,
        "accreditationNumber": entity.accreditation_number,
        "accreditationLevel": entity.accreditation_level,
        "logoUri": entity.logo_uri,
        "dataRecipientBrands": [
            _recipient_brand(brand, products) for brand in brands if brand.legal_entity_id == entity.legal_entity_id
        ],
        "status": entity.status,
        "lastUpdated": timestamp(entity.last_updated),
    }


def _recipient_brand(brand: DataRecipientBrand, products: list[SoftwareProduct]) -> dict[str, Any]:
    """DataRecipientBrandMetaData."""
    return {
        "dataRecipientBrandId": brand.data_recipient_brand_id,
        "brandName": brand.brand_name,
        "logoUri": brand.logo_uri,
        "softwareProducts": [
            {
                "softwareProductId": product.software_product_id,
                "softwareProductName": product.name,
                "softwareProductDescription": product.description,
                "logoUri": product.logo_uri,
                "status": product.status,
            }
            for product in products
            if product.data_recipient_brand_id == brand.data_recipient_brand_id
        ],
        "status": brand.status,
    }


def ssa_claims(
    product: SoftwareProduct, brand: DataRecipientBrand, entity: DataRecipient, *, now: int, lifetime: int, jti: str
) -> dict[str, Any]:
    """Return the claims of a software statement assertion (CDS, Client Registration, SSA Definition)."""
    claims = {
        "iss": "cdr-register",
        "iat": now,
        "exp": now + lifetime,
        "jti": jti,
        "client_name": product.name,
        "client_description": product.description,
        "client_uri": product.client_uri,
        "legal_entity_id": entity.legal_entity_id,
        "legal_entity_name": entity.legal_entity_name,
        "org_id": brand.data_recipient_brand_id,
        "org_name": brand.brand_name,
        "redirect_uris": product.redirect_uris,
        "logo_uri": product.logo_uri,
        "tos_uri": product.tos_uri,
        "policy_uri": product.policy_uri,
        "jwks_uri": product.jwks_uri,
        "revocation_uri": product.revocation_uri,
        "recipient_base_uri": product.recipient_base_uri,
        "software_id": product.software_product_id,
        "software_roles": "data-recipient-software-product",
        "scope": product.scope,
    }
    if product.sector_identifier_uri is not None:
        claims["sector_identifier_uri"] = product.sector_identifier_uri
    return claims
