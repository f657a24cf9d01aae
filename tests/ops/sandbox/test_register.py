"""The Register's answers, against its published API definition, and what it refuses."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from haas.clock import epoch
from ops.sandbox.jose import PublicKeys, SigningKey, sign, verify
from ops.sandbox.seed_data import BRAND_ID, LEGAL_ENTITY_ID, SOFTWARE_PRODUCT_ID
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.shapes import misshapen

REGISTER = "https://register.cdr-sandbox.localhost:8443"
SECURE = "https://mtls.register.cdr-sandbox.localhost:8443"
API = f"{REGISTER}/cdr-register/v1/all"
TEN_MINUTES = timedelta(minutes=10)
DEFINITION = json.loads((Path(__file__).parent / "cds_register.json").read_text(encoding="utf-8"))


def check(schema: str, document: Any) -> None:
    assert misshapen(document, DEFINITION["components"]["schemas"][schema], DEFINITION) == []


async def own_key(sandbox: RunningSandbox) -> SigningKey:
    hosted = await sandbox.services.hosting.product(SOFTWARE_PRODUCT_ID)
    assert hosted is not None
    return SigningKey.from_jwk(hosted.signing_key)


async def secure(sandbox: RunningSandbox) -> httpx.AsyncClient:
    kept = await sandbox.services.collections.certificates.get(SOFTWARE_PRODUCT_ID)
    assert kept is not None
    return sandbox.open_http((kept.chain.encode(), kept.key.encode()))


async def token_form(sandbox: RunningSandbox, **claims: Any) -> dict[str, str]:
    now = epoch(sandbox.clock.now())
    body = {
        "iss": SOFTWARE_PRODUCT_ID,
        "sub": SOFTWARE_PRODUCT_ID,
        "aud": f"{SECURE}/idp/connect/token",
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


async def test_discovery_and_jwks_have_their_published_shapes(outside: httpx.AsyncClient) -> None:
    metadata = (await outside.get(f"{REGISTER}/idp/.well-known/openid-configuration")).json()
    check("ResponseOpenIDProviderConfigMetadata", metadata)
    assert metadata["issuer"] == f"{REGISTER}/idp"
    assert metadata["token_endpoint"] == f"{SECURE}/idp/connect/token"
    check("ResponseJWKS", (await outside.get(f"{REGISTER}/cdr-register/v1/jwks")).json())
    check("ResponseJWKS", (await outside.get(metadata["jwks_uri"])).json())


@pytest.mark.parametrize(
    ("path", "version", "schema"),
    [
        ("/data-recipients", 4, "ResponseRegisterDataRecipientList"),
        ("/data-recipients/status", 3, "DataRecipientsStatusList"),
        ("/data-recipients/brands/software-products/status", 3, "SoftwareProductsStatusList"),
        ("/data-holders/status", 2, "DataHoldersStatusList"),
        ("/data-holders/brands/summary", 2, "ResponseDataHoldersBrandSummaryListV2"),
    ],
)
async def test_a_public_answer_has_its_published_shape(
    outside: httpx.AsyncClient, path: str, version: int, schema: str
) -> None:
    answer = await outside.get(f"{API}{path}", headers={"x-v": str(version + 1), "x-min-v": str(version)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-v"] == str(version)
    check(schema, answer.json())
    assert answer.json()["data"]
    assert answer.json()["links"]["self"] == f"{API}{path}"
    headers = {"x-v": str(version), "If-None-Match": answer.headers["etag"]}
    assert (await outside.get(f"{API}{path}", headers=headers)).status_code == 304


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "Header/Missing"),
        ({"x-v": "0"}, 400, "Header/InvalidVersion"),
        ({"x-v": "one"}, 400, "Header/InvalidVersion"),
        ({"x-v": "4", "x-min-v": "-1"}, 400, "Header/InvalidVersion"),
        ({"x-v": "3"}, 406, "Header/UnsupportedVersion"),
        ({"x-v": "9", "x-min-v": "5"}, 406, "Header/UnsupportedVersion"),
    ],
)
async def test_a_version_is_negotiated(
    outside: httpx.AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await outside.get(f"{API}/data-recipients", headers=headers)
    assert answer.status_code == status
    check("ResponseErrorListV2", answer.json())
    assert answer.json()["errors"][0]["code"].endswith(code)


async def test_an_industry_that_is_none_is_refused(outside: httpx.AsyncClient) -> None:
    for industry in ("energy", "water"):
        url = f"{REGISTER}/cdr-register/v1/{industry}/data-recipients"
        answer = await outside.get(url, headers={"x-v": "4"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"].endswith("Field/InvalidIndustry")


async def test_the_private_apis_answer_a_token_over_its_own_certificate(sandbox: RunningSandbox) -> None:
    product = await sandbox.services.register.products.get(SOFTWARE_PRODUCT_ID)
    assert product is not None
    another = await sandbox.services.certificates.issue(product)
    pair = another.certificate.encode(), str(another.key).encode()
    async with await secure(sandbox) as http, sandbox.open_http(pair) as other:
        answer = await http.post(f"{SECURE}/idp/connect/token", data=await token_form(sandbox))
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "x-v": "3"}
        url = f"{SECURE}/cdr-register/v1/energy/data-holders/brands"
        brands = await http.get(url, headers=headers)
        assert brands.status_code == 200, brands.text
        check("ResponseRegisterDataHolderBrandListV2", brands.json())
        endpoints = brands.json()["data"][0]["endpointDetail"]
        assert endpoints["resourceBaseUri"] == "https://mtls.aurora.haas.localhost:8443"
        assert brands.json()["meta"] == {"totalRecords": 1, "totalPages": 1}
        assert (await http.get(f"{url}?updated-since=2999-01-01T00:00:00Z", headers=headers)).json()["data"] == []
        assert (await http.get(f"{url}?page=2", headers=headers)).status_code == 422
        assert (await http.get(f"{url}?page-size=0", headers=headers)).status_code == 400
        assert (await http.get(f"{url}?updated-since=now", headers=headers)).status_code == 400
        assert (await other.get(url, headers=headers)).status_code == 401
        assert (await http.get(url, headers={"x-v": "3"})).status_code == 401
        sandbox.clock.move(TEN_MINUTES)
        assert (await http.get(url, headers=headers)).status_code == 401
        sandbox.clock.move(-TEN_MINUTES)


async def test_the_token_endpoint_refuses_an_assertion_that_is_wrong_or_used(sandbox: RunningSandbox) -> None:
    url = f"{SECURE}/idp/connect/token"
    async with await secure(sandbox) as http:
        form = await token_form(sandbox)
        assert (await http.post(url, data=form)).status_code == 200
        assert (await http.post(url, data=form)).json()["error"] == "invalid_client"
        for claims in ({"exp": 1}, {"aud": "https://elsewhere.test"}, {"sub": "another"}, {"jti": None}, {"iss": "x"}):
            answer = await http.post(url, data=await token_form(sandbox, **claims))
            assert answer.status_code == 401, claims
        wrong_scope = {**await token_form(sandbox), "scope": "openid"}
        assert (await http.post(url, data=wrong_scope)).json()["error"] == "invalid_scope"
        wrong_grant = {**await token_form(sandbox), "grant_type": "password"}
        assert (await http.post(url, data=wrong_grant)).json()["error"] == "unsupported_grant_type"
        unsigned = {**await token_form(sandbox), "client_assertion": "a.b.c"}
        assert (await http.post(url, data=unsigned)).status_code == 401
        assert (await http.post(url, content=b"x")).status_code == 400


async def test_an_ssa_verifies_against_the_published_keys(sandbox: RunningSandbox, outside: httpx.AsyncClient) -> None:
    async with await secure(sandbox) as http:
        token = (await http.post(f"{SECURE}/idp/connect/token", data=await token_form(sandbox))).json()
        headers = {"Authorization": f"Bearer {token['access_token']}", "x-v": "4"}
        path = f"/data-recipients/brands/{BRAND_ID}/software-products/{SOFTWARE_PRODUCT_ID}/ssa"
        answer = await http.get(f"{SECURE}/cdr-register/v1/all{path}", headers=headers)
        other = await http.get(
            f"{SECURE}/cdr-register/v1/all{path.replace(SOFTWARE_PRODUCT_ID, str(uuid.uuid4()))}", headers=headers
        )
    assert answer.status_code == 200, answer.text
    assert other.status_code == 401
    jwks = (await outside.get(f"{REGISTER}/cdr-register/v1/jwks")).content
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
    assert {"openid", "profile", "cdr:registration", "energy:accounts.basic:read"} <= set(claims["scope"].split())


async def test_no_ssa_is_issued_while_a_status_is_not_active(
    sandbox: RunningSandbox, control: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}"
    await control.put(f"{url}/status", json={"status": "INACTIVE"})
    assert (await control.get(f"{url}/ssa")).status_code == 403
    await control.put(f"{url}/status", json={"status": "ACTIVE"})
    assert (await control.get(f"{url}/ssa")).status_code == 200


async def test_a_recipients_status_takes_its_products_along(
    control: httpx.AsyncClient, outside: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    for status, cascaded in (("SUSPENDED", "INACTIVE"), ("REVOKED", "REMOVED")):
        answer = await control.put(f"/data-recipients/{product['legal_entity_id']}/status", json={"status": status})
        assert answer.json()["status"] == status
        statuses = await product_statuses(outside)
        assert statuses[product["software_product_id"]] == cascaded
        entities = (await outside.get(f"{API}/data-recipients/status", headers={"x-v": "3"})).json()["data"]
        assert {"legalEntityId": product["legal_entity_id"], "status": status} in entities


async def test_a_product_can_be_left_out_of_the_status_answer(
    control: httpx.AsyncClient, outside: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url, product_id = f"/software-products/{product['software_product_id']}/status", product["software_product_id"]
    assert (await product_statuses(outside))[product_id] == "ACTIVE"
    await control.put(url, json={"omitted": True})
    assert product_id not in await product_statuses(outside)
    await control.put(url, json={"omitted": False})
    assert (await product_statuses(outside))[product_id] == "ACTIVE"


async def product_statuses(http: httpx.AsyncClient) -> dict[str, str]:
    url = f"{API}/data-recipients/brands/software-products/status"
    data = (await http.get(url, headers={"x-v": "3"})).json()["data"]
    return {entry["softwareProductId"]: entry["status"] for entry in data}


async def test_a_host_that_is_not_the_sandboxs_and_a_path_of_another_host_are_not_found(
    outside: httpx.AsyncClient,
) -> None:
    assert (await outside.get("https://elsewhere.cdr-sandbox.localhost:8443/")).status_code == 404
    url = f"{REGISTER}/cdr-register/v1/energy/data-holders/brands"
    assert (await outside.get(url, headers={"x-v": "3"})).status_code == 404
