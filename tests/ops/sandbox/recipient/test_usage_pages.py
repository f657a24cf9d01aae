"""The pages of a household's data, with the data holder of the sandbox in this process."""

import re
from datetime import timedelta

import httpx
import msgspec
import pytest

from ops.sandbox.recipient.usage import requested_days
from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.ops.sandbox.recipient import shared_data
from tests.ops.sandbox.recipient.browsing import share
from tests.ops.sandbox.recipient.shared_data import ENERGY, SCOPES

USAGE = f"{ENERGY}/usage"
ACCOUNT_NUMBER = "004410027"


async def shared(browser: httpx.AsyncClient, holder: FaultyHolder, scopes: tuple[str, ...] = SCOPES) -> str:
    return f"{RECIPIENT}{await share(browser, holder, scopes)}"


async def test_the_page_shows_bills_payments_and_solar_and_no_account_number_in_full(
    browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    page = (await browser.get(address)).text
    for text in (
        "You owe $580.55",
        "Annual electricity concession",
        "17.5% off usage and service charge, every 3 months",
        "bank account ending in 027",
        "Your retailer has no payment schedule for this account.",
        "Amounts of 9 bills",
        "Not paid in full",
        "22 panels, produces up to 9.02 kVA together",
        "stores up to 13.5 kVAh",
        "No solar panels, battery or other generator are recorded here.",
        "12 Wattle Street, Newtown, NSW, 2042",
    ):
        assert text in page
    assert ACCOUNT_NUMBER not in page
    assert "Not everything could be read" not in page
    assert page.count('<td class="number">') == 9
    assert USAGE not in household.queries, "usage is read when it is asked for"


async def test_the_page_of_the_usage_has_months_and_half_hours(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    page = (await browser.get(f"{address}/usage")).text
    oldest, newest = requested_days(sandbox.clock.now())
    months, day = household.queries[USAGE]
    assert (months["oldest-date"], months["newest-date"]) == (str(oldest), str(newest))
    assert (months["interval-reads"], day["interval-reads"]) == ("NONE", "MIN_30")
    assert day["oldest-date"] == day["newest-date"] == str(newest)
    assert "12 Wattle Street" in page
    assert len(re.findall(r'<th scope="row">\d\d:\d\d to \d\d:\d\d</th>', page)) == 48
    assert len(re.findall(r'<th scope="row">[A-Z][a-z]{2} \d{4}</th>', page)) == 13
    consumed = sum(sum(read["intervalRead"]["intervalReads"]) for read in shared_data.day_reads(newest)[:2])
    assert re.search(rf"{consumed:.3f} kWh from the grid, +[0-9.]+ kWh to the grid", page), "a sum of two registers"
    assert 'fill="url(#export-pattern)"' in page
    assert "To the grid, below the line" in page


async def test_what_was_read_is_not_requested_again_until_the_data_is_read_again(
    browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    """C-N7: a holder may refuse repeated requests for the same usage."""
    address = await shared(browser, household)
    await browser.get(f"{address}/usage")
    await browser.get(f"{address}/usage?connection=2")
    assert len(household.queries[USAGE]) == 2
    await browser.post(f"{address}/fetch")
    await browser.get(f"{address}/usage")
    assert len(household.queries[USAGE]) == 4


async def test_a_person_can_choose_a_day(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    _, newest = requested_days(sandbox.clock.now())
    day = newest - timedelta(days=40)
    page = (await browser.get(f"{address}/usage?day={day}")).text
    assert f'value="{day}"' in page
    assert f"day={day - timedelta(days=1)}#day" in page
    assert f"day={day + timedelta(days=1)}#day" in page
    assert household.queries[USAGE][-1]["oldest-date"] == str(day)


@pytest.mark.parametrize("query", ["day=2019-01-01", "day=x", "day=2999-01-01", "connection=99", "connection=-1"])
async def test_a_day_or_a_connection_that_cannot_be_is_answered_with_the_first_and_the_latest(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, household: FaultyHolder, query: str
) -> None:
    address = await shared(browser, household)
    response = await browser.get(f"{address}/usage?{query}")
    _, newest = requested_days(sandbox.clock.now())
    assert response.status_code == 200
    assert f'value="{newest}"' in response.text
    assert 'aria-current="page">12 Wattle Street' in re.sub(r"\s+", " ", response.text).replace('" >', '">')


async def test_a_meter_that_is_read_each_quarter_has_no_half_hours(
    browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    page = (await browser.get(f"{address}/usage?connection=2")).text
    assert "There are no half hours of this day." in page
    assert "We share each read out evenly over its days." in page


async def test_without_scopes_the_page_says_what_was_not_shared(
    browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household, ("energy:accounts.basic:read",))
    page = (await browser.get(address)).text
    assert page.count("You did not share this with us.") == 4, "payments and concessions of two accounts"
    for text in (
        "You did not share your bills with us.",
        "You did not share your electricity usage with us.",
        "You did not share your solar panels and batteries with us.",
    ):
        assert text in page
    assert "Not shared</dt><dd>Name, occupation, contact details, Account and plan details, Concessions" in page
    assert "You did not share your electricity usage with us" in (await browser.get(f"{address}/usage")).text
    assert USAGE not in household.queries


async def test_accounts_without_their_names_are_shown_with_their_bills(
    browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    """A person can share the bills and not the accounts."""
    page = (await browser.get(await shared(browser, household, ("energy:billing:read",)))).text
    assert "Energy account 1" in page
    assert "Amounts of 9 bills" in page


async def test_empty_answers_are_said_in_a_sentence(browser: httpx.AsyncClient, household: FaultyHolder) -> None:
    names = {"/energy/accounts/invoices": "invoices", USAGE: "reads", f"{ENERGY}/der": "derRecords"}
    household.data.update({path: shared_data.paged(name, []) for path, name in names.items()})
    address = await shared(browser, household)
    page = (await browser.get(address)).text
    assert page.count("Your retailer has no bills of the last two years for this account.") == 2
    assert "We have no record of an electricity connection." in page
    assert "Your retailer has no meter reads of the last 13 months." in (await browser.get(f"{address}/usage")).text


async def test_errors_of_the_holder_are_shown_with_what_to_do_next(
    browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    error = {"errors": [{"code": "x", "title": "Service Unavailable", "detail": "Outage <b>until</b> noon"}]}
    for path in ("/energy/accounts/invoices", f"{ENERGY}/der", USAGE):
        household.refuses[f"/cds-au/v1{path}"] = (503, error)
    address = await shared(browser, household)
    for page in ((await browser.get(address)).text, (await browser.get(f"{address}/usage")).text):
        assert "Service Unavailable" in page
        assert "Outage &lt;b&gt;until&lt;/b&gt; noon" in page
        assert "Your retailer is not available at the moment. Try again later." in page
    page = (await browser.get(address)).text
    assert "We could not read your bills." in page
    assert "We could not read this." in page
    assert "We have no record of an electricity connection." not in page
    household.refuses.clear()
    assert "By month" in (await browser.get(f"{address}/usage")).text, "an error is not stored"


async def test_the_usage_is_deleted_when_sharing_ends(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    await browser.get(f"{address}/usage")
    id_ = address.rpartition("/")[2]
    assert (await sandbox.services.sharing.arrangement(id_)).usage is not None
    await browser.post(f"{address}/stop")
    assert (await sandbox.services.sharing.arrangement(id_)).usage is None
    requests = len(household.queries[USAGE])
    assert "This connection has ended" in (await browser.get(f"{address}/usage")).text
    assert len(household.queries[USAGE]) == requests


async def test_an_arrangement_that_does_not_exist_has_no_usage(browser: httpx.AsyncClient) -> None:
    assert (await browser.get(f"{RECIPIENT}/sharing/unknown/usage")).status_code == 404


async def test_data_that_arrives_after_the_end_of_sharing_is_not_stored(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    sharing, id_ = sandbox.services.sharing, address.rpartition("/")[2]
    while_reading = await sharing.arrangement(id_)
    await browser.post(f"{address}/stop")
    await sharing._update(while_reading, fetched=while_reading.fetched)
    assert (await sharing.arrangement(id_)).fetched == []


async def test_an_expired_access_token_is_refreshed_before_the_usage_is_read(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    address = await shared(browser, household)
    household.token_answer = {"access_token": "fresh"}
    await sandbox.services.collections.arrangements.change(
        address.rpartition("/")[2],
        lambda current: msgspec.structs.replace(current, access_token_ends_at=current.established_at),
    )
    assert "By month" in (await browser.get(f"{address}/usage")).text
    assert household.headers[-1]["authorization"] == "Bearer fresh"
