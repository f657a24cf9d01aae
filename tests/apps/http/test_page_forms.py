"""The cookie, the form token and the Origin check are one mechanism for the pages of every surface.

Each surface is tested with a form that it serves. Every test changes one thing in a form that would be accepted.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from apps.http.page_forms import form_token
from haas.clock import MovableClock
from haas.digest import digest
from haas.sessions import new_secret
from tenants.authentication import staff_sessions
from tenants.authentication import store as tenant_sessions
from tenants.registry.models import Tenant
from tenants.staff import store as staff
from tests.support.application import Application
from tests.support.customers import CustomerData

SURFACES = ("public", "admin")
UNKNOWN_SECRET = "A" * 43


class Visitor(msgspec.Struct):
    """A browser that has signed in on one surface, and the form with which the person signs out."""

    http: httpx.AsyncClient
    surface: str
    origin: str
    start: str
    """A page that shows the button to sign out only to a person who has signed in."""
    form: str
    """The path of the form."""
    cookie: str
    secret: str

    async def submit(self, **changes: Any) -> httpx.Response:
        """Submit the form as a browser does, with changes: `token`, `headers` or `cookie`."""
        cookie = changes.get("cookie", self.secret)
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **changes.get("headers", {})}
        if cookie:
            headers["Cookie"] = f"{self.cookie}={cookie}"
        body = {"form_token": changes.get("token", form_token(self.secret))}
        return await self.http.post(self.origin + self.form, data=body, headers=headers)

    async def signed_in(self) -> bool:
        """Return whether the server shows the page of a person who has signed in."""
        shown = await self.http.get(self.origin + self.start, headers={"Cookie": f"{self.cookie}={self.secret}"})
        return shown.status_code == 200 and 'id="sign-out"' in shown.text


SignIn = Callable[[str], Awaitable[Visitor]]


@pytest.fixture(scope="module")
async def brand(application: Application) -> Tenant:
    return await application.new_tenant()


@pytest.fixture
async def sign_in(application: Application, brand: Tenant) -> AsyncIterator[SignIn]:
    """Sign a person in on a surface, with a session as the sign-in of the surface makes it."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi)) as http:

        async def on(surface: str) -> Visitor:
            secret = await SIGN_INS[surface](application, brand)
            if surface == "public":
                return Visitor(
                    http, surface, brand.issuer, "/dashboard", "/dashboard/sign-out", "__Host-dashboard", secret
                )
            return Visitor(http, surface, brand.admin_base, "/", "/sign-out", "__Host-admin", secret)

        yield on


async def _at_dashboard(application: Application, brand: Tenant) -> str:
    login, _ = await CustomerData(application.database, brand, lambda: application.now).add_login()
    secret, now = new_secret(), application.now
    async with application.database.transaction(brand.namespace) as tx:
        await tenant_sessions.save_session(tx, digest(secret), challenge_id=None, login_id=login, now=now)
    return secret


async def _at_admin(application: Application, brand: Tenant) -> str:
    now = application.now
    async with application.database.transaction(brand.namespace) as tx:
        kim = await staff.record_sign_in(
            tx, issuer="https://sso.test", subject=uuid4().hex, name="Kim Wattle", email=None, roles=[], now=now
        )
        return await staff_sessions.begin(tx, "", kim.id, now)


SIGN_INS = {"public": _at_dashboard, "admin": _at_admin}


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_form_of_the_surface_is_accepted(sign_in: SignIn, surface: str) -> None:
    visitor = await sign_in(surface)
    assert await visitor.signed_in()
    answer = await visitor.submit()
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{visitor.cookie}=")
    for attribute in ("Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=lax"):
        assert attribute.lower() in cookie.lower()
    assert "domain" not in cookie.lower()
    assert not await visitor.signed_in(), "the server has ended the session, not only the browser"


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "null", "Sec-Fetch-Site": "none"}],
    ids=["no-referrer", "typed"],
)
async def test_what_browsers_send_for_pages_without_referrer_is_accepted(
    sign_in: SignIn, surface: str, headers: dict[str, str]
) -> None:
    assert (await (await sign_in(surface)).submit(headers=headers)).status_code == 303


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Origin": "https://elsewhere.test"}},
        {"headers": {"Origin": "https://haas.localhost:8443"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"token": ""},
        {"token": form_token("")},
        {"token": form_token(UNKNOWN_SECRET)},
        {"cookie": ""},
        {"cookie": "", "token": form_token("")},
        {"cookie": "malformed"},
        {"cookie": UNKNOWN_SECRET},
        {"headers": {"Content-Type": "text/plain"}},
    ],
    ids=str,
)
async def test_a_form_from_elsewhere_is_refused_and_changes_nothing(
    sign_in: SignIn, surface: str, changes: dict[str, Any]
) -> None:
    visitor = await sign_in(surface)
    answer = await visitor.submit(**changes)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "We could not accept this form" in answer.text
    assert await visitor.signed_in()


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_form_of_another_surface_of_the_brand_is_refused(sign_in: SignIn, surface: str) -> None:
    """The hosts of a brand are one site to browsers, so `Sec-Fetch-Site` alone would not distinguish them."""
    visitor = await sign_in(surface)
    for other in {*SURFACES} - {surface}:
        origin = (await sign_in(other)).origin
        assert (await visitor.submit(headers={"Origin": origin})).status_code == 403
    assert await visitor.signed_in()


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_session_of_another_surface_is_not_valid(sign_in: SignIn, surface: str) -> None:
    visitor = await sign_in(surface)
    for other in {*SURFACES} - {surface}:
        visitor.secret = (await sign_in(other)).secret
        assert not await visitor.signed_in()


@pytest.mark.parametrize(("surface", "idle", "lifetime"), [("public", 15, 3), ("admin", 30, 12)])
async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(
    sign_in: SignIn, clock: MovableClock, surface: str, idle: int, lifetime: int
) -> None:
    """`idle` is in minutes, `lifetime` in hours."""
    visitor = await sign_in(surface)
    clock.move(timedelta(minutes=idle - 1))
    assert await visitor.signed_in()
    clock.move(timedelta(minutes=idle))
    assert not await visitor.signed_in()
    visitor = await sign_in(surface)
    for _ in range(lifetime * 60 // (idle - 1)):
        assert await visitor.signed_in()
        clock.move(timedelta(minutes=idle - 1))
    assert await visitor.signed_in()
    clock.move(timedelta(minutes=idle - 1))
    assert not await visitor.signed_in()


async def test_a_disabled_member_of_staff_is_signed_out(
    application: Application, brand: Tenant, sign_in: SignIn
) -> None:
    at_admin, now = await sign_in("admin"), application.now
    async with application.database.transaction(brand.namespace) as tx:
        kim = await staff_sessions.signed_in_member(tx, at_admin.secret, now)
        assert kim is not None
        await staff.disable(tx, kim.id, now)
    assert not await at_admin.signed_in()


async def test_a_sign_in_ends_the_previous_session_of_the_browser(
    application: Application, brand: Tenant, sign_in: SignIn
) -> None:
    """This prevents session fixation: a secret from before the sign-in never becomes that of a session."""
    visitor, now = await sign_in("admin"), application.now
    async with application.database.transaction(brand.namespace) as tx:
        kim = await staff_sessions.signed_in_member(tx, visitor.secret, now)
        assert kim is not None
        secret = await staff_sessions.begin(tx, visitor.secret, kim.id, now)
    assert secret != visitor.secret
    assert not await visitor.signed_in()
    visitor.secret = secret
    assert await visitor.signed_in()
