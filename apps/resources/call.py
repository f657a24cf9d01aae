"""One call of a resource API, from its endpoint's row in the table to its answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response

from apps.http.cds import payload
from apps.http.context import RequestContext, context
from apps.http.request_headers import bearer_token, fields
from apps.resources import headers
from tenants.cds.envelope import Links, PaginatedResponse
from tenants.cds.envelope import Response as Envelope
from tenants.cds.pagination import PageRequest, describe
from tenants.cds.versions import negotiate
from tenants.disclosure.grant import Presented
from tenants.disclosure.service import Disclosure, Session
from tenants.operations.endpoints import Endpoint

HttpRequest = Request[Any, Any, Any]
_encode = msgspec.json.Encoder().encode


class Call:
    """A call that may be answered."""

    def __init__(self, request: HttpRequest, endpoint: Endpoint, here: RequestContext) -> None:
        """Take the request and whose it is."""
        self.request = request
        self.headers = fields(request.scope["headers"])
        self._endpoint = endpoint
        self._here = here
        self._version = 0

    def negotiate(self) -> int:
        """Return the version that answers. Raises what the version headers call for."""
        given = self.headers
        self._version = negotiate(given.get("x-v"), given.get("x-min-v"), self._endpoint.served_versions)
        return self._version

    def answer(self, data: msgspec.Struct) -> Response[bytes]:
        """Answer with `data`, not paginated."""
        return payload(self._here, _encode(Envelope(data=data, links=Links(self=self._self_uri))), self._version)

    def answer_page(
        self, data: msgspec.Struct, page: PageRequest, total_records: int, filters: dict[str, str]
    ) -> Response[bytes]:
        """Answer with `data`, one page of `total_records`. Raises Field/InvalidPage for a page out of range."""
        links, meta = describe(page, total_records, self_uri=self._self_uri, resource_uri=self._uri, filters=filters)
        return payload(self._here, _encode(PaginatedResponse(data=data, links=links, meta=meta)), self._version)

    @property
    def _uri(self) -> str:
        tenant = self._here.tenant
        base = tenant.issuer if self._endpoint.transport == "public" else tenant.secure_base
        path = self._endpoint.uri_path
        for name, value in self.request.path_params.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return base + path

    @property
    def _self_uri(self) -> str:
        query = self.request.scope["query_string"].decode("latin-1")
        return f"{self._uri}?{quote(query, safe='%&=+-._~:/?,;@!$()*')}" if query else self._uri


class CustomerCall(Call):
    """A call for a customer's data, which has passed the checks of `tenants.disclosure`."""

    def __init__(self, request: HttpRequest, endpoint: Endpoint, here: RequestContext, session: Session) -> None:
        """Take the session that the checks have opened."""
        super().__init__(request, endpoint, here)
        self.session = session

    def negotiate(self) -> int:
        """Check the headers of an authenticated call, and return the version that answers."""
        given = self.headers
        headers.check_interaction_id(given, self._here.interaction_id)
        headers.check_accept(given)
        headers.check_auth_date(given)
        headers.check_customer_ip_address(given)
        headers.check_client_headers(given)
        return super().negotiate()


def public_call(request: HttpRequest, endpoint: Endpoint) -> Call:
    """Begin a call without authentication, and check its headers."""
    here = context(request)
    here.operation, here.authenticated = endpoint.operation, False
    here.tier = endpoint.tier(customer_present=False)
    call = Call(request, endpoint, here)
    headers.check_accept(call.headers)
    call.negotiate()
    return call


@asynccontextmanager
async def customer_call(request: HttpRequest, endpoint: Endpoint) -> AsyncIterator[CustomerCall]:
    """Begin a call for a customer's data: whoever may not have it learns nothing more than that."""
    here, given = context(request), fields(request.scope["headers"])
    here.operation = endpoint.operation
    here.tier = endpoint.tier(customer_present=headers.is_customer_present(given))
    presented = Presented(
        token=bearer_token(given),
        certificate_thumbprint=here.certificate.thumbprint if here.certificate else b"",
        scope=endpoint.scope or "",
        now=here.now,
    )
    disclosure = Disclosure(here.services.database, here.services.keyring)
    async with disclosure.open(here.tenant, presented) as session:
        here.client_id, here.arrangement_id = session.grant.client_id, session.grant.arrangement_id
        yield CustomerCall(request, endpoint, here, session)
