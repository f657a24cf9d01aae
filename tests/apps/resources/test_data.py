"""What is disclosed: customers, accounts, pages and filters; each recipient has its own ids for each customer."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from sqlalchemy import update

from haas.clock import MovableClock
from tenants.accounts.tables import account, holding
from tenants.arrangements.tables import authorised_account
from tenants.cds.envelope import Envelope
from tenants.cds.resource_ids import read_id
from tenants.clients.tables import client
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.customer_v1 import CommonCustomer
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountListV2, EnergyAccountV2
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.clients import new_product, registered_client
from tests.support.expectations import cds_error

ACCOUNTS = "/energy/accounts"
INVALID = "cds-energy:Authorisation/InvalidEnergyAccount"
UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"


def change_first_account(sharing: Sharing, **columns: Any) -> Any:
    """Return the statement that changes the row of a consumer's first account."""
    return update(account).where(account.c.id == sharing.consumer.account_ids[0]).values(columns)


def change_first_holding(sharing: Sharing, **columns: Any) -> Any:
    """Return the statement that changes how a consumer's customer holds their first account."""
    consumer = sharing.consumer
    theirs = (holding.c.customer_id == consumer.customer_id) & (holding.c.account_id == consumer.account_ids[0])
    return update(holding).where(theirs).values(columns)


async def id_that_is_no_longer_listed(sharing: Sharing, known: list[str]) -> str:
    """Return the id of the one known account that is not listed any more."""
    [gone] = set(known) - set(await sharing.account_ids())
    return gone


@pytest.mark.parametrize(
    ("path", "payload"), [("/common/customer", CommonCustomer), ("/common/customer/detail", CommonCustomerDetailV2)]
)
@pytest.mark.parametrize("kind", ["person", "organisation"])
async def test_customer_data_is_disclosed_for_persons_and_organisations(
    brand: Brand, path: str, payload: type, kind: str
) -> None:
    response = await (await brand.share(await brand.consumer(kind))).get(path)
    assert response.status_code == 200
    found = msgspec.json.decode(response.content, type=Envelope[payload])  # type: ignore[valid-type]
    assert found.data.customerUType == kind
    assert found.links.self == f"{brand.tenant.secure_base}/cds-au/v1{path}"


async def test_the_agent_of_an_organisation_is_the_person_who_authorised(brand: Brand) -> None:
    response = await (await brand.share(await brand.consumer("organisation"))).get("/common/customer")
    organisation = response.json()["data"]["organisation"]
    assert (organisation["agentFirstName"], organisation["agentLastName"]) == ("Mia", "Wong")
    assert organisation["agentRole"] == "Unspecified"


async def test_the_chosen_accounts_are_listed_with_ids_that_differ_from_the_internal_ids(
    brand: Brand, sharing: Sharing
) -> None:
    response = await sharing.get(ACCOUNTS)
    body = response.json()
    found = msgspec.convert(body["data"], EnergyAccountListV2, dec_hook=read_id).accounts
    assert len(found) == 2
    assert response.headers["x-v"] == "2"
    assert body["meta"] == {"totalRecords": 2, "totalPages": 1}
    assert body["links"] == {"self": f"{brand.tenant.secure_base}/cds-au/v1{ACCOUNTS}"}
    assert not {str(internal) for internal in sharing.consumer.account_ids} & {each.accountId.value for each in found}


async def test_the_detail_of_an_account_agrees_with_its_entry_in_the_list(sharing: Sharing) -> None:
    listed = (await sharing.get(ACCOUNTS)).json()["data"]["accounts"][0]
    response = await sharing.get(f"{ACCOUNTS}/{listed['accountId']}")
    assert response.headers["x-v"] == "4"
    detail = msgspec.json.decode(response.content, type=Envelope[EnergyAccountDetailV4], dec_hook=read_id).data
    assert detail.summary() == msgspec.convert(listed, EnergyAccountV2, dec_hook=read_id)
    assert detail.plans[0].planDetail is not None


