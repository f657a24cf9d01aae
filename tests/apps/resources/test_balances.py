"""The balance of one account, of all shared accounts, and of the accounts that a body names."""

from typing import Any

import httpx
import msgspec
import pytest

from ops.sandbox.messages import ABSENT
from tenants.sources.tables import balance
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_account_data import INVALID, UNAVAILABLE, add
from tests.support.customers import Consumer
from tests.support.expectations import cds_error

BALANCES = "/energy/accounts/balances"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def known(brand: Brand, sharing: Sharing) -> dict[str, str]:
    """The balances of the consumer's accounts, by the recipient's ids."""
    found = {}
    for identifier, internal, amount in zip(
        await sharing.account_ids(), sorted(sharing.consumer.account_ids), ("184.35", "-52.10"), strict=True
    ):
        await add(brand, balance, internal, {"accountId": str(internal), "balance": amount})
        found[identifier] = amount
    return found


async def post(sharing: Sharing, body: Any, **options: Any) -> httpx.Response:
    """Ask for the balances of specific accounts. `body` is JSON, or bytes that are sent as they are."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await sharing.get(BALANCES, method="POST", content=content, **{"headers": JSON, **options})


def naming(*account_ids: str) -> dict[str, Any]:
    return {"data": {"accountIds": account_ids}, "meta": {}}


def listed(known: dict[str, str], *account_ids: str) -> list[dict[str, str]]:
    return [{"accountId": each, "balance": known[each]} for each in account_ids or known]


async def test_the_balance_of_an_account_is_given_without_its_id(
    brand: Brand, sharing: Sharing, known: dict[str, str]
) -> None:
    for identifier, amount in known.items():
        path = f"/energy/accounts/{identifier}/balance"
        assert (await sharing.get(path)).json() == {
            "data": {"balance": amount},
            "links": {"self": f"{brand.tenant.secure_base}/cds-au/v1{path}"},
            "meta": {},
        }


async def test_an_account_without_a_balance_is_unavailable_by_its_id_and_missing_in_lists(
    brand: Brand, sharing: Sharing
) -> None:
    first, second = await sharing.account_ids()
    internal = min(sharing.consumer.account_ids)
    cds_error(await sharing.get(f"/energy/accounts/{first}/balance"), UNAVAILABLE, f"^{first}$", 404)
    for response in (await sharing.get(BALANCES), await post(sharing, naming(first, second))):
        assert response.json()["data"] == {"balances": []}
        assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}
    await add(brand, balance, internal, {"accountId": str(internal), "balance": "1.00"})
    for response in (await sharing.get(BALANCES), await post(sharing, naming(first, second))):
        assert response.json()["data"] == {"balances": [{"accountId": first, "balance": "1.00"}]}
        assert response.json()["meta"] == {"totalRecords": 1, "totalPages": 1}


async def test_bulk_and_specific_balances_have_the_same_order_and_pages(
    brand: Brand, sharing: Sharing, known: dict[str, str]
) -> None:
    base = f"{brand.tenant.secure_base}/cds-au/v1{BALANCES}"
    ids = list(known)
    whole, page = await sharing.get(BALANCES), await sharing.get(BALANCES, params={"page": 2, "page-size": 1})
    assert whole.json() == {
        "data": {"balances": listed(known)},
        "links": {"self": base},
        "meta": {"totalRecords": 2, "totalPages": 1},
    }
    assert page.json() == {
        "data": {"balances": listed(known, ids[1])},
        "links": {
            "self": f"{base}?page=2&page-size=1",
            "first": f"{base}?page=1&page-size=1",
            "prev": f"{base}?page=1&page-size=1",
        },
        "meta": {"totalRecords": 2, "totalPages": 2},
    }
    for names in (ids, ids[::-1], ids * 3):
        assert (await post(sharing, naming(*names))).json() == whole.json()
        second = await post(sharing, naming(*names), params={"page": 2, "page-size": 1})
        assert second.json() == page.json()
    cds_error(await sharing.get(BALANCES, params={"page": 3, "page-size": 1}), "Field/InvalidPage", "^2$", 422)
    cds_error(await post(sharing, naming(*ids), params={"page": 2}), "Field/InvalidPage", "^1$", 422)
    cds_error(await post(sharing, naming(*ids), params={"page": 0}), "Field/Invalid", "page", 400)
    cds_error(await sharing.get(BALANCES, params={"page-size": 1001}), "Field/InvalidPageSize", status=400)


async def test_only_the_named_accounts_are_given(sharing: Sharing, known: dict[str, str]) -> None:
    for identifier in known:
        response = await post(sharing, naming(identifier))
        assert (response.status_code, response.headers["x-v"]) == (200, "1")
        assert response.json()["data"] == {"balances": listed(known, identifier)}


async def test_l12_an_account_leaves_between_two_calls(brand: Brand) -> None:
    """The joint holder of one of three accounts stops its disclosure between two pages.

    The list leaves it out and counts what is left. A call that names it is refused: no account vanishes without a word.
    """
    consumer, other = await brand.consumer(), await brand.consumer()
    joint = await brand.customers.add_account("Joint", consumer.customer_id, other.customer_id, role="joint-holder")
    held = [*consumer.account_ids, joint]
    for account_id in held:
        await add(brand, balance, account_id, {"accountId": str(account_id), "balance": "1.00"})
    sharing = await brand.share(Consumer(consumer.login_id, consumer.customer_id, held))
    everything = [each["accountId"] for each in (await sharing.get(BALANCES)).json()["data"]["balances"]]
    gone = everything[sorted(held).index(joint)]
    kept = [each for each in everything if each != gone]
    first = (await sharing.get(BALANCES, params={"page-size": 1})).json()
    assert first["meta"] == {"totalRecords": 3, "totalPages": 3}

    await brand.customers.set_option(joint, "no-disclosure")
    pages = [(await sharing.get(BALANCES, params={"page": page, "page-size": 1})).json() for page in (1, 2)]
    assert [page["data"]["balances"][0]["accountId"] for page in pages] == kept
    assert [page["meta"] for page in pages] == [{"totalRecords": 2, "totalPages": 2}] * 2
    assert "next" not in pages[1]["links"]
    cds_error(await sharing.get(BALANCES, params={"page": 3, "page-size": 1}), "Field/InvalidPage", "^2$", 422)
    cds_error(await post(sharing, naming(*everything)), UNAVAILABLE, f"^{gone}$", 422)
    foreign = (await (await brand.share()).account_ids())[0]
    cds_error(await post(sharing, naming(*kept, foreign)), INVALID, f"^{foreign}$", 422)
    twice = await post(sharing, naming(kept[0], kept[0]))
    assert [each["accountId"] for each in twice.json()["data"]["balances"]] == kept[:1]


@pytest.mark.parametrize("body", [naming(), {"data": {"accountIds": []}}, {**naming(), "more": [1]}])
async def test_an_empty_list_names_no_account(sharing: Sharing, known: dict[str, str], body: Any) -> None:
    """Case L12: an empty list is not an error."""
    assert len(known) == 2
    response = await post(sharing, body)
    assert (response.status_code, response.json()["data"]) == (200, {"balances": []})
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}


async def test_every_id_that_is_refused_has_an_error_of_its_own(
    brand: Brand, sharing: Sharing, known: dict[str, str]
) -> None:
    [stopped, kept] = known
    foreign = (await (await brand.share()).account_ids())[0]
    await brand.customers.set_option(min(sharing.consumer.account_ids), "no-disclosure")
    named = [kept, "made-up", stopped, 'é "quoted"', foreign, "made-up", str(sharing.consumer.account_ids[0]), ""]
    response = await post(sharing, naming(*named))
    assert response.status_code == 422
    urn = "urn:au-cds:error:cds-energy:Authorisation/"
    invalid = {"code": f"{urn}InvalidEnergyAccount", "title": "Invalid Energy Account"}
    unavailable = {"code": f"{urn}UnavailableEnergyAccount", "title": "Unavailable Energy Account"}
    assert response.json() == {
        "errors": [
            {**invalid, "detail": "made-up"},
            {**unavailable, "detail": stopped},
            {**invalid, "detail": 'é "quoted"'},
            {**invalid, "detail": foreign},
            {**invalid, "detail": str(sharing.consumer.account_ids[0])},
            {**invalid, "detail": ""},
        ]
    }
    cds_error(await post(sharing, naming(stopped)), UNAVAILABLE, f"^{stopped}$", 422)
    cds_error(await post(sharing, naming(foreign)), INVALID, f"^{foreign}$", 422)
    assert (await sharing.get(BALANCES)).json()["data"] == {"balances": listed(known, kept)}


@pytest.mark.parametrize(
    ("body", "error", "detail"),
    [
        (b"", "Field/Invalid", "the body is not JSON in UTF-8"),
        (b"{", "Field/Invalid", "the body is not JSON in UTF-8"),
        (b'{"data":{"accountIds":["\xff"]}}', "Field/Invalid", "the body is not JSON in UTF-8"),
        (b'{"data":{"accountIds":["\\ud800"]}}', "Field/Invalid", "the body is not JSON in UTF-8"),
        (b"[" * 100_000, "Field/Invalid", "the body is not"),
        (b'{"meta":{"a":' + b"[" * 100_000, "Field/Invalid", "the body is not JSON in UTF-8"),
        ([], "Field/Invalid", "the body is not an object"),
        (None, "Field/Invalid", "the body is not an object"),
        ({}, "Field/Missing", "^data$"),
        ({"data": []}, "Field/Invalid", "^data$"),
        ({"data": {}}, "Field/Missing", "^data/accountIds$"),
        ({"data": {"servicePointIds": []}}, "Field/Missing", "^data/accountIds$"),
        ({"data": {"accountIds": None}}, "Field/Invalid", "^data/accountIds$"),
        ({"data": {"accountIds": "x"}}, "Field/Invalid", "^data/accountIds$"),
        ({"data": {"accountIds": ["x", 1]}}, "Field/Invalid", r"^data/accountIds\[1\]$"),
        ({"data": {"accountIds": ["x"] * 1001}}, "Field/Invalid", "^data/accountIds$"),
        ({"data": {"accountIds": []}, "meta": 1}, "Field/Invalid", "^meta$"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_body_that_is_malformed_is_refused(sharing: Sharing, body: Any, error: str, detail: str) -> None:
    """C-E6, C-Q12, C-Q13, C-Q14: 400 with the place in the body, as decision 0010 says."""
    cds_error(await post(sharing, body), error, detail, 400)


async def test_a_thousand_ids_may_be_named(sharing: Sharing, known: dict[str, str]) -> None:
    """Case L12: 1,001 ids are refused (above)."""
    response = await post(sharing, naming(*list(known) * 500))
    assert response.json()["data"] == {"balances": listed(known)}
    invented = [f"{number:0100}" for number in range(1000)]
    response = await post(sharing, naming(*invented))
    assert response.status_code == 422
    assert [error["detail"] for error in response.json()["errors"]] == invented


@pytest.mark.parametrize(
    "content_type", [ABSENT, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
async def test_a_body_whose_content_type_is_not_json_is_refused(sharing: Sharing, content_type: Any) -> None:
    response = await post(sharing, naming(), headers={"Content-Type": content_type})
    cds_error(response, "GeneralError/Expected", "Content-Type is not application/json", 415)


async def test_the_content_type_of_json_may_have_a_parameter_and_any_case(sharing: Sharing) -> None:
    response = await post(sharing, naming(), headers={"Content-Type": "Application/JSON; charset=UTF-8"})
    assert response.status_code == 200


async def test_a_body_that_is_too_large_is_refused(sharing: Sharing) -> None:
    response = await post(sharing, naming("x" * 600_000))
    cds_error(response, "GeneralError/Expected", "larger", 413)


async def test_the_body_is_checked_after_the_token_the_version_and_the_headers(sharing: Sharing) -> None:
    wrong: dict[str, Any] = {"Content-Type": "text/plain"}
    cds_error(await post(sharing, b"{", token="unknown", headers=wrong), "GeneralError/Expected", "invalid", 401)
    versions = {**wrong, "x-v": "9", "x-min-v": "9"}
    cds_error(await post(sharing, b"{", headers=versions), "Header/UnsupportedVersion", status=406)
    cds_error(await post(sharing, b"{", headers={**wrong, "x-fapi-auth-date": ABSENT}), "Header/Missing", status=400)


async def test_calls_are_counted_by_operation_and_tier(brand: Brand, sharing: Sharing) -> None:
    present = {"x-fapi-customer-ip-address": "203.0.113.9"}
    await sharing.get(BALANCES, headers=present)
    await post(sharing, naming())
    counted = {(row.operation, row.tier) for row in await brand.calls()}
    assert ("listEnergyAccountBalancesBulk", "lowPriority") in counted
    assert ("listEnergyAccountBalancesSpecificAccounts", "unattended") in counted
