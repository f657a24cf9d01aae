"""A consent belongs to the customer: it continues when the person who gave it may no longer act for the customer.

Decision 0022. Only those who may act for the customer now can see the consent, withdraw it and amend it.
"""

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, update

from tenants.accounts.service import market_day
from tenants.arrangements.tables import arrangement
from tenants.parties.models import RepresentationRole
from tenants.parties.tables import login, representation
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.consent_pages import ConsentPages, Mia, away, response_claims
from tests.support.customers import Consumer
from tests.support.rows import notices_of, one

Ending = Literal["representation", "login"]
GIVERS: Final[tuple[tuple[str, RepresentationRole], ...]] = (
    ("organisation", "nominated-representative"),
    ("person", "attorney"),
    ("person", "guardian"),
)
both_endings = pytest.mark.parametrize("ending", ["representation", "login"])
each_role = pytest.mark.parametrize(("kind", "role"), GIVERS)


class Represented(msgspec.Struct, frozen=True, kw_only=True):
    """A customer for whom two logins act. One of them, the giver, has given a consent."""

    brand: Brand
    sharing: Sharing
    giver_id: UUID
    giver: str
    other_id: UUID
    other: str

    @property
    def customer_id(self) -> UUID:
        return self.sharing.consumer.customer_id

    @property
    def path(self) -> str:
        return f"/dashboard/arrangements/{self.sharing.arrangement_id}"

    @property
    def pages(self) -> ConsentPages:
        home = self.sharing.consumer.account_ids[0]
        person = Mia(self.giver_id, self.giver, self.customer_id, home, home)
        return ConsentPages(self.brand.application, self.brand.tenant, self.sharing.client, person)

    async def end(self, ending: Ending, login_id: UUID) -> None:
        """End the right of a login to act for the customer: since yesterday, or because the login is disabled."""
        if ending == "login":
            changed = update(login).where(login.c.id == login_id).values(disabled_at=self.brand.application.now)
        else:
            yesterday = market_day(self.brand.application.now) - timedelta(days=1)
            this = representation.c.login_id == login_id, representation.c.customer_id == self.customer_id
            changed = update(representation).where(*this).values(valid_to=yesterday)
        await self.brand.execute(changed)

    async def discloses(self) -> bool:
        """Return whether the recipient gets the data with the tokens that it has."""
        answers = [await self.sharing.get(path) for path in ("/energy/accounts", "/common/customer")]
        return all(answer.status_code == 200 for answer in answers) and len(await self.sharing.account_ids()) == 2


async def represented(brand: Brand, kind: str, role: RepresentationRole) -> Represented:
    consumer = await brand.consumer(kind)
    giver_id, giver = await brand.customers.add_login("Gita Giver")
    await brand.customers.represent(giver_id, consumer.customer_id, role)
    (other,) = await brand.execute(select(login.c.email).where(login.c.id == consumer.login_id))
    sharing = await brand.share(Consumer(giver_id, consumer.customer_id, consumer.account_ids))
    return Represented(
        brand=brand,
        sharing=sharing,
        giver_id=giver_id,
        giver=giver,
        other_id=consumer.login_id,
        other=other.email,
    )


@each_role
@both_endings
async def test_a_consent_continues_when_the_person_who_gave_it_may_no_longer_act(
    brand: Brand, kind: str, role: RepresentationRole, ending: Ending
) -> None:
    """CDR Rules 1.13(1)(c): representatives give authorisations on behalf of the customer; 4.26: what ends them."""
    found = await represented(brand, kind, role)
    await found.end(ending, found.giver_id)
    assert await found.discloses()
    refreshed = await found.sharing.client.refresh(found.sharing.tokens.refresh_token)
    assert (await found.sharing.get("/energy/accounts", refreshed.access_token)).status_code == 200
    row = await one(brand.application.database, brand.tenant, arrangement, id=found.sharing.arrangement_id)
    assert (row.ended_at, row.login_id) == (None, found.giver_id)
    if kind == "organisation":  # the agent is the person who authorised
        organisation = (await found.sharing.get("/common/customer")).json()["data"]["organisation"]
        assert (organisation["agentFirstName"], organisation["agentLastName"]) == ("Gita", "Giver")


