"""The Register's endpoints against its published API definition."""

from datetime import timedelta

import httpx
import pytest

from ops.sandbox.seed_data import SOFTWARE_PRODUCT_ID
from tests.ops.sandbox.addresses import REGISTER, REGISTER_API, SECURE_HOLDER, SECURE_REGISTER
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.register.private_api import secure_http, token_form
from tests.ops.sandbox.register.schemas import check

TEN_MINUTES = timedelta(minutes=10)


async def test_discovery_and_jwks_match_their_schemas(anonymous: httpx.AsyncClient) -> None:
    metadata = (await anonymous.get(f"{REGISTER}/idp/.well-known/openid-configuration")).json()
    check("ResponseOpenIDProviderConfigMetadata", metadata)
    assert metadata["issuer"] == f"{REGISTER}/idp"
    assert metadata["token_endpoint"] == f"{SECURE_REGISTER}/idp/connect/token"
    check("ResponseJWKS", (await anonymous.get(f"{REGISTER}/cdr-register/v1/jwks")).json())
    check("ResponseJWKS", (await anonymous.get(metadata["jwks_uri"])).json())


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
async def test_a_public_response_matches_its_schema(
    anonymous: httpx.AsyncClient, path: str, version: int, schema: str
) -> None:
    answer = await anonymous.get(f"{REGISTER_API}{path}", headers={"x-v": str(version + 1), "x-min-v": str(version)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-v"] == str(version)
    check(schema, answer.json())
    assert answer.json()["data"]
    assert answer.json()["links"]["self"] == f"{REGISTER_API}{path}"
    headers = {"x-v": str(version), "If-None-Match": answer.headers["etag"]}
    assert (await anonymous.get(f"{REGISTER_API}{path}", headers=headers)).status_code == 304


async def test_an_invalid_industry_is_refused(anonymous: httpx.AsyncClient) -> None:
    for industry in ("energy", "water"):
        url = f"{REGISTER}/cdr-register/v1/{industry}/data-recipients"
        answer = await anonymous.get(url, headers={"x-v": "4"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"].endswith("Field/InvalidIndustry")
    valid = await anonymous.get(f"{REGISTER_API}/data-recipients", headers={"x-v": "4"})
    assert valid.status_code == 200


async def test_the_private_apis_accept_a_token_over_its_own_certificate_only(sandbox: RunningSandbox) -> None:
    product = await sandbox.services.register.products.get(SOFTWARE_PRODUCT_ID)
    assert product is not None
    another = await sandbox.services.certificates.issue(product)
    pair = another.certificate.encode(), str(another.key).encode()
    async with await secure_http(sandbox) as http, sandbox.open_http(pair) as other:
        answer = await http.post(f"{SECURE_REGISTER}/idp/connect/token", data=await token_form(sandbox))
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "x-v": "3"}
        url = f"{SECURE_REGISTER}/cdr-register/v1/energy/data-holders/brands"
        brands = await http.get(url, headers=headers)
        assert brands.status_code == 200, brands.text
        check("ResponseRegisterDataHolderBrandListV2", brands.json())
        endpoints = brands.json()["data"][0]["endpointDetail"]
        assert endpoints["resourceBaseUri"] == SECURE_HOLDER
        assert brands.json()["meta"] == {"totalRecords": 1, "totalPages": 1}
        assert (await http.get(f"{url}?updated-since=2999-01-01T00:00:00Z", headers=headers)).json()["data"] == []
        assert (await http.get(f"{url}?page=2", headers=headers)).status_code == 422
        assert (await http.get(f"{url}?page-size=0", headers=headers)).status_code == 400
        assert (await http.get(f"{url}?page=%D9%A1", headers=headers)).status_code == 400
        assert (await http.get(f"{url}?page={'1' * 5_000}", headers=headers)).status_code == 400
        assert (await http.get(f"{url}?updated-since=now", headers=headers)).status_code == 400
        assert (await other.get(url, headers=headers)).status_code == 401
        assert (await http.get(url, headers={"x-v": "3"})).status_code == 401
        sandbox.clock.move(TEN_MINUTES)
        assert (await http.get(url, headers=headers)).status_code == 401
        sandbox.clock.move(-TEN_MINUTES)
