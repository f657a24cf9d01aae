"""Errors that only the Register has (CDS, Error Codes: CDR Register)."""

from haas.errors import HaasError
from ops.sandbox.cds_errors import CdsError

_REGISTER = "urn:au-cds:error:cds-register:"


class TokenRefused(HaasError):
    """The token endpoint refused a request with an OAuth error (RFC 6749 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        """Set the OAuth error and its description."""
        self.error = error
        self.description = description
        super().__init__(f"{error}: {description}")


class BearerRefused(HaasError):
    """A protected Register API was called without a valid access token (RFC 6750 3.1)."""


def invalid_industry(industry: str) -> CdsError:
    return CdsError(400, f"{_REGISTER}Field/InvalidIndustry", "Invalid Industry", industry)


def invalid_brand(brand: str) -> CdsError:
    return CdsError(404, f"{_REGISTER}Field/InvalidBrand", "Invalid Brand", brand)


def invalid_software_product(product: str) -> CdsError:
    return CdsError(404, f"{_REGISTER}Field/InvalidSoftwareProduct", "Invalid Software Product", product)
