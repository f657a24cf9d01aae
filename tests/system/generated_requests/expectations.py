"""What every response to a generated request must fulfil, whatever the request is."""

from collections.abc import Sequence
from uuid import UUID

import httpx
import msgspec

from tenants.cds.errors import CATALOGUE, EXPECTED
from tenants.operations.models import Endpoint
from tests.support.expectations import INTERNALS


class _Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error of the error payload (CDS, Payload Conventions)."""

    code: str
    title: str
    detail: str


class _Errors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    errors: list[_Error]


def statuses(endpoint: Endpoint) -> set[int]:
    """Return the statuses that an operation may have for an authenticated request (CDS, HTTP Response Codes)."""
    of_ids = {"path": {404}, "body": {415, 422}, None: set[int]()}
    return {200, 400, 406} | of_ids[endpoint.ids_in] | ({422} if endpoint.paginated else set())


def is_declared(endpoint: Endpoint, response: httpx.Response, nmis: Sequence[str]) -> None:
    """Expect a status of the operation, the headers of the standards, and known errors that contain no NMI (C-D24)."""
    assert response.status_code in statuses(endpoint), f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/json"
    assert UUID(response.headers["x-fapi-interaction-id"])
    if response.status_code == 200:
        assert int(response.headers["x-v"]) in endpoint.served_versions
        return
    errors = msgspec.json.decode(response.content, type=_Errors).errors
    assert errors
    for error in errors:
        kind = CATALOGUE[error.code]
        assert error.title == kind.title
        # A general error can have any status of 4xx. Errors with different statuses have 400 together.
        possible = {kind.status, kind.status_in_body, EXPECTED.status}
        assert kind is EXPECTED or response.status_code in possible, f"{response.status_code} {response.text}"
    said = response.text + str(response.headers.multi_items())
    assert not INTERNALS.search(said), said
    assert not any(nmi in said for nmi in nmis), said
