"""The number of one-time passwords that one address can request is limited, so that it cannot try identifiers."""

import pytest

from tests.support.proxy import PUBLIC, Answer, Proxy

SENDING = (
    "/flow/0123/identify",
    "/flow/0123/verify",
    "/flow/4567/resend",
    "/dashboard/sign-in",
    "/dashboard/verify",
    "/dashboard/resend",
)


async def _send(proxy: Proxy, method: str, path: str) -> Answer:
    request = f"{method} {path} HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return await proxy.ask(PUBLIC, request=request.encode())


async def test_requests_for_one_time_passwords_above_the_limit_of_an_address_get_429(own_proxy: Proxy) -> None:
    """All forms share one limit. The burst of 2 lets three requests pass."""
    answers = [await _send(own_proxy, "POST", path) for path in SENDING]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429, 429]
    refused = answers[-1]
    assert refused.headers["retry-after"] == "60"
    assert refused.headers["content-type"].startswith("text/html")
    assert b"Too many tries" in refused.body
    assert b"Wait a minute" in refused.body
    assert b"nginx" not in refused.body
    for path in SENDING:
        for spelling in (
            path,
            path + "?again=1",
            "/." + path,
            path.replace("s", "%73"),
            path + "/",
            "/" + path,
            path + "%20",
        ):
            assert (await _send(own_proxy, "POST", spelling)).status == 429, spelling


async def test_who_sent_too_many_requests_gets_a_page_in_the_look_of_the_brand(own_proxy: Proxy) -> None:
    page = own_proxy.folder.unavailable_pages / f"{PUBLIC}.429.html"
    page.write_text("<!doctype html><title>Aurora</title>")
    for _ in range(3):
        assert (await _send(own_proxy, "POST", SENDING[0])).status == 200
    refused = await _send(own_proxy, "POST", SENDING[0])
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert b"<title>Aurora</title>" in refused.body
    assert refused.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/dashboard/sign-in"),
        ("GET", "/flow/0123/resend"),
        ("POST", "/flow/0123/accounts"),
        ("GET", "/dashboard/verify"),
        ("POST", "/token"),
    ],
)
async def test_other_requests_are_not_limited(own_proxy: Proxy, method: str, path: str) -> None:
    answers = [await _send(own_proxy, method, path) for _ in range(5)]
    assert {answer.status for answer in answers} == {200}
    assert "retry-after" not in answers[0].headers