@each_role
async def test_the_last_day_of_a_representation_belongs_to_it(
    brand: Brand, kind: str, role: RepresentationRole
) -> None:
    found = await represented(brand, kind, role)
    today = market_day(brand.application.now)
    this = representation.c.login_id == found.giver_id
    await brand.execute(update(representation).where(this).values(valid_to=today))
    browser = found.pages.browser()
    assert f'href="{found.path}"' in (await found.pages.signed_in(browser, found.giver)).html


@each_role
async def test_a_former_representative_neither_sees_nor_withdraws_the_consent(
    brand: Brand, kind: str, role: RepresentationRole
) -> None:
    """This is also true for a page that was open when the representation ended."""
    found = await represented(brand, kind, role)
    browser = found.pages.browser()
    page = await found.pages.signed_in(browser, found.giver)
    assert f'href="{found.path}"' in page.html
    open_page = await browser.get(f"{found.path}/withdraw")
    assert open_page.status == 200
    await found.end("representation", found.giver_id)
    assert "You are not sharing your data with anyone." in (await browser.get("/dashboard")).text
    for path in (found.path, f"{found.path}/withdraw"):
        assert (await browser.get(path)).status == 404
    assert (await browser.send(open_page, "/withdraw")).status == 404
    assert await found.discloses()


async def test_a_disabled_login_sees_nothing(brand: Brand) -> None:
    found = await represented(brand, "organisation", "nominated-representative")
    browser = found.pages.browser()
    await found.pages.signed_in(browser, found.giver)
    open_page = await browser.get(f"{found.path}/withdraw")
    await found.end("login", found.giver_id)
    assert (await browser.send(open_page, "/withdraw")).path == "/dashboard/sign-in"
    assert await found.discloses()


@each_role
@both_endings
async def test_whoever_may_act_now_sees_and_withdraws_the_consent(
    brand: Brand, kind: str, role: RepresentationRole, ending: Ending
) -> None:
    """This is another representative of the organisation, or the person who was represented."""
    found = await represented(brand, kind, role)
    await found.end(ending, found.giver_id)
    browser = found.pages.browser()
    assert f'href="{found.path}"' in (await found.pages.signed_in(browser, found.other)).html
    done = await browser.send(await browser.get(f"{found.path}/withdraw"), "/withdraw")
    assert "You have stopped sharing" in done.text
    assert (await found.sharing.get("/energy/accounts")).status_code == 403
    told = await notices_of(brand.application.database, brand.tenant, found.sharing.arrangement_id)
    assert [notice.kind for notice in told] == ["arrangement-revoked"]


async def test_a_consent_continues_without_a_representative_and_the_next_one_can_withdraw_it(brand: Brand) -> None:
    """While there is no representative, the retailer or the recipient can end the consent (CDR Rules 4.25(1)(b))."""
    found = await represented(brand, "organisation", "nominated-representative")
    for login_id in (found.giver_id, found.other_id):
        await found.end("representation", login_id)
    assert await found.discloses()
    next_id, next_one = await brand.customers.add_login("Nina Next")
    await brand.customers.represent(next_id, found.customer_id, "nominated-representative")
    browser = found.pages.browser()
    assert f'href="{found.path}"' in (await found.pages.signed_in(browser, next_one)).html
    await browser.send(await browser.get(f"{found.path}/withdraw"), "/withdraw")
    assert not await found.discloses()


@each_role
async def test_a_former_representative_cannot_amend_the_consent(
    brand: Brand, kind: str, role: RepresentationRole
) -> None:
    found = await represented(brand, kind, role)
    await found.end("representation", found.giver_id)
    amending = {"cdr_arrangement_id": str(found.sharing.arrangement_id)}
    browser = found.pages.browser()
    claims = response_claims(await away(found.pages.authenticated(browser, identifier=found.giver, **amending)))
    assert claims["error"] == "invalid_request"
    assert await found.discloses()
