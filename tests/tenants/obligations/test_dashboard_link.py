"""Pages of a retailer's site, read from a real HTTPS server: with a link to the dashboard, without, or not at all."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from haas import html_links
from haas.outbound import Outbound
from haas.settings import Settings
from tenants.obligations import dashboard_link
from tenants.obligations.dashboard_link import (
    MAXIMUM_PAGE_BYTES,
    LinkCounts,
    check_dashboard_link,
    warn_of_dashboard_links,
)
from tenants.registry.models import Tenant
from tests.support.https_server import HttpsServer, ReceivedRequest


class Site:
    """The retailer's site: what each path answers."""

    def __init__(self, server: HttpsServer, outbound: Outbound, tenant: Tenant) -> None:
        self.server, self.outbound, self.tenant = server, outbound, tenant
        self.answers: dict[str, tuple[str, str]] = {}
        server.respond = self._respond

    def _respond(self, request: ReceivedRequest) -> bytes:
        head, body = self.answers.get(request.path, ("404 Not Found\r\nContent-Type: text/html", ""))
        content = body.encode()
        length = f"\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        return f"HTTP/1.1 {head}{length}".encode() + content

    def put(self, body: str, *, path: str = "/", head: str = "200 OK\r\nContent-Type: text/html; charset=utf-8") -> str:
        """Answer a path; return the address of the page."""
        self.answers[path] = (head, body)
        return f"{self.server.origin('www')}{path}"

    def brand(self, *pages: str) -> Tenant:
        settings = msgspec.structs.replace(self.tenant.settings, dashboard_link_pages=frozenset(pages))
        return msgspec.structs.replace(self.tenant, settings=settings)

    async def problem(self, page: str) -> tuple[bool, str] | None:
        """Return whether the page could not be read, and the problem; None if it has the link."""
        found = await check_dashboard_link(self.outbound, self.tenant, page)
        return None if found is None else (found.is_unread, found.problem)


@pytest.fixture
async def site(https_server: HttpsServer, settings: Settings, tenant: Tenant) -> AsyncIterator[Site]:
    https_server.reset()
    ours = https_server.settings(settings, environment="production")
    async with https_server.serving(), Outbound(ours) as outbound:
        yield Site(https_server, outbound, tenant)
    https_server.reset()


async def test_a_page_with_a_link_to_the_host_of_the_dashboard_is_right(site: Site) -> None:
    host = site.tenant.hosts.public
    for right in (
        f'<p>Your data: <a class=x href="https://{host}/dashboard">Sharing</a>',
        f"<A HREF=https://{host.upper()}>Data sharing</A>",
        f'<base href="https://{host}/about/"><a href="../dashboard">Sharing</a>',
        f'<a href=" https://{host}/dashboard?from=site&amp;x=1 ">Sharing</a>',
        f'<!-- <a href="/x"> --><p id="a<b"><a href="/faq">FAQ</a><a href="//{host}/">Sharing</a>',
    ):
        assert await site.problem(site.put(right)) is None, right
    site.put("", path="/old", head="301 Moved\r\nLocation: /moved")
    site.put("", path="/moved", head=f"302 Found\r\nLocation: {site.server.origin('shop')}/")
    site.put(f'<a href="https://{host}/">Sharing</a>')
    assert await site.problem(f"{site.server.origin('www')}/old") is None
    assert [request.host.partition(".")[0] for request in site.server.requests[-3:]] == ["www", "www", "shop"]


async def test_a_page_without_such_a_link_is_not_said_to_be_unreadable(site: Site) -> None:
    host = site.tenant.hosts.public
    for wrong in (
        "",
        f"<p>https://{host}/dashboard",
        f'<!-- <a href="https://{host}/">Sharing</a> -->',
        f"<script>document.write('<a href=\"https://{host}/\">Sharing</a>')</script>",
        f'<template><a href="https://{host}/">Sharing</a></template>',
        f'<link href="https://{host}/"><area href="https://{host}/"><form action="https://{host}/"></form>',
        f'<a href="http://{host}/dashboard">Sharing</a>',
        f'<a href="https://{host}.other.test/">Sharing</a><a href="https://other.test/?https://{host}/">x</a>',
        f'<a href="https://other.test/" href="https://{host}/">Sharing</a>',
        f'<a name="https://{host}/">Sharing</a><a href>x</a><a href="https://[">y</a>',
    ):
        problem = await site.problem(site.put(wrong))
        assert problem == (False, f"{site.server.origin('www')}/ has no link to the dashboard."), wrong
    found = await check_dashboard_link(site.outbound, site.tenant, site.put(""))
    assert found is not None
    assert f"link to {site.tenant.issuer}/dashboard" in found.advice


async def test_a_page_that_cannot_be_read_is_not_said_to_have_no_link(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = "\r\nContent-Type: text/html"
    origin = site.server.origin("www")
    for head, body, said in (
        (f"503 Busy{html}", "", "it answered 503"),
        ("200 OK\r\nContent-Type: application/json", "{}", "not with an HTML page"),
        ("200 OK", "<p>", "not with an HTML page"),
        (f"302 Found\r\nLocation: http://www.kestrel.test/{html}", "", "is not an https address"),
        (f"302 Found{html}", "", "is not an https address"),
        (f"302 Found\r\nLocation: /{html}", "", "more than 3 other addresses"),
        (f"302 Found\r\nLocation: https://[/{html}", "", "is not an https address"),
        # A site must not lead us to a machine of our own network (decision 0014).
        (f"302 Found\r\nLocation: https://127.0.0.1:{site.server.port}/{html}", "", "has no public address"),
        (f"302 Found\r\nLocation: https://localhost:{site.server.port}/{html}", "", "has no public address"),
        (f"200 OK{html}", "x" * (MAXIMUM_PAGE_BYTES + 1), "more than"),
    ):
        unread = await site.problem(site.put(body, head=head))
        assert unread is not None
        assert (unread[0], unread[1].startswith(f"{origin}/ could not be read: "), said in unread[1]) == (
            True, True, True
        ), unread  # fmt: skip
    monkeypatch.setattr(html_links, "SECONDS_TO_READ", 0.3)
    unread = await site.problem(site.put("<a " * 100_000))
    assert unread == (True, f"{origin}/ could not be read: the page could not be parsed within 0 seconds")


async def test_a_brand_with_a_problem_is_logged_and_counted(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "tenants.obligations.dashboard_link")
    right = site.put(f'<a href="https://{site.tenant.hosts.public}/">Sharing</a>', path="/right")
    wrong, unread = site.put("", path="/wrong"), f"{site.server.origin('www')}/unknown"
    brands = [site.brand(), site.brand(right), site.brand(right, wrong), site.brand(wrong, unread), site.brand(unread)]
    counts = await warn_of_dashboard_links(site.outbound, brands)
    assert counts == LinkCounts(linked=1, not_linked=2, not_read=1)
    logged: list[Any] = caplog.records
    assert sorted((each.getMessage(), each.page) for each in logged) == [
        ("dashboard_link.missing", wrong), ("dashboard_link.missing", wrong),
        ("dashboard_link.not_read", unread), ("dashboard_link.not_read", unread),
    ]  # fmt: skip
    site.put(f'<a href="https://{site.tenant.hosts.public}/">Sharing</a>', path="/wrong")
    assert await warn_of_dashboard_links(site.outbound, [site.brand(wrong)]) == LinkCounts(linked=1), "it is closed"
    monkeypatch.setattr(dashboard_link, "SECONDS_FOR_ALL", 0.0)
    assert await warn_of_dashboard_links(site.outbound, [site.brand(right)]) == LinkCounts(not_read=1)
