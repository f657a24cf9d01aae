"""The state of one call of the data APIs, and the construction of its response."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response

from apps.http.call import Call, HttpRequest
from apps.http.json_responses import NOT_BUFFERED, payload_headers, payload_response
from apps.http.request_headers import header_fields, is_customer_present
from apps.http.streaming import StreamedResponse
from apps.resources.query import with_query
from tenants.cds.envelope import Envelope, Links, LinksPaginated, Meta, MetaPaginated, PaginatedEnvelope
from tenants.cds.pagination import PageRequest, links_and_meta
from tenants.disclosure.accounts_in_answer import AccountsInAnswer
from tenants.disclosure.models import DataAccessToken
from tenants.disclosure.service import CustomerData
from tenants.grants.access_token_rules import TokenUse
from tenants.operations.models import Endpoint, Resource, Version
from tenants.sources.contract import ClosedAccounts, ReadingTime
from tenants.sources.item_stream import ItemStream


class CdsCall(Call):
    """The state of a call of an endpoint of the standards. Attributes without an initial value are set by steps."""

    version: Version
    """The version of the endpoint in which the response is written."""

    def __init__(self, request: HttpRequest, endpoint: Endpoint) -> None:
        """Take the row of the endpoint table."""
        self.endpoint = endpoint
        self.headers = header_fields(request.scope["headers"])
        self.customer_present = is_customer_present(self.headers)
        tier = endpoint.tier(customer_present=self.customer_present)
        super().__init__(request, endpoint.operation, tier, authenticated=endpoint.transport == "secure")


class DataCall(CdsCall):
    """The state of a call of the data APIs. Attributes without an initial value are set by steps."""

    data: msgspec.Struct
    """The member `data` of the response."""
    reading_time: ReadingTime = "inside"
    """When the data is read: in the transaction, or after it, or from another server."""
    stream: ItemStream | None = None
    """The items of a response that is streamed, which has no `data`."""

    # Only for calls for a customer's data:
    secret: str
    """The access token from the request."""
    token: DataAccessToken
    use: TokenUse
    customer_data: CustomerData
    conceal: Callable[[object], str] | None = None
    """Returns the recipient's id for an internal id of the payload."""
    body: bytes = b""
    named_ids: Sequence[str] | None = None
    """The ids of accounts or service points that the request names. None: it asks for the data of all of them."""
    owners: Sequence[UUID]
    """The internal ids of the accounts or service points, or of the customer, whose data is fetched."""
    in_answer: AccountsInAnswer | None = None
    """The accounts whose data is in the response, as far as it is known."""
    closed: ClosedAccounts | None = None
    """The closed accounts among the owners, whose data is limited."""

    # Only for paginated calls:
    page: PageRequest | None = None
    total_records: int
    given_filters: dict[str, str]
    """The filters from the request, which the links contain too."""
    filters: dict[str, object]
    """The value to which each filter of the resource compares its field, by the parameter of the filter."""

    def __init__(self, request: HttpRequest, endpoint: Endpoint, resource: Resource) -> None:
        """Take the row of the endpoint table, and the resource that it gives."""
        super().__init__(request, endpoint)
        self.resource = resource

    def build_response(self) -> Response[bytes]:
        """Return the payload with links and, for a page, meta. Raises Field/InvalidPage if the page is out of range."""
        if self.page is None:
            return self._encoded(Envelope(data=self.data, links=Links(self=with_query(self._uri(), self.request))))
        links, meta = self._links_and_meta(self.page)
        return self._encoded(PaginatedEnvelope(data=self.data, links=links, meta=meta))

    def build_streamed_response(self, stream: ItemStream) -> Response[bytes]:
        """Return the response whose items are read while it is sent. Its content is that of `build_response`.

        Raises Field/InvalidPage if the page is out of range. Then the caller must close the stream.
        """
        links: msgspec.Struct = Links(self=with_query(self._uri(), self.request))
        meta: msgspec.Struct = Meta()
        if self.page is not None:
            links, meta = self._links_and_meta(self.page)
        encode = msgspec.json.encode
        head = b'{"data":{' + encode(self.resource.list_name) + b":["
        tail = b']},"links":' + encode(links) + b',"meta":' + encode(meta) + b"}"
        pieces = self._pieces(stream, head, tail)
        return StreamedResponse(self.context, pieces, stream, payload_headers(self.context, self.version.number))

    async def _pieces(self, stream: ItemStream, head: bytes, tail: bytes) -> AsyncGenerator[bytes, None]:
        convert, separator = self.version.convert, b""
        yield head
        async for item in stream:
            if self.in_answer is not None:
                self.in_answer.add(item)
            written = item if convert is None else convert(item)
            yield separator + msgspec.json.encode(written, enc_hook=self.conceal)
            separator = b","
        yield tail

    def _links_and_meta(self, page: PageRequest) -> tuple[LinksPaginated, MetaPaginated]:
        uri = self._uri()
        return links_and_meta(
            page,
            self.total_records,
            self_uri=with_query(uri, self.request),
            resource_uri=uri,
            filters=self.given_filters,
        )

    def _encoded(self, body: msgspec.Struct) -> Response[bytes]:
        encoded = msgspec.json.encode(body, enc_hook=self.conceal)
        response = payload_response(self.context, encoded, self.version.number)
        if self.reading_time == "elsewhere":  # K-42: nothing of AEMO is written to a disk
            response.headers |= NOT_BUFFERED
        return response

    def _uri(self) -> str:
        tenant = self.context.tenant
        base = tenant.issuer if self.endpoint.transport == "public" else tenant.secure_base
        path = self.endpoint.uri_path
        parameters: dict[str, Any] = self.request.path_params
        for name, value in parameters.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return base + path
