"""What is disclosed: customers, accounts, pages, filters, and ids that are one recipient's and one customer's."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from tenants.accounts.tables import account, disclosure_option, holding
from tenants.arrangements.tables import arrangement, authorised_account
from tenants.cds.envelope import Envelope
from tenants.clients.tables import client
from tenants.parties.tables import login
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.customer_v1 import CommonCustomer
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountListV2

ACCOUNTS = "/energy/accounts"


@pytest.fixture
async def recipient(world: Any) -> Any:
    return await world.recipient()


@pytest.fixture
async def headers(recipient: Any, bearer: Any) -> dict[str, str]:
    return dict(bearer(await recipient.issue()))


async def ids(client: httpx.AsyncClient, headers: dict[str, str], **parameters: str) -> list[str]:
    response = await client.get(ACCOUNTS, headers=headers, params=parameters)
    assert response.status_code == 200
    return [found["accountId"] for found in response.json()["data"]["accounts"]]


@pytest.mark.parametrize(
    ("path", "payload"), [("/common/customer", CommonCustomer), ("/common/customer/detail", CommonCustomerDetailV2)]
)
@pytest.mark.parametrize("kind", ["person", "organisation"])
async def test_the_customer(
    world: Any, secure: httpx.AsyncClient, bearer: Any, path: str, payload: type, kind: str
) -> None:
    recipient = await world.recipient(kind)
    response = await secure.get(path, headers=bearer(await recipient.issue()))
    assert response.status_code == 200
    found = msgspec.json.decode(response.content, type=Envelope[payload])  # type: ignore[valid-type]
    assert found.data.customerUType == kind
    assert found.links.self == f"{world.tenant.secure_base}/cds-au/v1{path}"


async def test_the_agent_of_an_organisation_is_who_authorised(
    world: Any, secure: httpx.AsyncClient, bearer: Any
) -> None:
    recipient = await world.recipient("organisation")
    async with world.database.transaction(world.tenant.namespace) as tx:
        query = select(login.c.given_name, login.c.family_name).join(arrangement, arrangement.c.login_id == login.c.id)
        [agent] = await tx.execute(query.where(arrangement.c.id == recipient.arrangement_id))
    response = await secure.get("/common/customer", headers=bearer(await recipient.issue()))
    organisation = response.json()["data"]["organisation"]
    assert (organisation["agentFirstName"], organisation["agentLastName"]) == tuple(agent)
    assert organisation["agentRole"] == "Unspecified"


async def test_the_accounts_that_were_chosen(
    recipient: Any, world: Any, secure: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await secure.get(ACCOUNTS, headers=headers)
    body = response.json()
    found = msgspec.convert(body["data"], EnergyAccountListV2).accounts
    assert len(found) == len(recipient.accounts)
    assert response.headers["x-v"] == "2"
    assert body["meta"] == {"totalRecords": 2, "totalPages": 1}
    assert body["links"] == {"self": f"{world.tenant.secure_base}/cds-au/v1{ACCOUNTS}"}
    assert not {str(internal) for internal in recipient.accounts} & {each.accountId for each in found}


async def test_an_account_in_full(secure: httpx.AsyncClient, headers: dict[str, str]) -> None:
    listed = (await secure.get(ACCOUNTS, headers=headers)).json()["data"]["accounts"][0]
    response = await secure.get(f"{ACCOUNTS}/{listed['accountId']}", headers=headers)
    assert response.headers["x-v"] == "4"
    detail = msgspec.json.decode(response.content, type=Envelope[EnergyAccountDetailV4]).data
    assert msgspec.to_builtins(detail.summary()) == listed
    assert detail.plans[0].planDetail is not None


async def test_pages(world: Any, secure: httpx.AsyncClient, headers: dict[str, str]) -> None:
    everything = await ids(secure, headers)
    parameters = {"page": "2", "page-size": "1", "open-status": "ALL"}
    response = await secure.get(ACCOUNTS, headers=headers, params=parameters)
    body = response.json()
    assert [found["accountId"] for found in body["data"]["accounts"]] == everything[1:]
    assert body["meta"] == {"totalRecords": 2, "totalPages": 2}
    base = f"{world.tenant.secure_base}/cds-au/v1{ACCOUNTS}"
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
        ("open-status=open", 400, "Field/Invalid"),
        ("open-status=", 400, "Field/Invalid"),
    ],
)
async def test_bad_parameters(
    secure: httpx.AsyncClient, headers: dict[str, str], code: Any, parameters: str, status: int, error: str
) -> None:
    response = await secure.get(f"{ACCOUNTS}?{parameters}", headers=headers)
    assert response.status_code == status
    assert code(response) == f"cds-all:{error}"


async def test_the_status_filter(recipient: Any, secure: httpx.AsyncClient, headers: dict[str, str]) -> None:
    everything = await ids(secure, headers)
    await recipient.write(update(account).where(account.c.id.in_(recipient.accounts)).values(open_status="OPEN"))
    await recipient.write(update(account).where(account.c.id == recipient.accounts[0]).values(open_status="CLOSED"))
    closed = await ids(secure, headers, **{"open-status": "CLOSED"})
    opened = await ids(secure, headers, **{"open-status": "OPEN"})
    await recipient.write(update(account).where(account.c.id == recipient.accounts[0]).values(open_status="OPEN"))
    assert len(closed) == 1
    assert sorted(closed + opened) == sorted(everything)


async def test_ids_are_the_same_for_every_token_and_registration_of_a_product(
    world: Any, recipient: Any, secure: httpx.AsyncClient, bearer: Any, headers: dict[str, str]
) -> None:
    again = type(recipient)(world.database, world.tenant, recipient.customer_id, recipient.accounts, recipient.now)
    again.software_id = recipient.software_id
    first = await ids(secure, headers)
    # One registration of a product at a time: the new one takes the place of the removed one.
    await recipient.write(
        update(client).where(client.c.client_id == recipient.client_id).values(removed_at=recipient.now)
    )
    await again.register()
    assert await ids(secure, bearer(await again.issue())) == first


async def test_ids_are_of_no_use_to_another_recipient(
    world: Any, recipient: Any, secure: httpx.AsyncClient, bearer: Any, headers: dict[str, str], code: Any
) -> None:
    other = await type(recipient)(
        world.database, world.tenant, recipient.customer_id, recipient.accounts, recipient.now
    ).register()
    ours = await ids(secure, headers)
    theirs = bearer(await other.issue())
    assert not set(ours) & set(await ids(secure, theirs))
    response = await secure.get(f"{ACCOUNTS}/{ours[0]}", headers=theirs)
    assert response.status_code == 404
    assert code(response) == "cds-energy:Authorisation/InvalidEnergyAccount"
    assert response.json()["errors"][0]["detail"] == ours[0]


@pytest.mark.parametrize("made_up", ["x", "%00", "4a1f6ad6-8b5c-4f6f-9d0e-3a1c3a7a4a11", "A" * 64, "é", "%2e%2e"])
async def test_an_id_that_is_made_up(
    secure: httpx.AsyncClient, headers: dict[str, str], code: Any, made_up: str
) -> None:
    response = await secure.get(f"{ACCOUNTS}/{made_up}", headers=headers)
    assert response.status_code == 404
    assert code(response) in {"cds-energy:Authorisation/InvalidEnergyAccount", "cds-all:Resource/NotFound"}


async def test_an_id_with_a_changed_character(secure: httpx.AsyncClient, headers: dict[str, str]) -> None:
    [first, *_] = await ids(secure, headers)
    changed = first[:-2] + ("A" if first[-2] != "A" else "B") + first[-1]
    assert (await secure.get(f"{ACCOUNTS}/{changed}", headers=headers)).status_code == 404


async def test_an_account_of_the_customer_that_was_not_chosen(
    world: Any, recipient: Any, secure: httpx.AsyncClient, bearer: Any, headers: dict[str, str]
) -> None:
    known = await ids(secure, headers)
    await recipient.write(authorised_account.delete().where(authorised_account.c.account_id == recipient.accounts[0]))
    left = await ids(secure, headers)
    assert len(left) == 1
    [gone] = set(known) - set(left)
    assert (await secure.get(f"{ACCOUNTS}/{gone}", headers=headers)).status_code == 404


@pytest.mark.parametrize("stopped", ["approval", "disclosure option"])
async def test_an_account_whose_disclosure_was_stopped_is_unavailable(
    recipient: Any, secure: httpx.AsyncClient, headers: dict[str, str], code: Any, stopped: str
) -> None:
    known = await ids(secure, headers)
    internal = recipient.accounts[0]
    if stopped == "approval":
        await recipient.write(
            update(authorised_account)
            .where(
                authorised_account.c.account_id == internal,
                authorised_account.c.authorisation_id == recipient.authorisation_id,
            )
            .values(approval="withdrawn")
        )
    else:
        option = {"account_id": internal, "option": "no-disclosure", "since": recipient.now, "set_by": "holder"}
        await recipient.write(insert(disclosure_option).values(option))
    left = await ids(secure, headers)
    [gone] = set(known) - set(left)
    response = await secure.get(f"{ACCOUNTS}/{gone}", headers=headers)
    await recipient.write(delete(disclosure_option).where(disclosure_option.c.account_id == internal))
    assert response.status_code == 404
    assert code(response) == "cds-energy:Authorisation/UnavailableEnergyAccount"


async def test_an_account_that_the_customer_no_longer_holds(
    recipient: Any, secure: httpx.AsyncClient, headers: dict[str, str], code: Any
) -> None:
    known = await ids(secure, headers)
    internal = recipient.accounts[0]
    of_the_customer = (holding.c.customer_id == recipient.customer_id) & (holding.c.account_id == internal)
    last_day = recipient.now.date() - timedelta(days=2)
    await recipient.write(update(holding).where(of_the_customer).values(valid_to=last_day))
    left = await ids(secure, headers)
    [gone] = set(known) - set(left)
    response = await secure.get(f"{ACCOUNTS}/{gone}", headers=headers)
    await recipient.write(update(holding).where(of_the_customer).values(valid_to=None))
    assert code(response) == "cds-energy:Authorisation/InvalidEnergyAccount"


async def test_an_account_whose_holder_became_a_secondary_user_is_gone(
    recipient: Any, secure: httpx.AsyncClient, headers: dict[str, str], code: Any
) -> None:
    """A secondary user shares by the holder's instruction alone (CDR Rules 1.13), which was never given."""
    known = await ids(secure, headers)
    internal = recipient.accounts[0]
    of_the_customer = (holding.c.customer_id == recipient.customer_id) & (holding.c.account_id == internal)
    async with recipient.database.transaction(recipient.tenant.namespace) as tx:
        role = (await tx.execute(select(holding.c.role).where(of_the_customer))).scalar_one()
    await recipient.write(update(holding).where(of_the_customer).values(role="secondary-user"))
    left = await ids(secure, headers)
    [gone] = set(known) - set(left)
    response = await secure.get(f"{ACCOUNTS}/{gone}", headers=headers)
    await recipient.write(update(holding).where(of_the_customer).values(role=role))
    assert code(response) == "cds-energy:Authorisation/InvalidEnergyAccount"


async def test_a_holding_ends_with_the_markets_day(
    world: Any, secure: httpx.AsyncClient, bearer: Any, moved_clock: Any
) -> None:
    """At 15:00 UTC a day is over in the National Electricity Market, and with it what a customer held until then."""
    evening = world.clock.now().replace(hour=15, minute=0) + timedelta(days=1)
    moved_clock.move(evening - world.clock.now())
    recipient = await world.recipient()
    headers = bearer(await recipient.issue())
    assert len(await ids(secure, headers)) == len(recipient.accounts)
    of_the_customer = holding.c.customer_id == recipient.customer_id
    await recipient.write(update(holding).where(of_the_customer).values(valid_to=evening.date()))
    left = await ids(secure, headers)
    await recipient.write(update(holding).where(of_the_customer).values(valid_to=None))
    assert left == []


async def test_a_recipient_with_no_account_gets_an_empty_page(
    world: Any, recipient: Any, secure: httpx.AsyncClient, bearer: Any
) -> None:
    nothing = await type(recipient)(world.database, world.tenant, recipient.customer_id, [], recipient.now).register()
    response = await secure.get(ACCOUNTS, headers=bearer(await nothing.issue()))
    assert response.json()["data"] == {"accounts": []}
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}
