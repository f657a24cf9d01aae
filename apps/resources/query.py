"""The query parameters of the data APIs."""

from typing import Literal, cast

from litestar.datastructures import MultiDict

from tenants.cds.errors import FIELD_INVALID, CdsError
from tenants.cds.pagination import PageRequest
from tenants.payloads.energy_account_base_v2 import OpenStatus

QueryParameters = MultiDict[str]
_OPEN_STATUS = {"ALL": None, "OPEN": "OPEN", "CLOSED": "CLOSED"}


def single_value(parameters: QueryParameters, name: str) -> str | None:
    """Return the value of the parameter `name`, or None. Raises Field/Invalid if it occurs more than once."""
    values = parameters.getall(name, [])
    if len(values) > 1:
        raise CdsError(FIELD_INVALID, name)
    return values[0] if values else None


def page_request(parameters: QueryParameters) -> PageRequest:
    """Read `page` and `page-size`."""
    return PageRequest.parse(single_value(parameters, "page"), single_value(parameters, "page-size"))


def open_status(parameters: QueryParameters) -> OpenStatus | None:
    """Read `open-status`. None means ALL, which is also the default."""
    value = single_value(parameters, "open-status")
    value = "ALL" if value is None else value
    if value not in _OPEN_STATUS:
        raise CdsError(FIELD_INVALID, "open-status must be ALL, OPEN or CLOSED")
    return cast("Literal['OPEN', 'CLOSED'] | None", _OPEN_STATUS[value])
