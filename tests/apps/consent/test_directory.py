"""The directory is asked while no transaction is open, and in the same way where there is no login."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from haas.errors import Unavailable
from tenants.attempts import store as attempts
from tenants.parties.directory import StoredDirectory
from tenants.parties.models import Login, Person
from tenants.registry.models import Tenant
from tests.support.consent_pages import ConsentPages


class DirectoryElsewhere:
    """Stands for a directory on another server: notes the questions, and whether a connection was held meanwhile."""

    def __init__(self, pages: ConsentPages) -> None:
        self._stored = StoredDirectory(pages.application.database)
        self._pool = pages.application.database._nodes["main"].requests
        self.asked: list[str] = []
        self.fails = False

    def is_copy(self, _: Tenant) -> bool:
        return True

    async def refresh(self, _: Tenant, __: UUID) -> None:
        self._note("refresh")

    async def login_by_identifier(self, tenant: Tenant, identifier: str) -> Login | None:
        self._note("login_by_identifier")
        return await self._stored.login_by_identifier(tenant, identifier)

    async def person(self, tenant: Tenant, login_id: UUID, today: date) -> Person:
        self._note("person")
        return await self._stored.person(tenant, login_id, today)

    def _note(self, question: str) -> None:
        assert self._pool._slots.free == self._pool.size, "a connection is held"
        self.asked.append(question)
        if self.fails:
            raise Unavailable("the directory does not answer")


@pytest.fixture
def directory(pages: ConsentPages, monkeypatch: pytest.MonkeyPatch) -> DirectoryElsewhere:
    elsewhere = DirectoryElsewhere(pages)
    monkeypatch.setattr(pages.application.services, "directory", elsewhere)
    return elsewhere


async def test_no_connection_is_held_while_the_directory_is_asked(
    pages: ConsentPages, directory: DirectoryElsewhere
) -> None:
    browser = pages.browser()
    await pages.consented(browser)
    page = await pages.signed_in(browser)
    assert page.path == "/dashboard"
    assert {"login_by_identifier", "person", "refresh"} == set(directory.asked)


async def sent(pages: ConsentPages, identifier: str) -> list[tuple[int, str, str]]:
    """The answers to an identifier, to a request for a new code and to a wrong code, without what is random."""
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    found: list[httpx.Response] = [await browser.post(page, "/identify", identifier=identifier)]
    page = await browser.get(found[0].headers["location"])
    found += [await browser.post(page, "/resend"), await browser.post(page, "/verify", code="000000")]
    return [
        (each.status_code, each.headers["location"].rpartition("/")[2], " ".join(sorted(each.headers)))
        for each in found
    ]


async def test_an_unknown_identifier_gets_the_same_answers_after_the_same_questions(
    pages: ConsentPages, directory: DirectoryElsewhere
) -> None:
    _, known = await pages.customers.add_login()
    answers = await sent(pages, known)
    questions, directory.asked = directory.asked, []
    assert await sent(pages, f"{uuid4().hex}@nobody.test") == answers
    assert directory.asked == questions == ["login_by_identifier", "person", "person", "person"]
    assert [location for _, location, _ in answers] == ["verify", "verify", "verify?problem=code-wrong"]


async def test_a_directory_that_does_not_answer_changes_nothing(
    pages: ConsentPages, directory: DirectoryElsewhere
) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    directory.fails = True
    refused = await browser.post(page, "/identify", identifier=pages.mia.identifier)
    assert refused.status_code == 503
    directory.fails = False
    assert (await browser.get(page.url)).path.endswith("/identify")


async def test_without_a_flow_the_directory_is_not_asked(pages: ConsentPages, directory: DirectoryElsewhere) -> None:
    browser = pages.browser()
    page = await pages.identified(browser)
    directory.asked.clear()
    flow = page.path.rsplit("/", 1)[0]
    for secret in ("", "made-up", "made-up.mac"):
        async with pages.application.http(base_url=pages.tenant.issuer) as http:
            name = next(name for name in dict(browser.http.cookies) if "flow" in name)
            http.cookies.set(name, secret)
            for step in ("identify", "verify", "resend"):
                answer = await http.post(f"{flow}/{step}", data={"identifier": pages.mia.identifier})
                assert answer.status_code in {400, 403, 404}
    assert directory.asked == []


async def test_the_directory_is_asked_again_if_a_person_authenticates_meanwhile(
    pages: ConsentPages, directory: DirectoryElsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = pages.browser()
    page = await pages.authenticated(browser)
    directory.asked.clear()
    found = attempts.login_of
    missed: list[None] = [None]

    async def too_early(*arguments: Any) -> UUID | None:
        return missed.pop() if missed else await found(*arguments)

    monkeypatch.setattr(attempts, "login_of", too_early)
    assert (await browser.get(page.url)).path.endswith("/accounts")
    assert directory.asked == ["refresh", "person"]
    assert missed == []
