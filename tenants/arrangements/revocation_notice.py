"""Notifying a data recipient that an arrangement has ended (CDS, CDR Arrangement Revocation endpoint)."""

import logging
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec

from haas.clock import Clock, epoch
from haas.database import Database
from haas.jose import SigningKey, sign
from haas.outbound import Outbound, OutboundError
from tenants.clients import store as clients
from tenants.keys.service import Keyring
from tenants.notices.errors import NotDelivered
from tenants.notices.models import ArrangementRevokedPayload, Notice
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

REVOCATION_PATH: Final = "/arrangements/revoke"
ASSERTION_LIFETIME: Final = timedelta(minutes=5)
_SUCCESS = range(200, 300)
_UNKNOWN_ARRANGEMENT = 422


class ArrangementRevocationChannel:
    """Delivers `arrangement-revoked` notices to the arrangement revocation endpoint of the recipient."""

    def __init__(self, database: Database, keyring: Keyring, outbound: Outbound, clock: Clock) -> None:
        """`keyring` has the tenants' signing keys, `outbound` sends the requests."""
        self._database = database
        self._keyring = keyring
        self._outbound = outbound
        self._clock = clock

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:
        """Send the notice. Raise NotDelivered if it fails.

        Status 204 means success. Status 422 means that the recipient does not know the arrangement (CDS): then
        the recipient need not be notified, and the notice counts as delivered.
        """
        payload = msgspec.convert(notice.payload, ArrangementRevokedPayload)
        endpoint = await self._endpoint(tenant, payload.client_id)
        key = await self._keyring.signing_key(tenant, "PS256")
        arrangement = self._signed(tenant, endpoint, key, cdr_arrangement_id=str(payload.arrangement_id))
        headers = {
            "Authorization": f"Bearer {self._signed(tenant, endpoint, key)}",
            "x-fapi-interaction-id": str(notice.id),
        }
        try:
            response = await self._outbound.post_form(endpoint, {"cdr_arrangement_jwt": arrangement}, headers=headers)
        except OutboundError as error:
            raise NotDelivered(str(error)) from error
        if response.status == _UNKNOWN_ARRANGEMENT:
            logger.warning("notice.arrangement_unknown", extra={"notice": str(notice.id)})
        elif response.status not in _SUCCESS:
            # 401 and 404 can be temporary too: the recipient may have cached old keys, or may repair its endpoint.
            raise NotDelivered(f"{endpoint} answered {response.status}")

    async def _endpoint(self, tenant: Tenant, client_id: str) -> str:
        async with self._database.transaction(tenant.namespace) as tx:
            base = await clients.recipient_base_uri(tx, client_id)
        if not base:
            raise NotDelivered(f"client {client_id} has no recipient_base_uri", permanent=True)
        return base.rstrip("/") + REVOCATION_PATH

    def _signed(self, tenant: Tenant, audience: str, key: SigningKey, **more: Any) -> str:
        """Return a JWT with the Resource Path as `aud` (CDS, Self-signed JWT Client Authentication)."""
        now = self._clock.now()
        claims = {
            **more,
            "iss": tenant.register_brand_id,
            "sub": tenant.register_brand_id,
            "aud": audience,
            "iat": epoch(now),
            "exp": epoch(now + ASSERTION_LIFETIME),
            "jti": str(uuid4()),
        }
        return sign(claims, key, typ="JWT")
