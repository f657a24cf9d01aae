"""Errors of the Register, with the error codes of the standards (CDS, Error Codes)."""

from haas.errors import HaasError

_ALL = "urn:au-cds:error:cds-all:"
_REGISTER = "urn:au-cds:error:cds-register:"


class RegisterError(HaasError):
    """An error with its URN, its standard title, its HTTP status, and the detail of this occurrence."""

    def __init__(self, status: int, code: str, title: str, detail: str) -> None:
        """Set the error's members."""
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class TokenRefused(HaasError):
    """The token endpoint refused a request with an OAuth error (RFC 6749 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        """Set the OAuth error and its description."""
        self.error = error
        self.description = description
        super().__init__(f"{error}: {description}")


class BearerRefused(HaasError):
    """A protected Register API was called without a valid access token (RFC 6750 3.1)."""


def missing_header(name: str) -> RegisterError:
    return RegisterError(400, f"{_ALL}Header/Missing", "Missing Required Header", name)


def invalid_version(detail: str) -> RegisterError:
    return RegisterError(400, f"{_ALL}Header/InvalidVersion", "Invalid Version", detail)


def unsupported_version(detail: str) -> RegisterError:
    return RegisterError(406, f"{_ALL}Header/UnsupportedVersion", "Unsupported Version", detail)


def invalid_field(name: str) -> RegisterError:
    return RegisterError(400, f"{_ALL}Field/Invalid", "Invalid Field", name)


def invalid_page(detail: str) -> RegisterError:
    return RegisterError(422, f"{_ALL}Field/InvalidPage", "Invalid Page", detail)


def invalid_page_size(detail: str) -> RegisterError:
    return RegisterError(400, f"{_ALL}Field/InvalidPageSize", "Invalid Page Size", detail)


def invalid_industry(industry: str) -> RegisterError:
    return RegisterError(400, f"{_REGISTER}Field/InvalidIndustry", "Invalid Industry", industry)


def invalid_brand(brand: str) -> RegisterError:
    return RegisterError(404, f"{_REGISTER}Field/InvalidBrand", "Invalid Brand", brand)


def invalid_software_product(product: str) -> RegisterError:
    return RegisterError(404, f"{_REGISTER}Field/InvalidSoftwareProduct", "Invalid Software Product", product)


def status_not_active(detail: str) -> RegisterError:
    return RegisterError(403, f"{_ALL}Authorisation/AdrStatusNotActive", "ADR Status Is Not Active", detail)
