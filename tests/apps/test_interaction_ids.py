"""x-fapi-interaction-id on every answer of a secure host (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""

from typing import Any
from uuid import uuid4

import httpx

from tenants.registry.models import Tenant

PLAYED_BACK = "x-fapi-interaction-id"


async def test_id_that_the_proxy_logs_is_the_applications(http: httpx.AsyncClient, module_tenant: Tenant) -> None:
    """Whatever the client has sent, which is judged by itself."""
    logged = str(uuid4())
    for sent in ({}, {PLAYED_BACK: "no uuid"}):
        headers: dict[str, Any] = {"HAAS-Interaction-Id": logged, **sent}
        answer = await http.get(f"{module_tenant.secure_base}/token", headers=headers)
        assert answer.headers[PLAYED_BACK] == logged
