"""The pages in the look of a brand that nginx serves while no application answers, and after too many requests."""

import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from apps.http.references import reference_of
from ops.demonstration.themes import AURORA, BANKSIA
from ops.proxy.unavailable_pages import STYLESHEET_PATH, write_pages
from ops.stack.ports import Ports
from tenants.registry.models import Tenant
from tests.support.proxy import ADMIN, OTHER, PUBLIC, SECURE, Answer, Proxy, running_proxy
from themes.brand import brand
from themes.logo import data_uri
from themes.tokens import theme_to_json

PAGE = b'<!doctype html><title>Aurora</title><p>Reference <!--# echo var="reference" --></p>'
INTERACTION = str(UUID(int=1))
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1"/></svg>'
STYLE = b":root { --primary: #123456; }"


async def ask(proxy: Proxy, target: str, *, host: str = PUBLIC, method: str = "GET", body: str = "") -> Answer:
    lines = (
        f"{method} {target} HTTP/1.1", f"Host: {host}", f"x-fapi-interaction-id: {INTERACTION}", "Connection: close",
        f"Content-Length: {len(body)}", "", body,
    )  # fmt: skip
    return await proxy.ask(host, request="\r\n".join(lines).encode())


async def logged(proxy: Proxy) -> set[tuple[str, str]]:
    """Return the status and the reference of each request that these tests have sent to the public host."""
    await proxy.ask(OTHER)  # nginx's only worker has written the lines of all requests before this one
    lines = (proxy.folder.logs / "access.log").read_bytes().splitlines()
    found = [msgspec.json.decode(line, type=dict[str, str]) for line in lines]
    return {(each["status"], each["reference"]) for each in found if each["interaction_id"] == INTERACTION}


def is_page_of_the_brand(answer: Answer, status: int) -> bool:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers.get("server", "-") == "-"
    assert not {"etag", "accept-ranges", "location"} & set(answer.headers)
    sent = PAGE.replace(b'<!--# echo var="reference" -->', reference_of(INTERACTION).encode())
    return (answer.status, _in_one_piece(answer)) == (status, sent)


def _in_one_piece(answer: Answer) -> bytes:
    """Return the body without the sizes of its parts: nginx does not know its length before it has sent it."""
    assert answer.headers["transfer-encoding"] == "chunked"
    body, rest = b"", answer.body
    while size := int((head := rest.partition(b"\r\n"))[0], 16):
        body, rest = body + head[2][:size], head[2][size + 2 :]
    return body


@pytest.mark.parametrize("headers_more", [True, False])
async def test_a_public_host_has_the_page_of_its_brand_while_the_application_is_silent_or_down(
    state_folder: Path, tmp_path: Path, *, headers_more: bool
) -> None:
    health = Ports(tmp_path / "ports.json").obtain("health")
    async with running_proxy(
        state_folder / f"unavailable-{headers_more}",
        application="tests.support.echo:create_counts",
        headers_more=headers_more,
        health_port=health,
        seconds_to_answer=1,
    ) as proxy:
        folder = proxy.folder.unavailable_pages
        (folder / f"{PUBLIC}.html").write_bytes(PAGE)
        (folder / f"{PUBLIC}.css").write_bytes(STYLE)
        assert (await ask(proxy, "/flow/1/verify")).status == 200
        assert await logged(proxy) == {("200", "")}
        style = await ask(proxy, STYLESHEET_PATH)
        assert (style.status, style.body) == (200, STYLE)
        assert style.headers["content-type"] == "text/css; charset=utf-8"
        assert (await ask(proxy, STYLESHEET_PATH, host=OTHER)).status == 404
        application = proxy.supervisor.process("application")
        os.kill(application.pid, signal.SIGSTOP)
        try:
            assert is_page_of_the_brand(await ask(proxy, "/flow/1/verify"), 504)
        finally:
            os.kill(application.pid, signal.SIGCONT)
        await application.stop()
        assert is_page_of_the_brand(await ask(proxy, "/authorise?client_id=1"), 502)
        assert is_page_of_the_brand(await ask(proxy, "/flow/1/identify", method="POST", body="identifier=x"), 502)
        assert (await ask(proxy, STYLESHEET_PATH)).status == 200
        for target in ("/cds-au/v1/discovery/status", "/.well-known/openid-configuration", "/jwks"):
            answer = await ask(proxy, target)
            assert (answer.status, answer.headers["content-type"]) == (502, "application/json"), target
        for host in (ADMIN, OTHER):  # a host for staff, and a brand without a page
            answer = await ask(proxy, "/dashboard", host=host)
            assert (answer.status, answer.headers["retry-after"]) == (502, "5")
            assert b"<h1>Service Unavailable</h1>" in answer.body
        reference = reference_of(INTERACTION)
        assert {("504", reference), ("502", reference), ("502", "")} <= await logged(proxy)
        await application.restart()
        assert await counted(proxy) >= 1


