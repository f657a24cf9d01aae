"""An attorney shares for a person, from the import or the retailer's own server to the end of the authority (K-4)."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ops.demonstration.customers import ATTORNEY
from tenants.accounts.service import market_day
from tenants.imports.report import Report
from tenants.imports.service import import_records, read_records
from tenants.parties.models import NOBODY
from tenants.synchronisation import directory
from tenants.synchronisation.directory import FRESH_FOR
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consent_pages import ConsentPages, Mia, away, response_claims
from tests.support.consents import response_of
from tests.support.demonstration import load_customers
from tests.support.retailer import RetailerSite, demonstration_data, use_upstream

IDENTIFIER = f"{'.'.join(ATTORNEY).lower()}@people.test"


class Represented:
    """A brand with the demonstration data, in which an attorney acts for a person. The retailer tells who acts."""

    def __init__(self, pages: ConsentPages, data: dict[str, Any], folder: Path, site: RetailerSite | None) -> None:
        self.pages, self.data, self.folder, self.site = pages, data, folder, site
        (user,) = [each for each in data["users"].values() if each["identifier"] == IDENTIFIER]
        self.user, (self.acts,) = user, user["customers"]
        self.customer: str = self.acts["customerId"]
        self.principal = next(
            each["identifier"]
            for each in data["users"].values()
            if each["customers"] == [{"customerId": self.customer, "role": "self"}]
        )

    @property
    def yesterday(self) -> str:
        return str(market_day(self.pages.application.now) - timedelta(days=1))

    async def tell(self, **members: Any) -> None:
        """Let the retailer tell how the attorney acts from now on: import it again, or change what the server says."""
        self.pages.application.services.clock.move(FRESH_FOR)  # type: ignore[attr-defined]
        if self.site is not None:
            self.acts.update(members)
            self.site.put(self.pages.tenant.slug, self.data)
            self.site.retailers._read.clear()
            return
        named = {"login": self.user["userId"], "customer": self.customer, "role": "attorney"}
        file, report = self.folder / "again.jsonl", Report()
        file.write_bytes(msgspec.json.encode({"kind": "representation", **named, **members}))
        database, tenant = self.pages.application.database, self.pages.tenant
        records = read_records(file, "lines", report)
        await import_records(database, tenant.namespace, records, report, now=self.pages.application.now)
        assert report.problems == []

    async def discloses(self, token: str) -> bool:
        answer = await self.pages.recipient.resource("/energy/accounts", token, version=2)
        return answer.status_code == 200 and bool(answer.json()["data"]["accounts"])


@pytest.fixture(params=["import", "upstream"])
async def represented(
    application: Application,
    site: RetailerSite,
    clock: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Represented:
    monkeypatch.setattr(directory, "ANSWER_STEP_SECONDS", 0.001)
    data = demonstration_data(application.now.date())
    if request.param == "upstream":
        tenant = await use_upstream(application, site, f"by-law-{len(site.tenants)}", data)
    else:
        tenant = await application.new_tenant()
        await load_customers(application, tenant, people=True)
    nobody = Mia(NOBODY, IDENTIFIER, NOBODY, NOBODY, NOBODY)
    pages = ConsentPages(application, tenant, await registered_client(application, tenant), nobody)
    assert clock
    return Represented(pages, data, tmp_path, site if request.param == "upstream" else None)


async def test_what_an_attorney_shares_belongs_to_the_person_and_goes_on_after_the_end_of_the_authority(
    represented: Represented,
) -> None:
    """Decision 0022: rule 4.26 does not name the end of an authority. Who reads it is never told a "You" of others."""
    pages = represented.pages
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.authenticated(browser, flow)
    assert page.path.endswith("/accounts"), "the attorney acts for nobody else"
    offered = page.form("/accounts").entries(None, set(page.choices("account")))["account"]
    page = await browser.send(page, "/accounts", account=offered)
    url = (await browser.post(page, "/authorise")).headers["location"]
    tokens = await pages.recipient.exchange(await pages.recipient.read_response(response_of(url), flow), flow)
    assert await represented.discloses(tokens.access_token)
    path = f"/dashboard/arrangements/{UUID(tokens.cdr_arrangement_id)}"

    # The person sees it, and that somebody else has agreed.
    own = pages.browser()
    await pages.signed_in(own, represented.principal)
    page = await own.get(path)
    assert "You agreed" not in page.text
    assert "agreed to share" in page.element("timeline").text

    # The authority becomes narrower: the attorney only sees.
    await represented.tell(scope="see")
    reading = pages.browser()
    await pages.signed_in(reading)
    assert "only-see" in (await reading.get(path)).elements
    limited = pages.browser()
    assert "continue" not in (await pages.authenticated(limited)).elements

    # It ends: the attorney has no customer any more, and the sharing goes on.
    await represented.tell(validTo=represented.yesterday)
    former = pages.browser()
    page = await pages.signed_in(former)
    assert path not in page.html
    assert (await former.get(path)).status == 404
    refused = await away(pages.authenticated(pages.browser(), cdr_arrangement_id=tokens.cdr_arrangement_id))
    assert response_claims(refused)["error"] == "invalid_request"
    assert await represented.discloses(tokens.access_token)
    refreshed = await pages.recipient.refresh(tokens.refresh_token)
    assert await represented.discloses(refreshed.access_token)

    # The person stops it.
    assert "stop-sharing" in (await own.get(path)).elements
    await own.send(await own.get(f"{path}/withdraw"), "/withdraw")
    assert not await represented.discloses(refreshed.access_token)
