"""What each surface answers, and that a path of one surface does not exist on the others."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Request, get

from apps.asgi import HostRouter
from apps.http.context import any_context, context
from apps.surfaces import application_with
from haas.errors import Unavailable
from ops.demonstration.themes import AURORA
from tenants.registry.models import Tenant
from tenants.registry.surfaces import Surface, console_host
from tenants.services import Services
from tests.support.application import Application
from themes.tokens import theme_to_json

CONSOLE = "https://console.haas.localhost:8443"
NOT_THERE = ("/dashboard", "/dashboard/sign-in", "/authorise", "/flow/1/identify", "/jwks", "/par", "/logo.svg",
             "/.well-known/openid-configuration", "/cds-au/v1/discovery/status", "/nothing")  # fmt: skip


@pytest.fixture(scope="module")
async def brand(application: Application) -> Tenant:
    return await application.new_tenant(theme=theme_to_json(AURORA))


@pytest.fixture
async def http(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi)) as http:
        yield http


def origin(tenant: Tenant, surface: Surface) -> str:
    return CONSOLE if surface == "console" else tenant.origin(surface)


async def test_the_admin_host_has_a_page_in_the_look_of_its_brand(http: httpx.AsyncClient, brand: Tenant) -> None:
    answer = await http.get(f"{brand.admin_base}/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert AURORA.brand_name in answer.text
    assert "Administration" in answer.text
    assert f'href="{brand.issuer}/dashboard"' in answer.text
    path = answer.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    styles = await http.get(f"{brand.admin_base}{path}")
    assert AURORA.light.primary in styles.text
    assert (await http.head(f"{brand.admin_base}/")).status_code == 200


async def test_the_console_belongs_to_no_tenant(http: httpx.AsyncClient, brand: Tenant) -> None:
    answer = await http.get(f"{CONSOLE}/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "the staff of the provider" in answer.text
    assert brand.name not in answer.text
    assert "x-fapi-interaction-id" not in answer.headers
    path = answer.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert (await http.get(f"{CONSOLE}{path}")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("surface", ["admin", "console"])
@pytest.mark.parametrize("path", NOT_THERE)
async def test_what_a_host_for_staff_does_not_serve_is_a_page_for_staff(
    http: httpx.AsyncClient, brand: Tenant, surface: Surface, path: str
) -> None:
    answer = await http.get(origin(brand, surface) + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert 'href="/" id="start"' in answer.text
    assert "/dashboard" not in answer.text
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", *NOT_THERE])
async def test_the_management_host_answers_with_problems(http: httpx.AsyncClient, brand: Tenant, path: str) -> None:
    """RFC 9457."""
    answer = await http.get(brand.management_base + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank", "title": "Not Found", "detail": "There is nothing at this address."
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-fapi-interaction-id"]


async def test_the_pages_of_staff_exist_on_no_other_host(application: Application, brand: Tenant) -> None:
    async with application.http() as http:
        for surface in ("public", "secure", "management"):
            assert (await http.post(f"{origin(brand, surface)}/sign-out")).status_code == 404
        for surface in ("secure", "management"):
            assert (await http.get(f"{origin(brand, surface)}/")).status_code == 404
        assert (await http.get(f"{brand.issuer}/")).headers["location"] == "/dashboard"


@pytest.mark.parametrize("host", ["nobody.haas.localhost", "admin.nobody.haas.localhost", "console.other.test"])
async def test_an_unknown_host_is_404_without_content(http: httpx.AsyncClient, host: str) -> None:
    answer = await http.get(f"https://{host}:8443/")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (404, b"", "text/plain")


async def test_a_wrong_method_is_405_with_the_allowed_ones(http: httpx.AsyncClient, brand: Tenant) -> None:
    for surface, path, allowed in (("admin", "/sign-out", "POST"), ("console", "/", "GET")):
        answer = await http.put(origin(brand, surface) + path)
        assert answer.status_code == 405
        assert allowed in answer.headers["allow"]
        assert "These pages are for the staff" in answer.text


async def test_the_admin_host_of_a_suspended_brand_says_so_to_staff(
    application: Application, http: httpx.AsyncClient, brand: Tenant
) -> None:
    async with application.suspended(brand):
        answer = await http.get(f"{brand.admin_base}/")
        assert answer.status_code == 503
        assert "The provider has suspended this brand" in answer.text
        assert (await http.get(f"{brand.management_base}/")).status_code == 404
        assert (await http.get(f"{CONSOLE}/")).status_code == 200


async def test_the_console_answers_while_the_database_is_away(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = Services.open(application.services.settings)

    async def away(host: str) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(services.registry, "by_host", away)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(HostRouter(services))) as http:
        assert (await http.get(f"{CONSOLE}/")).status_code == 200
        assert (await http.get("https://aurora.haas.localhost:8443/")).status_code == 503
    await services.close()


async def test_code_for_tenants_cannot_run_on_a_host_of_the_provider(application: Application) -> None:
    @get("/any")
    async def any_host(request: Request[object, object, object]) -> str:  # type: ignore[type-var]
        assert any_context(request).tenant is None
        return any_context(request).origin

    @get("/tenant")
    async def tenants_only(request: Request[object, object, object]) -> str:  # type: ignore[type-var]
        return context(request).tenant.slug

    router = HostRouter(application.services)
    router._surfaces["console"] = application_with([any_host, tenants_only])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(router, raise_app_exceptions=False)) as http:
        assert (await http.get(f"{CONSOLE}/any")).text == CONSOLE
        answer = await http.get(f"{CONSOLE}/tenant")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text


def test_the_host_of_the_console_is_below_the_deployments_domain() -> None:
    assert console_host("cdr.example.com.au") == "console.cdr.example.com.au"
