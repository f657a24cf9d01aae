"""The measured calls: every data operation of the endpoint table, at each page size."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import cycle
from typing import Final
from urllib.parse import quote

import msgspec

from ops.bench.load import Target
from ops.bench.operations import data_headers, http_request, target
from ops.sandbox.recipient.authenticated import json_object
from ops.smoke.participants import Recipient
from tenants.cds.pagination import DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import NAMED_OWNERS, Endpoint, Owner, Resource, obligation_day
from tenants.operations.resources import ACCOUNTS, INTERVAL_READS, SERVICE_POINTS, USAGE
from tenants.registry.models import Tenant

PAGE_SIZES: Final = (DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE)
_LISTS: Final[dict[Owner, Resource]] = {"account": ACCOUNTS, "service-point": SERVICE_POINTS}
"""The resource whose list has the ids of each owner that a request can name."""
_FORMS: Final[dict[Resource | None, tuple[dict[str, str], ...]]] = {
    USAGE: ({INTERVAL_READS: "NONE"}, {INTERVAL_READS: "FULL"})
}
"""The forms in which a resource is asked for, if there are several."""


class Consented(msgspec.Struct, frozen=True):
    """A consent at a tenant: its access token, and the ids that the recipient knows, by their owner."""

    tenant: Tenant
    token: str
    ids: dict[Owner, list[str]]


class Call(msgspec.Struct, frozen=True):
    """An operation with its parameters, and one request for each consent that uses it in turn."""

    endpoint: Endpoint
    page_size: int | None
    parameters: dict[str, str]
    tenant: Tenant
    requests: list[bytes]

    @property
    def name(self) -> str:
        """The name of the operation with what was asked for."""
        asked = [*self.parameters.values(), *([] if self.page_size is None else [f"{self.page_size:,}"])]
        return ", ".join([self.endpoint.name, *asked])

    def targets(self, connections: int) -> list[Target]:
        """Return a target for each connection. Each of them begins with the request of another consent."""
        count = len(self.requests)
        return [
            target(self.tenant, cycle(self.requests[first % count :] + self.requests[: first % count]))
            for first in range(connections)
        ]


async def consented(recipient: Recipient, tenant: Tenant, token: str) -> Consented:
    """Fetch the ids of a consent. Raises Refused."""
    ids: dict[Owner, list[str]] = {}
    for owner, resource in _LISTS.items():
        [endpoint] = [each for each in ENDPOINTS if each.resource is resource]
        response = await recipient.client.resource(
            endpoint.path, token, version=max(endpoint.served_versions), params={"page-size": MAXIMUM_PAGE_SIZE}
        )
        items = json_object(response)["data"][resource.list_name]
        ids[owner] = [item[NAMED_OWNERS[owner].id_field] for item in items]
    return Consented(tenant, token, ids)


def calls(households: Sequence[Consented], business: Consented, now: datetime) -> Iterator[Call]:
    """Yield every call. The business uses the operations for several accounts or service points, households the others.

    So a list has a full page. Operations without pages are called once.
    """
    for endpoint in ENDPOINTS:
        if endpoint.scope is not None and endpoint.served_versions:
            users = [business] if endpoint.gives_list and endpoint.ids_in != "path" else households
            for parameters in _FORMS.get(endpoint.resource, ({},)):
                for page_size in PAGE_SIZES if endpoint.paginated else (None,):
                    yield call_of(endpoint, users, now, page_size=page_size, parameters=parameters)


def call_of(
    endpoint: Endpoint,
    users: Sequence[Consented],
    now: datetime,
    *,
    page_size: int | None = None,
    parameters: dict[str, str] | None = None,
) -> Call:
    """Return a call of an operation by consents of one tenant."""
    parameters = parameters or {}
    requests = [_request(endpoint, user, now, page_size, parameters) for user in users]
    return Call(endpoint, page_size, parameters, users[0].tenant, requests)


def _request(
    endpoint: Endpoint, user: Consented, now: datetime, page_size: int | None, parameters: dict[str, str]
) -> bytes:
    version = max(endpoint.versions_on(obligation_day(now), retired_too=False))
    headers = data_headers(user.token, version, now)
    path, body = endpoint.uri_path, b""
    if endpoint.ids_in is not None and endpoint.resource is not None:
        owner = endpoint.resource.belongs_to
        named = NAMED_OWNERS[owner]
        if endpoint.ids_in == "path":
            path = path.replace(f"{{{named.id_field}}}", quote(user.ids[owner][0]))
        else:
            body = msgspec.json.encode({"data": {named.ids_member: user.ids[owner]}, "meta": {}})
            headers["Content-Type"] = "application/json"
    query = parameters | ({} if page_size is None else {"page-size": str(page_size)})
    if query:
        path += "?" + "&".join(f"{name}={value}" for name, value in query.items())
    return http_request(user.tenant, endpoint.method, path, headers, body)
