"""The query parameters of the data APIs."""

from litestar.datastructures import MultiDict

from tenants.cds.errors import FIELD_INVALID, CdsError
from tenants.cds.pagination import PageRequest

QueryParameters = MultiDict[str]


def single_value(parameters: QueryParameters, name: str) -> str | None:
    """Return the value of the parameter `name`, or None. Raises Field/Invalid if it occurs more than once."""
    values = parameters.getall(name, [])
    if len(values) > 1:
        raise CdsError(FIELD_INVALID, name)
    return values[0] if values else None


def page_request(parameters: QueryParameters) -> PageRequest:
    """Read `page` and `page-size`."""
    return PageRequest.parse(single_value(parameters, "page"), single_value(parameters, "page-size"))
