"""What a request says about who asks for a code: the network, and a browser in which the person has signed in."""

from http import HTTPStatus

import pytest

from ops.browser.browser import Browser
from tenants.authentication import budgets
from tenants.authentication.limits import DAY, HOUR, KNOWN_BROWSER_LIFETIME, STRANGERS, Budget
from tests.support.consent_pages import ConsentPages

COOKIE = "__Host-known-browser"


@pytest.fixture
async def person(pages: ConsentPages) -> str:
    """The identifier of a person for whom nothing was counted yet."""
    login_id, identifier = await pages.customers.add_login()
    await pages.customers.add_customer("Jo Marsh", login_id)
    return identifier


async def locked_out(pages: ConsentPages, browser: Browser, identifier: str) -> bool:
    """Return whether a browser that asks for a code in a new flow is refused."""
    return "identifier-locked" in (await pages.identified(browser, identifier=identifier)).url


async def fail_ten_times(pages: ConsentPages, identifier: str) -> None:
    for _ in range(2):
        stranger = pages.browser()
        page = await pages.identified(stranger, identifier=identifier)
        for _ in range(5):
            page = await stranger.send(page, "/verify", code="000000")


@pytest.mark.parametrize("place", ["flow", "dashboard"])
async def test_a_browser_is_known_after_a_sign_in_and_strangers_do_not_lock_it_out(
    pages: ConsentPages, person: str, place: str
) -> None:
    browser = pages.browser()
    if place == "flow":
        await pages.authenticated(browser, identifier=person)
    else:
        await pages.signed_in(browser, person)
    cookie = next(each for each in browser.http.cookies.jar if each.name == COOKIE)
    assert cookie.secure
    assert cookie.path == "/"
    assert not cookie.domain_specified
    assert cookie.expires is not None
    assert cookie.has_nonstandard_attr("HttpOnly")
    await fail_ten_times(pages, person)
    assert await locked_out(pages, pages.browser(), person)
    assert not await locked_out(pages, browser, person)


async def test_the_cookie_of_known_browsers_lasts_half_a_year_and_contains_no_identifier(
    pages: ConsentPages, person: str
) -> None:
    browser = pages.browser()
    page = await pages.identified(browser, identifier=person)
    response = await browser.post(page, "/verify", code=await pages.code(person))
    assert response.status_code == HTTPStatus.SEE_OTHER
    set_cookie = next(line for line in response.headers.get_list("set-cookie") if line.startswith(COOKIE))
    assert f"Max-Age={int(KNOWN_BROWSER_LIFETIME.total_seconds())};" in set_cookie
    assert person not in set_cookie


async def test_a_wrong_code_makes_no_browser_known(pages: ConsentPages, person: str) -> None:
    browser = pages.browser()
    page = await pages.identified(browser, identifier=person)
    await browser.send(page, "/verify", code="000000")
    assert COOKIE not in browser.http.cookies


async def test_the_network_is_that_of_the_client_and_not_that_of_the_proxy(
    pages: ConsentPages, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = STRANGERS._replace(wrong_answers_of_a_network=(Budget(3, HOUR), Budget(3, DAY)))
    monkeypatch.setattr(budgets, "STRANGERS", few)

    def browser_at(address: str) -> Browser:
        browser = pages.browser()
        browser.http.headers["x-forwarded-for"] = address
        return browser

    attacker = browser_at("2001:db8:0:1::1")
    page = await pages.identified(attacker, identifier="nobody@people.test")
    for _ in range(3):
        page = await attacker.send(page, "/verify", code="000000")
    assert await locked_out(pages, browser_at("2001:db8:0:1:ffff::2"), person)
    assert not await locked_out(pages, browser_at("2001:db8:0:2::1"), person)


async def test_a_flow_takes_three_identifiers(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    for number in range(4):
        page = await browser.send(page, "/identify", identifier=f"person-{number}@people.test")
        if number < 3:
            page = await browser.send(page, "/restart")
    assert "problem=identifiers-used" in page.url
    assert "up to 3 different customers" in page.text
    assert page.element("cancel").text == "Go back to Mock Software"


async def test_the_message_names_the_recipient_and_the_host(pages: ConsentPages, person: str) -> None:
    await pages.identified(pages.browser(), identifier=person)
    text = next(message["text"] for message in await pages.messages() if message["to"] == person)
    host = pages.tenant.issuer.removeprefix("https://").split(":")[0]
    assert "share your data with Mock Software" in text
    assert text.rstrip().endswith(f"@{host} #{await pages.code(person)}")
