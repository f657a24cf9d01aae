"""The error catalogue of the Consumer Data Standards ("Error Codes"): each error with its URN, title and status.

`ErrorType` is an error of the catalogue; `CdsError` is one occurrence of it. The status is taken from the catalogue.
How an HTTP response is made is decided elsewhere (`apps.http.errors`).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from haas.errors import HaasError


class ErrorType(NamedTuple):
    """An error of the standards. `status_in_body` applies if the resource id is in the request body, not the URI."""

    urn: str
    title: str
    status: int
    status_in_body: int | None = None


class CdsError(HaasError):
    """One occurrence of a standard error; `detail` is shown to the client."""

    further: Sequence["CdsError"] = ()
    """Other occurrences with the same status that the response contains too."""
    retry_after: int | None = None
    """After how many seconds the same request may succeed. None: nothing is said about that."""
    is_of_secondary_holder = False
    """Whether the cause is a secondary data holder, such as AEMO (CDS, isSecondaryDataHolderError)."""
    application_code: str | None = None
    """The code of another system that the response contains instead of the URN, which is then in `meta.urn`."""

    def __init__(self, kind: ErrorType, detail: str, *, status: int | None = None) -> None:
        """Take the error and its detail: the name of a parameter, an id, or the current status.

        `status` is for general errors, for which the catalogue gives only a range: 4xx or 5xx.
        """
        super().__init__(f"{kind.urn}: {detail}")
        self.kind = kind
        self.detail = detail
        self.status = status or kind.status

    @classmethod
    def for_ids(cls, refused: Mapping[str, ErrorType], *, in_body: bool) -> "CdsError":
        """Return one error for each id that the request's path, or its body, contains and that is refused.

        If the errors have different statuses, that of the response is 400 (CDS, HTTP Response Codes: the status that is
        most generally applicable).
        """
        first, *further = (
            cls(kind, identifier, status=kind.status_in_body if in_body else kind.status)
            for identifier, kind in refused.items()
        )
        first.further = further
        if any(error.status != first.status for error in further):
            first.status = EXPECTED.status
        return first


def _all(code: str, title: str, status: int, status_in_body: int | None = None) -> ErrorType:
    return ErrorType(f"urn:au-cds:error:cds-all:{code}", title, status, status_in_body)


def _energy(code: str, title: str) -> ErrorType:
    return ErrorType(f"urn:au-cds:error:cds-energy:{code}", title, 404, 422)


EXPECTED = _all("GeneralError/Expected", "Expected Error Encountered", 400)
UNEXPECTED = _all("GeneralError/Unexpected", "Unexpected Error Encountered", 500)
SERVICE_UNAVAILABLE = _all("Service/Unavailable", "Service Unavailable", 503)

FIELD_MISSING = _all("Field/Missing", "Missing Required Field", 400)
HEADER_MISSING = _all("Header/Missing", "Missing Required Header", 400)
FIELD_INVALID = _all("Field/Invalid", "Invalid Field", 400)
HEADER_INVALID = _all("Header/Invalid", "Invalid Header", 400)
FIELD_INVALID_DATE_TIME = _all("Field/InvalidDateTime", "Invalid Date", 400)
FIELD_INVALID_PAGE_SIZE = _all("Field/InvalidPageSize", "Invalid Page Size", 400)
HEADER_INVALID_VERSION = _all("Header/InvalidVersion", "Invalid Version", 400)

ADR_STATUS_NOT_ACTIVE = _all("Authorisation/AdrStatusNotActive", "ADR Status Is Not Active", 403)
REVOKED_CONSENT = _all("Authorisation/RevokedConsent", "Consent Is Revoked", 403)
INVALID_CONSENT = _all("Authorisation/InvalidConsent", "Consent Is Invalid", 403)

RESOURCE_NOT_IMPLEMENTED = _all("Resource/NotImplemented", "Resource Not Implemented", 404)
RESOURCE_NOT_FOUND = _all("Resource/NotFound", "Resource Not Found", 404)
RESOURCE_INVALID = _all("Resource/Invalid", "Invalid Resource", 404, 422)
RESOURCE_UNAVAILABLE = _all("Resource/Unavailable", "Unavailable Resource", 404, 422)
INVALID_ENERGY_ACCOUNT = _energy("Authorisation/InvalidEnergyAccount", "Invalid Energy Account")
UNAVAILABLE_ENERGY_ACCOUNT = _energy("Authorisation/UnavailableEnergyAccount", "Unavailable Energy Account")
INVALID_SERVICE_POINT = _energy("Authorisation/InvalidServicePoint", "Invalid Service Point")
UNAVAILABLE_SERVICE_POINT = _energy("Authorisation/UnavailableServicePoint", "Unavailable Service Point")

HEADER_UNSUPPORTED_VERSION = _all("Header/UnsupportedVersion", "Unsupported Version", 406)

INVALID_ARRANGEMENT = _all("Authorisation/InvalidArrangement", "Invalid Consent Arrangement", 422)
FIELD_INVALID_PAGE = _all("Field/InvalidPage", "Invalid Page", 422)

CATALOGUE: dict[str, ErrorType] = {kind.urn: kind for kind in list(globals().values()) if isinstance(kind, ErrorType)}
"""Every error above, by URN. It contains no errors of banking and none that only the Register returns."""
