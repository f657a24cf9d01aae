"""Software statement assertions."""

import uuid
from typing import Any

import httpx

from ops.sandbox.jose import PublicKeys, verify
from ops.sandbox.seed_data import BRAND_ID, LEGAL_ENTITY_ID, SOFTWARE_PRODUCT_ID
from tests.ops.sandbox.addresses import REGISTER, SECURE_REGISTER
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.register.private_api import secure_http, token_form


async def test_an_ssa_verifies_against_the_published_keys(
    sandbox: RunningSandbox, anonymous: httpx.AsyncClient
) -> None:
    async with await secure_http(sandbox) as http:
        token = (await http.post(f"{SECURE_REGISTER}/idp/connect/token", data=await token_form(sandbox))).json()
        headers = {"Authorization": f"Bearer {token['access_token']}", "x-v": "4"}
        path = f"/data-recipients/brands/{BRAND_ID}/software-products/{SOFTWARE_PRODUCT_ID}/ssa"
        answer = await http.get(f"{SECURE_REGISTER}/cdr-register/v1/all{path}", headers=headers)
        other = await http.get(
            f"{SECURE_REGISTER}/cdr-register/v1/all{path.replace(SOFTWARE_PRODUCT_ID, str(uuid.uuid4()))}",
            headers=headers,
        )
    assert answer.status_code == 200, answer.text
    assert other.status_code == 401
    jwks = (await anonymous.get(f"{REGISTER}/cdr-register/v1/jwks")).content
    header, claims = verify(answer.json(), PublicKeys.from_jwks(jwks), algorithms=("PS256",))
    assert header["typ"] == "JWT"
    assert claims["iss"] == "cdr-register"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["software_id"] == SOFTWARE_PRODUCT_ID
    assert claims["legal_entity_id"] == LEGAL_ENTITY_ID
    assert claims["org_id"] == BRAND_ID
    assert claims["software_roles"] == "data-recipient-software-product"
    assert claims["redirect_uris"] == ["https://recipient.cdr-sandbox.localhost:8443/callback"]
    assert claims["revocation_uri"] == "https://recipient.cdr-sandbox.localhost:8443/arrangements/revoke"
    every_sector = {"bank:accounts.basic:read", "energy:accounts.basic:read", "energy:billing:read"}
    assert {"openid", "profile", "cdr:registration", *every_sector} <= set(claims["scope"].split())


async def test_no_ssa_is_issued_for_a_product_that_is_not_active(
    sandbox: RunningSandbox, control: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}"
    await control.put(f"{url}/status", json={"status": "INACTIVE"})
    assert (await control.get(f"{url}/ssa")).status_code == 403
    await control.put(f"{url}/status", json={"status": "ACTIVE"})
    assert (await control.get(f"{url}/ssa")).status_code == 200
