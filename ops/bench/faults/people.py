"""Persons who consent and withdraw, one after the other, while the stack is disturbed.

Each of them checks at once that what was used cannot be used again: the request_uri, the authorization code and the
one-time password. What a person was told is written to the ledger. A person whose request fails gives up, and then
nothing is known about the step that was not answered.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Final, TypeVar

import httpx

from haas.errors import HaasError
from ops.bench.faults.ledger import Ledger, is_not_now, says_not_now
from ops.browser.errors import LeftSite, Unexpected
from ops.browser.page import Page
from ops.browser.person import Person
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.smoke.journey import YEAR, Journey
from ops.smoke.participants import Participants

AT_A_TIME: Final = 2
_MAIL_SECONDS: Final = 60.0
_SECONDS_BETWEEN_QUESTIONS: Final = 0.2
_ENDINGS: Final = ("keep", "withdraw", "repeat the code")
Answer = TypeVar("Answer")


class MailLost(HaasError):
    """A page said that a one-time password was sent, and none came."""


class People:
    """The persons of one brand. `journey` has a registered recipient."""

    def __init__(self, journey: Journey, participants: Participants, ledger: Ledger) -> None:
        """Nobody has begun yet."""
        self.client = journey.recipient.client
        self._scope = journey.recipient.scope
        self._tenant = journey.tenant
        self._participants = participants
        self._ledger = ledger
        self._identifiers: list[str] = [str(each["identifier"]) for each in journey.tenant.demonstration_customers]
        self._requested: Counter[str] = Counter()
        self._before = 0
        self._finished = asyncio.Event()

    @asynccontextmanager
    async def consenting(self) -> AsyncIterator[None]:
        """Let AT_A_TIME persons consent at a time until the block ends, and then wait for the last ones."""
        self._before = await asked(self._participants.control.newest_message)
        lanes = [
            asyncio.create_task(self._one_after_the_other(self._identifiers[lane::AT_A_TIME]))
            for lane in range(AT_A_TIME)
        ]
        try:
            yield
        finally:
            self._finished.set()
            await asyncio.gather(*lanes)

    async def doubled_mails(self) -> list[str]:
        """Return the persons to whom more one-time passwords were sent than they asked for, as lines of text.

        A message that a worker sends again, with the same Message-ID, has the same one-time password and is not found.
        """
        doubled = []
        for identifier, requested in self._requested.items():
            passwords = await asked(lambda to=identifier: self._participants.control.codes(to, self._before))  # type: ignore[misc]
            if len(passwords) > requested:
                doubled.append(f"{len(passwords)} one-time passwords for {requested} requests of {identifier}")
        return doubled

    async def _one_after_the_other(self, identifiers: list[str]) -> None:
        # The lanes have different persons: the newest one-time password for a person must be that of their own page.
        for number in count():
            if self._finished.is_set():
                return
            identifier = identifiers[number % len(identifiers)]
            person = await self._participants.person()
            self._ledger.sent += 1
            try:
                await self._take_part(person, identifier, _ENDINGS[number % len(_ENDINGS)])
            except MailLost as error:
                self._ledger.wrong.append(str(error))
            except (HaasError, httpx.HTTPError, Unexpected) as error:
                self._ledger.fail("consent", error, not_now=is_not_now(error) or _shows_not_now(person))
                await asyncio.sleep(_SECONDS_BETWEEN_QUESTIONS)
            else:
                self._ledger.answered["consent"] += 1
            await person.http.aclose()

    async def _take_part(self, person: Person, identifier: str, ending: str) -> None:
        flow, code = await self._authorise(person, identifier)
        tokens = await self.client.exchange(code, flow)
        self._ledger.acknowledge("used codes", code, code)
        arrangement = str(tokens.cdr_arrangement_id)
        self._ledger.acknowledge("consents", arrangement, tokens)
        if ending == "keep":
            return
        if ending == "withdraw":
            await self._withdraw(person, identifier, tokens)
        else:
            self._ledger.forget("consents", arrangement)
            await self._repeat_the_code(code, flow)
        self._ledger.acknowledge("ended consents", arrangement, tokens)

    async def _authorise(self, person: Person, identifier: str) -> tuple[Flow, str]:
        flow = await self.client.push(self._scope, sharing_duration=YEAR)
        # The person uses it now, so nobody else can.
        self._ledger.acknowledge("pushed requests", flow.request_uri, flow, usable_until=self.client.clock.now())
        await person.open(self.client.authorisation_url(flow))
        seen = await asked(self._participants.control.newest_message)
        self._requested[identifier] += 1
        await person.identify(identifier)
        person.page.element("code")
        await person.verify(await self._one_time_password(identifier, seen))
        await person.choose_customer()
        await person.choose_accounts()
        code = await self.client.read_response(await person.authorise(), flow)
        self._ledger.acknowledge("used requests", flow.request_uri, flow)
        return flow, code

    async def _withdraw(self, person: Person, identifier: str, tokens: Tokens) -> None:
        dashboard, arrangement = self._tenant.dashboard_url, str(tokens.cdr_arrangement_id)
        await person.open(dashboard)
        seen = await asked(self._participants.control.newest_message)
        self._requested[identifier] += 1
        await person.identify(identifier)
        form = person.page
        form.element("code")  # otherwise no one-time password was promised
        password = await self._one_time_password(identifier, seen)
        other_window = await self._with_the_cookies_of(person)
        await person.verify(password)
        person.page.element("current")
        await self._repeat_the_password(other_window, form, password, dashboard)
        self._ledger.forget("consents", arrangement)
        await person.withdraw(dashboard, arrangement)
        person.page.element("notice")
        self._ledger.acknowledge("notices", arrangement, arrangement)

    async def _with_the_cookies_of(self, person: Person) -> Person:
        """Return another browser, which has the cookies that the person has now and not those of later."""
        other = await self._participants.person()
        for cookie in person.http.cookies.jar:
            other.http.cookies.jar.set_cookie(cookie)
        return other

    async def _repeat_the_password(self, person: Person, form: Page, password: str, dashboard: str) -> None:
        field = form.element("code")
        action = field.form.action if field.form else ""
        await person.post(form, action, **{field.attributes["name"]: password})
        await person.open(dashboard)
        if "current" in person.page.elements:
            self._ledger.wrong.append("a one-time password was accepted twice")

    async def _repeat_the_code(self, code: str, flow: Flow) -> None:
        try:
            await self.client.exchange(code, flow)
        except Refused as refusal:
            if refusal.error != "invalid_grant":
                raise
        else:
            self._ledger.wrong.append("an authorization code was accepted twice")

    async def _one_time_password(self, identifier: str, seen: int) -> str:
        try:
            return await asked(lambda: self._participants.control.code(identifier, seen))
        except Unexpected as error:
            raise MailLost(f"a mail was lost: {error}") from error


async def asked(question: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask the sandbox, which may be restarting, until it answers. Raises Unexpected after a minute without an answer.

    The sandbox is not part of the product. Nothing is changed by asking twice.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + _MAIL_SECONDS
    while True:
        try:
            return await question()
        except Unexpected:
            if loop.time() > until:
                raise
        await asyncio.sleep(_SECONDS_BETWEEN_QUESTIONS)


def _shows_not_now(person: Person) -> bool:
    try:
        return says_not_now(person.page.status, person.page.headers)
    except LeftSite:
        return False