async def test_a_page_has_its_accounts_and_links_to_the_other_pages(brand: Brand, sharing: Sharing) -> None:
    """C-I8: links and meta of a page."""
    everything = await sharing.account_ids()
    parameters = {"page": "2", "page-size": "1", "open-status": "ALL"}
    body = (await sharing.get(ACCOUNTS, params=parameters)).json()
    assert [found["accountId"] for found in body["data"]["accounts"]] == everything[1:]
    assert body["meta"] == {"totalRecords": 2, "totalPages": 2}
    base = f"{brand.tenant.secure_base}/cds-au/v1{ACCOUNTS}"
    assert body["links"] == {
        "self": f"{base}?page=2&page-size=1&open-status=ALL",
        "first": f"{base}?open-status=ALL&page=1&page-size=1",
        "prev": f"{base}?open-status=ALL&page=1&page-size=1",
    }


@pytest.mark.parametrize(
    ("parameters", "status", "error"),
    [
        ("page=0", 400, "Field/Invalid"),
        ("page=x", 400, "Field/Invalid"),
        ("page=1&page=2", 400, "Field/Invalid"),
        ("page-size=1001", 400, "Field/InvalidPageSize"),
        ("page=3", 422, "Field/InvalidPage"),
        ("page=2147483647&page-size=1000", 422, "Field/InvalidPage"),
        ("page=2147483648", 422, "Field/InvalidPage"),
        (f"page={'9' * 50}&page-size=1000", 422, "Field/InvalidPage"),
        (f"page-size={'9' * 50}", 400, "Field/InvalidPageSize"),
        ("open-status=open", 400, "Field/Invalid"),
        ("open-status=", 400, "Field/Invalid"),
    ],
)
async def test_a_parameter_that_is_malformed_or_out_of_range_is_refused(
    sharing: Sharing, parameters: str, status: int, error: str
) -> None:
    sent = parse_qsl(parameters, keep_blank_values=True)
    cds_error(await sharing.get(ACCOUNTS, params=sent), error, status=status)


async def test_accounts_are_filtered_by_their_status(brand: Brand, sharing: Sharing) -> None:
    everything = await sharing.account_ids()
    await brand.execute(change_first_account(sharing, open_status="CLOSED"))
    closed = await sharing.account_ids(**{"open-status": "CLOSED"})
    opened = await sharing.account_ids(**{"open-status": "OPEN"})
    assert (len(closed), len(opened)) == (1, 1)
    assert sorted(closed + opened) == sorted(everything)


async def test_account_ids_are_the_same_for_every_token_and_registration_of_a_product(brand: Brand) -> None:
    application, tenant = brand.application, brand.tenant
    product, consumer = new_product(application), await brand.consumer()
    before = await registered_client(application, tenant, product)
    first = await (await brand.share(consumer, before)).account_ids()
    assert await (await brand.share(consumer, before)).account_ids() == first
    removed = update(client).where(client.c.client_id == before.client_id).values(removed_at=application.now)
    await brand.execute(removed)  # a product can have only one registration that is not removed
    again = await registered_client(application, tenant, product)
    assert await (await brand.share(consumer, again)).account_ids() == first


async def test_another_recipient_gets_other_account_ids_and_cannot_use_the_first_ones(
    brand: Brand, sharing: Sharing
) -> None:
    other = await brand.share(sharing.consumer)
    ours = await sharing.account_ids()
    assert not set(ours) & set(await other.account_ids())
    cds_error(await other.get(f"{ACCOUNTS}/{ours[0]}"), INVALID, f"^{ours[0]}$", 404)


@pytest.mark.parametrize("made_up", ["x", "4a1f6ad6-8b5c-4f6f-9d0e-3a1c3a7a4a11", "A" * 64, "é", "%00", "%2e%2e"])
async def test_an_account_id_that_this_server_has_not_made_is_invalid(sharing: Sharing, made_up: str) -> None:
    cds_error(await sharing.get(f"{ACCOUNTS}/{made_up}"), INVALID, status=404)


