"""A client of the Register's private APIs."""

import uuid
from typing import Any

import httpx

from haas.clock import epoch
from ops.sandbox.jose import SigningKey, sign
from ops.sandbox.seed_data import SOFTWARE_PRODUCT_ID
from tests.ops.sandbox.addresses import SECURE_REGISTER
from tests.ops.sandbox.conftest import RunningSandbox


async def own_key(sandbox: RunningSandbox) -> SigningKey:
    hosted = await sandbox.services.hosting.product(SOFTWARE_PRODUCT_ID)
    assert hosted is not None
    return SigningKey.from_jwk(hosted.signing_key)


async def secure_http(sandbox: RunningSandbox) -> httpx.AsyncClient:
    stored = await sandbox.services.collections.certificates.get(SOFTWARE_PRODUCT_ID)
    assert stored is not None
    return sandbox.open_http((stored.chain.encode(), stored.key.encode()))


async def token_form(sandbox: RunningSandbox, **claims: Any) -> dict[str, str]:
    now = epoch(sandbox.clock.now())
    body = {
        "iss": SOFTWARE_PRODUCT_ID,
        "sub": SOFTWARE_PRODUCT_ID,
        "aud": f"{SECURE_REGISTER}/idp/connect/token",
        "jti": str(uuid.uuid4()),
        "exp": now + 60,
        **claims,
    }
    return {
        "grant_type": "client_credentials",
        "scope": "cdr-register:read",
        "client_id": body["iss"],
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": sign(body, await own_key(sandbox)),
    }
