"""The scripted browser: which addresses it opens, what it sends, and which cookies it stores."""

from collections.abc import Callable

import httpx
import pytest

from ops.browser.browser import MAXIMUM_REDIRECTS, Browser
from ops.browser.errors import LeftSite, Unexpected

HOME = "https://aurora.haas.localhost:8443"
FORM = """<form method="post" action="/next"><input type="hidden" name="form_token" value="t">
<input type="checkbox" id="one" name="account" value="1" checked><input type="checkbox" name="account" value="2">
<button id="continue" name="pressed" value="yes">Continue</button></form>
<form action="/found?old=1"><input id="words" name="words"><button id="search">Search</button></form>
<a id="link" href="next">Next</a>"""


def browser(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[Browser, list[httpx.Request]]:
    """A browser of a site that answers so, and the requests that the site gets."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    return Browser(httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url=HOME)), requests


def shown(html: str = "<p>Here</p>", **headers: str) -> httpx.Response:
    return httpx.Response(200, html=html, headers={name.replace("_", "-"): value for name, value in headers.items()})


def form_then(answer: httpx.Response, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: shown(FORM, **headers) if request.url.path == "/form" else answer


async def test_opening_an_address_sends_no_origin() -> None:
    person, requests = browser(lambda _: shown())
    page = await person.get("/form?x=1")
    assert (page.url, page.path, page.text) == (f"{HOME}/form?x=1", "/form", "Here")
    assert requests[0].headers["sec-fetch-site"] == "none"
    assert "origin" not in requests[0].headers


async def test_pressing_a_button_sends_its_form_with_the_value_of_the_button() -> None:
    person, requests = browser(form_then(shown()))
    await (await person.open("/form")).press("continue")
    assert requests[1].content == b"form_token=t&account=1&pressed=yes"
    assert (requests[1].method, str(requests[1].url)) == ("POST", f"{HOME}/next")


@pytest.mark.parametrize(("policy", "origin"), [("no-referrer", "null"), ("same-origin", HOME)])
async def test_the_origin_header_of_a_form_follows_the_referrer_policy_of_the_page(policy: str, origin: str) -> None:
    person, requests = browser(form_then(shown(), Referrer_Policy=policy))
    await (await person.open("/form")).press("continue")
    assert requests[1].headers["origin"] == origin
    assert requests[1].headers["sec-fetch-site"] == "same-origin"


async def test_a_form_with_method_get_replaces_the_query_of_its_action() -> None:
    person, requests = browser(form_then(shown()))
    await (await person.open("/form")).press("search", {"words": "a b"})
    assert str(requests[1].url) == f"{HOME}/found?words=a+b"


async def test_values_that_the_page_does_not_offer_can_be_sent_from_an_earlier_page() -> None:
    person, requests = browser(form_then(shown()))
    earlier = await person.get("/form")
    await person.get("/elsewhere")
    await person.send(earlier, "/next", account=["3", "4"], more="x")
    assert requests[-1].content == b"form_token=t&account=3&account=4&more=x"
    assert (await person.post(earlier, "/next")).status_code == 200


async def test_a_link_is_followed_from_its_page() -> None:
    person, requests = browser(form_then(shown()))
    await (await person.open("/form")).follow("link")
    assert (requests[1].method, str(requests[1].url)) == ("GET", f"{HOME}/next")
    assert requests[1].headers["sec-fetch-site"] == "same-origin"


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
async def test_a_redirect_keeps_the_method_or_changes_it_to_get_by_its_status(status: int, method: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        moved = httpx.Response(status, headers={"location": "/there"})
        return {"/form": shown(FORM), "/next": moved}.get(request.url.path, shown())

    person, requests = browser(answer)
    await (await person.open("/form")).press("continue")
    assert (requests[2].method, requests[2].url.path) == (method, "/there")
    assert (requests[2].content == b"") == (method == "GET")
    assert person.page.path == "/there"


@pytest.mark.parametrize(
    "target", ["https://recipient.test/?response=x", HOME.replace("8443", "9443"), HOME.replace("https", "http")]
)
async def test_a_redirect_to_another_origin_is_not_followed(target: str) -> None:
    person, requests = browser(lambda _: httpx.Response(303, headers={"location": target}))
    await person.open("/form")
    assert (person.left_for, len(requests)) == (target, 1)
    with pytest.raises(LeftSite) as left:
        person.page  # noqa: B018 - reading it raises
    assert left.value.url == target


async def test_endless_redirects_raise_an_error() -> None:
    person, requests = browser(lambda request: httpx.Response(303, headers={"location": f"{request.url.path}x"}))
    with pytest.raises(Unexpected, match="redirects"):
        await person.open("/form")
    assert len(requests) == MAXIMUM_REDIRECTS


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        ("__Host-flow=1; Path=/; Secure; HttpOnly", True),
        ("__Host-flow=1; Path=/", False),
        ("__Host-flow=1; Path=/flow; Secure", False),
        ("__Host-flow=1; Path=/; Secure; Domain=aurora.haas.localhost", False),
        ("__Secure-flow=1; Path=/form; Secure", True),
        ("__Secure-flow=1; Path=/form", False),
        ("flow=1", True),
    ],
)
async def test_cookies_that_violate_the_rules_of_their_prefix_are_ignored(cookie: str, *, kept: bool) -> None:
    person, requests = browser(lambda _: shown(Set_Cookie=cookie))
    await person.open("/form")
    await person.open("/form")
    assert ("cookie" in requests[1].headers) == kept


async def test_pressing_a_button_without_an_open_page_raises_an_error() -> None:
    person, _ = browser(lambda _: shown())
    with pytest.raises(Unexpected, match="nothing was opened"):
        await person.press("continue")
