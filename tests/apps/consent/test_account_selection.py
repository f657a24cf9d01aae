"""The choice of accounts: select all, clear, groups and the filter, with few and with many accounts."""

from uuid import UUID

from ops.browser.page import Page
from tests.support.consent_pages import ConsentPages


def _chosen(page: Page) -> set[str]:
    """The ids of the accounts that the form of a page sends, also those that its filter hides."""
    return set(page.form("/accounts").entries().get("account", []))


async def _with_accounts(pages: ConsentPages, *names: str, **columns: str) -> tuple[str, dict[str, UUID]]:
    """Add a person with an account of each name; return the identifier, and the ids of the accounts."""
    login_id, identifier = await pages.customers.add_login("Max Many")
    customer_id = await pages.customers.add_customer("Max Many", login_id)
    return identifier, {name: await pages.customers.add_account(name, customer_id, **columns) for name in names}


async def test_all_accounts_that_can_be_shared_are_selected_and_cleared_by_buttons(pages: ConsentPages) -> None:
    """K-23: an account that cannot be shared is never selected."""
    browser = pages.browser()
    page = await pages.authenticated(browser)
    assert (page.element("tally").text, "status" in page.elements) == ("0 of 3 chosen", False)
    page = (await browser.press("choose-all")).page
    assert page.element("status").attributes["role"] == "status"
    assert page.element("status").text == "3 of 3 accounts chosen."
    assert page.title.startswith("3 of 3 accounts chosen.")
    assert len(_chosen(page)) == 3
    assert _chosen(await browser.get(page.path)) == _chosen(page), "a reload keeps what is chosen"
    page = (await browser.press("choose-none")).page
    assert (page.element("status").text, _chosen(page)) == ("0 of 3 accounts chosen.", set())
    page = (await browser.press("continue", checked=["account-1"])).page
    assert page.path.endswith("/review")


async def test_a_change_of_the_choice_after_the_review_must_be_reviewed_again(pages: ConsentPages) -> None:
    browser = pages.browser()
    review = await pages.reviewed(browser)
    assert review.element("back").attributes["href"].endswith("/accounts")
    await browser.follow("back")
    page = (await browser.press("choose-none")).page
    assert (await browser.send(review, "/authorise")).path == page.path
    assert "Choose at least one account." in (await browser.press("continue")).page.text


async def test_an_empty_choice_is_shown_again_as_it_was_sent(pages: ConsentPages) -> None:
    """Where accounts were chosen before: by an amendment in advance, and on the way back from the review."""
    tokens = await pages.consented(pages.browser())
    browser = pages.browser()
    page = await pages.authenticated(browser, cdr_arrangement_id=tokens.cdr_arrangement_id)
    for _ in range(2):
        assert _chosen(page)
        refused = await browser.send(page, "/accounts", account=[])
        assert "Choose at least one account." in refused.text
        assert _chosen(refused) == set()
        review = (await browser.press("continue", checked=["account-1"])).page
        assert review.path.endswith("/review")
        page = (await browser.follow("back")).page


async def test_a_filter_changes_only_what_is_listed(pages: ConsentPages) -> None:
    """Twelve accounts can be filtered. What the filter hides stays as it was, whatever is done with the rest."""
    names = [f"{number} Wattle Street" for number in range(1, 11)]
    identifier, ids = await _with_accounts(pages, *names, "Shop", "Farm")
    browser = pages.browser()
    page = await pages.authenticated(browser, identifier=identifier)
    listed = [page.elements[each].attributes["value"] for each in page.choices("account")]
    assert listed == [str(ids[name]) for name in (*names, "Farm", "Shop")], "2 is before 10"
    farm, shop = page.choices("account")[-2:]
    page = (await browser.press("show", {"find": "WATTLE S"}, checked=[farm, shop])).page
    assert "10 found. 2 of 12 accounts chosen. 2 of them are not in this list and will stay chosen." in page.text
    page = (await browser.press("choose-all")).page
    others = {str(ids["Farm"]), str(ids["Shop"])}
    assert _chosen(page) == {str(account_id) for account_id in ids.values()}
    assert page.element("find").attributes["value"] == "WATTLE S"
    page = (await browser.press("choose-none")).page
    assert _chosen(page) == others
    page = (await browser.press("show", {"find": "nothing like it"})).page
    assert page.element("status").text.startswith("No account found. 2 of 12 accounts chosen.")
    page = (await browser.press("show-all")).page
    assert (len(page.choices("account")), _chosen(page)) == (12, others)
    review = (await browser.press("continue")).page
    assert review.path.endswith("/review")
    assert {name for name in ids if name in review.element("accounts").text} == {"Farm", "Shop"}


async def test_the_choice_of_an_older_page_is_kept_as_the_person_sees_it(pages: ConsentPages) -> None:
    """Two tabs, or the button Back: each page sends all that is chosen on it."""
    identifier, ids = await _with_accounts(pages, *(f"Site {number}" for number in range(11)))
    browser = pages.browser()
    first = await pages.authenticated(browser, identifier=identifier)
    await browser.press("show", {"find": "site 10"}, checked=["account-1", "account-2"])
    hidden = await browser.get(browser.page.url)
    await browser.send(first, "/accounts", change="none")
    page = await browser.send(hidden, "/accounts", change="show-all")
    assert _chosen(page) == {str(ids["Site 0"]), str(ids["Site 1"])}


async def test_one_group_is_selected_and_cleared_by_its_button(pages: ConsentPages) -> None:
    login_id, identifier = await pages.customers.add_login("Gail Groups")
    customer_id = await pages.customers.add_customer("Gail Groups", login_id)
    mine = {str(await pages.customers.add_account(f"Mine {number}", customer_id)) for number in range(9)}
    joint = {
        str(await pages.customers.add_account(f"Ours {number}", customer_id, role="joint-holder"))
        for number in range(2)
    }
    closed = str(await pages.customers.add_account("Old", customer_id, open_status="CLOSED"))
    browser = pages.browser()
    page = await pages.authenticated(browser, identifier=identifier)
    assert [page.element(f"group-{number}").text for number in (1, 2, 3)] == [
        "Your accounts",
        "Joint accounts",
        "Closed",
    ]
    page = (await browser.press("choose-group-2", checked=[page.choices("account")[0]])).page
    assert len(_chosen(page) & mine) == 1
    assert _chosen(page) - mine == joint
    assert page.element("choose-group-2").text == "Clear these 2 : Joint accounts"
    page = (await browser.press("choose-group-2")).page
    assert (len(_chosen(page) & mine), _chosen(page) - mine, closed in _chosen(page)) == (1, set(), False)


async def test_the_accounts_of_other_customers_cannot_be_chosen_by_any_button(pages: ConsentPages) -> None:
    _, ids = await _with_accounts(pages, "Stranger's")
    browser = pages.browser()
    page = await pages.authenticated(browser)
    foreign = [str(ids["Stranger's"]), str(pages.mia.home), "nonsense"]
    for change in ("all:joint", "show", "all:nowhere", "nonsense"):
        shown = await browser.send(page, "/accounts", account=foreign, change=change)
        assert shown.path.endswith("/accounts")
        assert str(pages.mia.home) in _chosen(shown)
        assert str(ids["Stranger's"]) not in shown.html
    problem = await browser.send(page, "/accounts", account=foreign[:2])
    assert "Choose at least one account." in problem.text
    assert _chosen(problem) == {str(pages.mia.home)}, "what can be shared stays chosen"
