"""Control API: participants of the Register and their statuses."""

from typing import Any

import httpx

from tests.ops.sandbox.addresses import REGISTER_API


async def test_tenants_and_brands_are_listed(control: httpx.AsyncClient) -> None:
    (tenant,) = (await control.get("/tenants")).json()["tenants"]
    assert tenant["demonstration_customers"] == [{"identifier": "ada@example.test"}]
    brand = {
        "brand_name": "Banksia Power",
        "issuer": "https://banksia.test",
        "public_base_uri": "https://banksia.test",
        "resource_base_uri": "https://mtls.banksia.test",
        "jwks_uri": "https://banksia.test/jwks",
    }
    assert (await control.put("/data-holder-brands/brand-2", json=brand)).status_code == 200
    brands = (await control.get("/data-holder-brands")).json()["data_holder_brands"]
    assert {b["brand_name"] for b in brands} == {"Aurora Energy", "Banksia Power"}
    assert (await control.get("/data-recipients")).json()["data_recipients"]


async def test_a_status_change_of_a_recipient_changes_its_products(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    for status, cascaded in (("SUSPENDED", "INACTIVE"), ("REVOKED", "REMOVED")):
        answer = await control.put(f"/data-recipients/{product['legal_entity_id']}/status", json={"status": status})
        assert answer.json()["status"] == status
        statuses = await product_statuses(anonymous)
        assert statuses[product["software_product_id"]] == cascaded
        entities = (await anonymous.get(f"{REGISTER_API}/data-recipients/status", headers={"x-v": "3"})).json()["data"]
        assert {"legalEntityId": product["legal_entity_id"], "status": status} in entities


async def test_a_product_can_be_omitted_from_the_status_response(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url, product_id = f"/software-products/{product['software_product_id']}/status", product["software_product_id"]
    assert (await product_statuses(anonymous))[product_id] == "ACTIVE"
    await control.put(url, json={"omitted": True})
    assert product_id not in await product_statuses(anonymous)
    await control.put(url, json={"omitted": False})
    assert (await product_statuses(anonymous))[product_id] == "ACTIVE"


async def product_statuses(http: httpx.AsyncClient) -> dict[str, str]:
    url = f"{REGISTER_API}/data-recipients/brands/software-products/status"
    data = (await http.get(url, headers={"x-v": "3"})).json()["data"]
    return {entry["softwareProductId"]: entry["status"] for entry in data}
