"""Errors with the codes of the standards (CDS, Error Codes), for the APIs that the sandbox serves."""

from collections.abc import Sequence
from typing import Any

from haas.errors import HaasError

_ALL = "urn:au-cds:error:cds-all:"


class CdsError(HaasError):
    """An error with its code, its standard title, its HTTP status, and the detail of this occurrence.

    `urn` is the standard code that an application-specific `code` extends (CDS, Error Codes: `meta.urn`). `further` has
    the other errors of the same response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        urn: str | None = None,
        further: Sequence["CdsError"] = (),
    ) -> None:
        """Set the error's members."""
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.urn = urn
        self.further = further
        super().__init__(f"{code}: {detail}")

    def payload(self) -> dict[str, Any]:
        """Return the error payload of the standards with this error and the further ones."""
        return {"errors": [error.member() for error in (self, *self.further)]}

    def member(self) -> dict[str, Any]:
        """Return this error as a member of the error payload."""
        meta = {} if self.urn is None else {"meta": {"urn": self.urn}}
        return {"code": self.code, "title": self.title, "detail": self.detail, **meta}


def missing_header(name: str) -> CdsError:
    return CdsError(400, f"{_ALL}Header/Missing", "Missing Required Header", name)


def invalid_header(detail: str) -> CdsError:
    return CdsError(400, f"{_ALL}Header/Invalid", "Invalid Header", detail)


def invalid_version(detail: str) -> CdsError:
    return CdsError(400, f"{_ALL}Header/InvalidVersion", "Invalid Version", detail)


def unsupported_version(detail: str) -> CdsError:
    return CdsError(406, f"{_ALL}Header/UnsupportedVersion", "Unsupported Version", detail)


def invalid_field(name: str) -> CdsError:
    return CdsError(400, f"{_ALL}Field/Invalid", "Invalid Field", name)


def missing_field(name: str) -> CdsError:
    return CdsError(400, f"{_ALL}Field/Missing", "Missing Required Field", name)


def invalid_date_time(detail: str) -> CdsError:
    return CdsError(400, f"{_ALL}Field/InvalidDateTime", "Invalid Date", detail)


def invalid_page(detail: str) -> CdsError:
    return CdsError(422, f"{_ALL}Field/InvalidPage", "Invalid Page", detail)


def invalid_page_size(detail: str) -> CdsError:
    return CdsError(400, f"{_ALL}Field/InvalidPageSize", "Invalid Page Size", detail)


def status_not_active(detail: str) -> CdsError:
    return CdsError(403, f"{_ALL}Authorisation/AdrStatusNotActive", "ADR Status Is Not Active", detail)


def not_found(detail: str) -> CdsError:
    return CdsError(404, f"{_ALL}Resource/NotFound", "Resource Not Found", detail)


def expected_error(status: int, detail: str) -> CdsError:
    return CdsError(status, f"{_ALL}GeneralError/Expected", "Expected Error Encountered", detail)


def unexpected_error(status: int, detail: str) -> CdsError:
    return CdsError(status, f"{_ALL}GeneralError/Unexpected", "Unexpected Error Encountered", detail)


def service_unavailable(detail: str) -> CdsError:
    return CdsError(503, f"{_ALL}Service/Unavailable", "Service Unavailable", detail)
