"""The calls of the Register to a data holder brand: Get Metrics and Metadata Update (CDS, Admin APIs).

The Register authenticates with an access token of the brand, for which it uses `private_key_jwt`. A brand that gives it
none has agreed on JWTs that the Register signs itself.
"""

import asyncio
from typing import Final
from uuid import uuid4

import httpx

from haas.clock import Clock, epoch
from ops.sandbox.certificates import MutualTls
from ops.sandbox.jose import sign
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from ops.sandbox.register.models import SoftwareProduct
from ops.sandbox.register.service import Register
from ops.sandbox.tenants import RESOURCE_PATH, Tenant

CLIENT_ID: Final = "cdr-register"
METRICS_VERSION: Final = 5
_METRICS_SCOPE: Final = "admin:metrics.basic:read"
_UPDATE_SCOPE: Final = "admin:metadata:update"
_SECONDS_OF_A_JWT: Final = 60


class HolderCalls:
    """Calls data holder brands as the Register."""

    def __init__(self, register: Register, mutual_tls: MutualTls, clock: Clock, origin: str) -> None:
        """`register` has the key that signs, and `mutual_tls` issues the client certificate."""
        self._register = register
        self._mutual_tls = mutual_tls
        self._clock = clock
        # Certificates are issued for software products. This one is not in the Register.
        self._certified = SoftwareProduct(
            software_product_id=CLIENT_ID,
            data_recipient_brand_id=CLIENT_ID,
            name="CDR Register",
            description="The Register of the sandbox",
            client_uri=origin,
            logo_uri=origin,
            tos_uri=origin,
            policy_uri=origin,
            jwks_uri=origin,
            redirect_uris=[],
            recipient_base_uri=origin,
            revocation_uri=origin,
        )
        self._lock = asyncio.Lock()

    async def metrics(self, tenant: Tenant, period: str) -> httpx.Response:
        """Return the brand's answer to Get Metrics for a period."""
        path = f"/admin/metrics?period={period}"
        return await self._send(tenant, "GET", path, _METRICS_SCOPE, version=METRICS_VERSION)

    async def update_metadata(self, tenant: Tenant) -> httpx.Response:
        """Return the brand's answer to Metadata Update."""
        path, body = "/admin/register/metadata", {"data": {"action": "REFRESH"}}
        return await self._send(tenant, "POST", path, _UPDATE_SCOPE, version=1, body=body)

    async def _send(
        self,
        tenant: Tenant,
        method: str,
        path: str,
        scope: str,
        *,
        version: int,
        body: dict[str, dict[str, str]] | None = None,
    ) -> httpx.Response:
        async with self._lock:  # the certificate is issued once
            http = await self._mutual_tls.http(self._certified)
        sent = {"Authorization": f"Bearer {await self._token(tenant, http, scope)}", "x-v": str(version)}
        url = f"{tenant.resource_base_uri}{RESOURCE_PATH}{path}"
        return await http.request(method, url, headers=sent, json=body)

    async def _token(self, tenant: Tenant, http: httpx.AsyncClient, scope: str) -> str:
        """Return an access token of the brand or, if it gives none, a JWT that the Register signs itself."""
        key = await self._register.key("ssa")
        client = RecipientClient(
            await Holder.discover(tenant.issuer, http),
            http,
            key,
            software_product_id=CLIENT_ID,
            redirect_uri="",
            resource_base_uri=tenant.resource_base_uri,
            client_id=CLIENT_ID,
            clock=self._clock,
        )
        try:
            return (await client.client_credentials(scope)).access_token
        except Refused as refused:
            if refused.error != "unauthorized_client":
                raise
        claims = {
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": tenant.resource_base_uri,
            "exp": epoch(self._clock.now()) + _SECONDS_OF_A_JWT,
            "jti": str(uuid4()),
        }
        return sign(claims, key)
