"""What generated requests ask for."""

from collections.abc import Iterable, Mapping, Sequence
from email.utils import format_datetime
from typing import Any

import httpx
import msgspec

from ops.sandbox.recipient.client import RecipientClient
from tenants.operations.models import BASE_PATH, Endpoint, Owner
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import load_client, registered_client
from tests.support.consents import consent
from tests.support.demonstration import ALL_SCOPES, demonstration_consumers
from tests.support.operations import ALL, known_ids


class Sharing(msgspec.Struct, frozen=True):
    """A consent to share all data, the ids by which the recipient knows it, and the NMIs that no error may contain."""

    tenant: Tenant
    client: RecipientClient
    token: str
    known: Mapping[Owner, Sequence[str]]
    nmis: Sequence[str]
    auth_date: str
    """A value of x-fapi-auth-date."""

    async def send(
        self,
        endpoint: Endpoint,
        path: str,
        *,
        query: Any,
        headers: Iterable[tuple[str, str | bytes]],
        content: bytes | None,
    ) -> httpx.Response:
        """Send a request with this consent's token; return the response with any status.

        `path` is the path of the operation with the ids in it, as in a URI. Text in headers is Latin-1.
        """
        public = endpoint.transport == "public"
        base = self.tenant.issuer if public else self.tenant.secure_base
        sent = [(name, value.encode("latin-1") if isinstance(value, str) else value) for name, value in headers]
        if not public:
            sent.append(("authorization", f"Bearer {self.token}".encode()))
        encoded = [(name.encode("latin-1"), value) for name, value in sent]
        return await self.client.http.request(
            endpoint.method, base + BASE_PATH + path, params=query, headers=encoded, content=content
        )


async def demonstration_sharing(application: Application) -> Sharing:
    """Let the demonstration customer with the most accounts share everything. The brand serves retired versions."""
    tenant = await application.new_tenant()
    await application.set_setting(tenant, serves_retired_versions=True)
    client = await registered_client(application, tenant)
    recipient = await load_client(application.database, tenant, client.client_id)
    consumers = await demonstration_consumers(application, tenant, recipient)
    consumer = max(consumers, key=lambda each: len(each.account_ids))
    token = (await consent(application, tenant, client, consumer, scope=ALL_SCOPES)).access_token
    known = await known_ids(client, token)
    points = await client.resource("/energy/electricity/servicepoints", token, version=2, params=ALL)
    nmis = [point["nationalMeteringId"] for point in points.json()["data"]["servicePoints"]]
    assert known["account"]
    assert nmis
    return Sharing(tenant, client, token, known, nmis, format_datetime(application.now, usegmt=True))