async def counted(proxy: Proxy) -> int:
    """Return how many failed calls of the authorisation endpoint nginx has reported (CDS, Get Metrics)."""
    client = proxy.pki.issue_client("Budget App", "Recipient Pty Ltd")
    await proxy.ask(SECURE, client=client, method="PUT", headers={"HAAS-Refusals": "1"})
    found: list[dict[str, Any]] = []
    while not found:
        answer = msgspec.json.decode((await proxy.ask(SECURE, client=client)).body)
        found = [
            each for each in answer if (each["host"], each["operation"], each["status"]) == (PUBLIC, "authorise", 502)
        ]
    return sum(each["number"] for each in found)


def test_the_pages_of_all_brands_are_written_in_their_look(tmp_path: Path, tenant: Tenant) -> None:
    folder = tmp_path / "pages"
    with_files = msgspec.structs.replace(AURORA, font_regular="a" * 64, touch_icon="b" * 64, logo_dark_svg=LOGO)
    themes = {"aurora.test": with_files, "banksia.test": BANKSIA}
    tenants = [
        msgspec.structs.replace(
            tenant,
            name=theme.brand_name,
            theme=theme_to_json(theme),
            hosts=msgspec.structs.replace(tenant.hosts, public=host),
        )
        for host, theme in themes.items()
    ]
    assert write_pages(folder, tenants) == 6
    for host, theme in themes.items():
        page = (folder / f"{host}.html").read_text()
        assert "These pages are not available now" in page
        assert f'<a href="tel:{(theme.support_phone or "").replace(" ", "")}">{theme.support_phone}</a>' in page
        assert f'<link rel="stylesheet" href="{STYLESHEET_PATH}">' in page
        assert 'href="" id="try-again"' in page
        assert '<span class="reference" id="reference"><!--# echo var="reference" --></span>' in page
        assert "<style" not in page
        too_many = (folder / f"{host}.429.html").read_text()
        assert "Please wait a minute" in too_many
        assert too_many.count('="/theme/') == 1
        assert '<span class="reference" id="reference"><!--# echo var="reference" --></span>' in too_many
        assert page.count('="/theme/') == 1, "nothing else of the brand is served while no application answers"
        without_fonts = theme_to_json(msgspec.structs.replace(theme, font_regular=None))
        look = brand(theme.brand_name, without_fonts, ZoneInfo("Australia/Sydney"))
        assert page.count("<source ") == int(theme.logo_dark_svg is not None)
        dark = look.theme.logo_dark_svg
        assert dark is None or f'<source srcset="{data_uri(dark)}" media=' in page
        assert (folder / f"{host}.css").read_text() == look.css
        assert (folder / f"{host}.html").stat().st_mode & 0o777 == 0o644
    assert write_pages(folder, tenants) == 0
    assert write_pages(folder, tenants[:1]) == 0
    assert sorted(file.name for file in folder.iterdir()) == [
        "aurora.test.429.html",
        "aurora.test.css",
        "aurora.test.html",
    ]
