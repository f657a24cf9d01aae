"""What can go wrong at the one-time password: a wrong code, an earlier one, an expired one, and too many tries."""

from datetime import timedelta

from playwright.async_api import expect
from sqlalchemy import Update, update

from ops.journeys.sharing import choose, start
from ops.journeys.visitor import Visitor
from tenants.authentication.tables import challenge
from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey, JourneyPerson

TRIES = 5


async def _let_pass(journey: Journey, person: JourneyPerson, minutes: int) -> None:
    """Let minutes pass for the codes of one person: the clock of the stack belongs to all tests."""
    await journey.brand.execute(_earlier(timedelta(minutes=minutes)).where(challenge.c.login_id == person.login_id))


def _earlier(time: timedelta) -> Update:
    return update(challenge).values({name: challenge.c[name] - time for name in ("created_at", "expires_at")})


def _another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def _answer_wrongly(visitor: Visitor, code: str) -> None:
    for _ in range(TRIES):
        await visitor.answer(_another(code))


async def _new_code(visitor: Visitor, person: JourneyPerson) -> str:
    seen = await visitor.control.newest_message()
    await visitor.press("resend")
    await expect(visitor.page.locator("#code")).to_be_visible()
    return await visitor.control.code(person.identifier, seen)


@combined(Combination("banksia", "phone", "light", 200, by_keyboard=False))
async def test_a_person_makes_mistakes_with_codes_and_goes_on(journey: Journey) -> None:
    brand = journey.brand
    await brand.execute(_earlier(timedelta(days=2)))  # the wrong answers of other combinations come from this network
    mia = await brand.person("Mia Wong")
    await brand.account("Home", mia)
    visitor = await journey.visitor()
    page = visitor.page

    await start(visitor, brand.recipient_url, brand.description)
    await visitor.look("identify")
    first = await visitor.identify(mia.identifier)
    await visitor.look("one-time-password")
    await visitor.answer(_another(first))
    await expect(page.locator("#code-problem")).to_contain_text("That code is not right.")
    await visitor.look("wrong-code")

    second = await _new_code(visitor, mia)
    await expect(page.locator("#sent-again")).to_contain_text("Earlier codes no longer work.")
    await visitor.look("new-code")
    if first != second:
        await visitor.answer(first)
        await expect(page.locator("#code-problem")).to_contain_text("That code is not right.")

    await _let_pass(journey, mia, 10)
    await visitor.answer(second)
    await expect(page.locator("h1")).to_have_text("Your code has expired")
    await visitor.look("expired-code")
    third = await _new_code(visitor, mia)
    await _answer_wrongly(visitor, third)
    await expect(page.locator("h1")).to_have_text("Your code cannot be used any more")
    await visitor.look("spent-code")
    last = await _new_code(visitor, mia)
    await visitor.answer(last)
    await choose(visitor)
    await expect(page.locator("#authorise")).to_be_visible()
    await visitor.press("cancel")

    locked = await brand.person("Lee Locked")
    await start(visitor, brand.recipient_url, brand.description)
    await _answer_wrongly(visitor, await visitor.identify(locked.identifier))
    await _answer_wrongly(visitor, await _new_code(visitor, locked))
    await expect(page.locator("#locked-until")).to_be_visible()
    await visitor.look("locked")
    await _let_pass(journey, locked, 40)
    await start(visitor, brand.recipient_url, brand.description)
    await visitor.fill("identifier", locked.identifier)
    await visitor.press("continue")
    await expect(page.locator("#change")).to_be_visible()
    await visitor.look("no-code-is-sent")
