"""The recipient's endpoints for other software."""

import httpx

from ops.sandbox.seed_data import SOFTWARE_PRODUCT_ID
from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.faulty_holder import FaultyHolder


async def test_the_addresses_in_the_ssa_are_served(anonymous: httpx.AsyncClient) -> None:
    for path, kind in (
        ("/logo.svg", "image/svg+xml"),
        ("/policy", "text/html"),
        ("/style.css", "text/css"),
        ("/sector_identifier.json", "application/json"),
        ("/jwks", "application/json"),
    ):
        answer = await anonymous.get(f"{RECIPIENT}{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
    assert (await anonymous.get(f"{RECIPIENT}/sector_identifier.json")).json() == [f"{RECIPIENT}/callback"]
    assert (await anonymous.get(f"{RECIPIENT}/nowhere")).status_code == 404


async def test_a_product_that_is_not_hosted_has_no_endpoints(
    anonymous: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    address = f"{RECIPIENT}/products/unknown/arrangements/revoke"
    assert (await anonymous.post(address, **holder.notice(address))).status_code == 401
    assert (await anonymous.get(f"{RECIPIENT}/products/unknown/jwks")).status_code == 404
    assert (await anonymous.get(f"{RECIPIENT}/products/unknown/sector_identifier.json")).status_code == 404
    assert (await anonymous.post(address, content=b"{}")).status_code == 400
    assert (await anonymous.get(f"{RECIPIENT}/products/{SOFTWARE_PRODUCT_ID}/jwks")).json()["keys"]
