"""The query parameters of the data APIs."""

from typing import Final
from urllib.parse import quote

from litestar.datastructures import MultiDict

from apps.http.call import HttpRequest
from tenants.cds.errors import FIELD_INVALID, CdsError
from tenants.cds.pagination import PageRequest

QueryParameters = MultiDict[str]
_IN_A_QUERY: Final = "%&=+-._~:/?,;@!$()*'"
"""The characters that stay as they are in a link. All others are encoded (RFC 3986 3.4)."""


def with_query(uri: str, request: HttpRequest) -> str:
    """Return a URI without a query, with the query of the request."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{uri}?{quote(query, safe=_IN_A_QUERY)}" if query else uri


def single_value(parameters: QueryParameters, name: str) -> str | None:
    """Return the value of the parameter `name`, or None. Raises Field/Invalid if it occurs more than once."""
    values = parameters.getall(name, [])
    if len(values) > 1:
        raise CdsError(FIELD_INVALID, name)
    return values[0] if values else None


def page_request(parameters: QueryParameters) -> PageRequest:
    """Read `page` and `page-size`."""
    return PageRequest.parse(single_value(parameters, "page"), single_value(parameters, "page-size"))
