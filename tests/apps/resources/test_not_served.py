"""Operations of the standards that an energy retailer does not serve, and Get Generic Plans."""

import httpx
import pytest

from tenants.operations.not_served import OF_OTHER_SECTORS
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

PLANS = "https://plans.test/swift/cds-au/v1"


async def test_an_operation_of_another_sector_is_not_implemented(sharing: Sharing, public: httpx.AsyncClient) -> None:
    """C-E11: a path of the standards that is not served is told apart from a path that does not exist."""
    for each in OF_OTHER_SECTORS:
        path = each.path.replace("{", "").replace("}", "")
        for method in each.methods:
            if each.transport == "public":
                answer = await public.request(method, path)
            else:
                answer = await sharing.get(path, "unknown", method=method)
            cds_error(answer, "Resource/NotImplemented", "not an operation of the energy sector", 404)
    cds_error(await public.get("/banking/branches"), "Resource/NotFound", status=404)
    cds_error(await sharing.get("/banking/branches"), "Resource/NotFound", status=404)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/energy/plans", "/energy/plans"),
        ("/energy/plans?type=ALL&updated-since=2026-01-01T00:00:00%2B10:00", None),
        ("/energy/plans?brand=\u00e9%0d%0aX:", "/energy/plans?brand=%C3%A9%0d%0aX:"),
        ("/energy/plans/ABC123%40EME", "/energy/plans/ABC123%40EME"),
        ("/energy/plans/%0d%0aSet-Cookie:x", "/energy/plans/%0D%0ASet-Cookie%3Ax"),
    ],
)
async def test_get_generic_plans_is_redirected_to_the_regulator(
    brand: Brand, public: httpx.AsyncClient, path: str, location: str | None
) -> None:
    """The regulators publish the plans of all retailers. Without an address, the operation is not implemented."""
    cds_error(await public.get(path), "Resource/NotImplemented", "plans are published by", 404)
    await brand.application.change(brand.tenant, generic_plans_uri=PLANS)
    try:
        response, preflight = await public.get(path), await public.options(path)
    finally:
        await brand.application.change(brand.tenant, generic_plans_uri="")
    assert (response.status_code, response.headers["location"]) == (307, PLANS + (location or path))
    assert response.headers["access-control-allow-origin"] == "*"
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "GET")