async def test_an_account_id_with_a_changed_character_is_invalid(sharing: Sharing) -> None:
    [first, *_] = await sharing.account_ids()
    changed = first[:-2] + ("A" if first[-2] != "A" else "B") + first[-1]
    cds_error(await sharing.get(f"{ACCOUNTS}/{changed}"), INVALID, status=404)
    assert (await sharing.get(f"{ACCOUNTS}/{first}")).status_code == 200


async def test_an_account_that_the_consumer_did_not_choose_is_invalid(brand: Brand, sharing: Sharing) -> None:
    known = await sharing.account_ids()
    chosen = authorised_account.c.account_id == sharing.consumer.account_ids[0]
    await brand.execute(authorised_account.delete().where(chosen))
    gone = await id_that_is_no_longer_listed(sharing, known)
    cds_error(await sharing.get(f"{ACCOUNTS}/{gone}"), INVALID, status=404)


@pytest.mark.parametrize("stopped", ["approval", "disclosure option"])
async def test_an_account_whose_disclosure_was_stopped_is_unavailable(
    brand: Brand, sharing: Sharing, stopped: str
) -> None:
    known = await sharing.account_ids()
    chosen = authorised_account.c.account_id == sharing.consumer.account_ids[0]
    if stopped == "approval":
        await brand.execute(update(authorised_account).where(chosen).values(approval="withdrawn"))
    else:
        await brand.customers.set_option(sharing.consumer.account_ids[0], "no-disclosure")
    gone = await id_that_is_no_longer_listed(sharing, known)
    cds_error(await sharing.get(f"{ACCOUNTS}/{gone}"), UNAVAILABLE, status=404)


async def test_an_account_that_the_customer_no_longer_holds_is_invalid(brand: Brand, sharing: Sharing) -> None:
    known = await sharing.account_ids()
    last_day = brand.application.now.date() - timedelta(days=2)
    await brand.execute(change_first_holding(sharing, valid_to=last_day))
    gone = await id_that_is_no_longer_listed(sharing, known)
    cds_error(await sharing.get(f"{ACCOUNTS}/{gone}"), INVALID, status=404)


async def test_an_account_whose_holder_became_a_secondary_user_is_invalid(brand: Brand, sharing: Sharing) -> None:
    """A secondary user needs an instruction of the account holder to share (CDR Rules 1.13); there is none."""
    known = await sharing.account_ids()
    await brand.execute(change_first_holding(sharing, role="secondary-user"))
    gone = await id_that_is_no_longer_listed(sharing, known)
    cds_error(await sharing.get(f"{ACCOUNTS}/{gone}"), INVALID, status=404)


async def test_a_holding_ends_at_midnight_in_the_time_zone_of_the_energy_market(
    brand: Brand, clock: MovableClock
) -> None:
    """At 15:00 UTC the next day has begun in the National Electricity Market (UTC+10)."""
    evening = clock.now().replace(hour=15, minute=0) + timedelta(days=1)
    clock.move(evening - clock.now())
    sharing = await brand.share()
    known = await sharing.account_ids()
    assert len(known) == 2
    await brand.execute(change_first_holding(sharing, valid_to=evening.date() + timedelta(days=1)))
    assert await sharing.account_ids() == known
    await brand.execute(change_first_holding(sharing, valid_to=evening.date()))
    assert len(await sharing.account_ids()) == 1


async def test_a_consent_without_accounts_lists_an_empty_page(brand: Brand) -> None:
    consumer = msgspec.structs.replace(await brand.consumer(), account_ids=[])
    body = (await (await brand.share(consumer)).get(ACCOUNTS)).json()
    assert body["data"] == {"accounts": []}
    assert body["meta"] == {"totalRecords": 0, "totalPages": 0}
