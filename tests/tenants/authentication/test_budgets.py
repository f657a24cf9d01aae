"""What strangers can use up, and what stays for the people whose browsers are known."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from tenants.authentication import budgets, service
from tenants.authentication.errors import CodeRefused, IdentifierLocked, TooManyIdentifiers
from tenants.authentication.limits import STRANGERS, STRANGERS_UNDER_ATTACK, Budget
from tenants.authentication.models import Challenge, SharingFlow
from tenants.authentication.networks import network_hash
from tenants.registry.models import Tenant
from tests.tenants.authentication.conftest import Authentication

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def authentication(
    database: Database, tenant: Tenant, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> Authentication:
    """The authentication of a tenant for which nothing was counted yet, and no alarm was logged."""
    monkeypatch.setattr(budgets, "_alarmed_at", {})
    return Authentication(database, tenant, clock)


def somebody(at: str = "people.test") -> str:
    return f"{uuid4().hex}@{at}"


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


async def fail(authentication: Authentication, challenge: Challenge, times: int = 1) -> None:
    """Answer wrongly, whether or not the last answer uses up a budget."""
    for _ in range(times):
        with pytest.raises((CodeRefused, IdentifierLocked)):
            await authentication.answer(challenge, "000000")


async def fail_ten_times(authentication: Authentication, identifier: str, **changes: Any) -> None:
    for _ in range(2):
        await fail(authentication, await authentication.begin(identifier, **changes), 5)


async def test_strangers_cannot_lock_out_a_person_whose_browser_is_known(authentication: Authentication) -> None:
    login_id, identifier = await authentication.logins.add_login()
    await fail_ten_times(authentication, identifier)
    with pytest.raises(IdentifierLocked):
        await authentication.begin(identifier)
    challenge = await authentication.begin(identifier, known_browser=authentication.known_for(identifier))
    assert await authentication.answer(challenge, await authentication.code_to(identifier)) == login_id


async def test_a_known_browser_has_a_budget_of_wrong_answers_too(authentication: Authentication) -> None:
    _, identifier = await authentication.logins.add_login()
    known = authentication.known_for(identifier)
    await fail_ten_times(authentication, identifier, known_browser=known)
    with pytest.raises(IdentifierLocked):
        await authentication.begin(identifier, known_browser=known)


async def test_a_right_answer_resets_the_count_in_a_known_browser_only(authentication: Authentication) -> None:
    """In another browser, an attacker would see an earlier unlock, and know that the identifier is in use."""
    _, identifier = await authentication.logins.add_login()
    for known, resets in ((authentication.known_for(identifier), True), ("", False)):
        for number in range(3):
            challenge = await authentication.begin(identifier, known_browser=known)
            code = await authentication.code_to(identifier)
            if number == 2 and not resets:
                for _ in range(2):
                    await fail(authentication, challenge)
                with pytest.raises(IdentifierLocked):
                    await authentication.answer(challenge, code)
                break
            for _ in range(4):
                assert (await authentication.refusal(challenge, wrong(code))).reason == "wrong"
            await authentication.answer(challenge, code)


async def test_an_identifier_has_thirty_wrong_answers_in_a_day(authentication: Authentication) -> None:
    identifier = somebody("nobody.test")
    began = authentication.clock.now()
    for _ in range(3):
        await fail_ten_times(authentication, identifier)
        authentication.clock.move(HOUR + timedelta(minutes=1))
    with pytest.raises(IdentifierLocked) as locked:
        await authentication.begin(identifier)
    assert began + DAY <= locked.value.until <= began + DAY + timedelta(minutes=1)
    authentication.clock.move(DAY - timedelta(hours=3))
    await authentication.begin(identifier)


async def test_a_network_has_a_budget_of_wrong_answers_for_all_identifiers(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        budgets, "STRANGERS", STRANGERS._replace(wrong_answers_of_a_network=(Budget(6, HOUR), Budget(50, DAY)))
    )
    began, open_challenge = authentication.clock.now(), await authentication.begin(somebody())
    for _ in range(2):
        await fail(authentication, await authentication.begin(somebody()), 3)
    with pytest.raises(IdentifierLocked) as locked:
        await authentication.begin(somebody())
    assert began + HOUR <= locked.value.until <= began + HOUR + timedelta(minutes=1)
    with pytest.raises(IdentifierLocked):
        await authentication.answer(open_challenge, "000000")
    await authentication.begin(somebody(), network_hash=b"another network")
    identifier = somebody()
    await authentication.begin(identifier, known_browser=authentication.known_for(identifier))
    authentication.clock.move(HOUR + timedelta(minutes=1))
    await authentication.begin(somebody())


async def test_under_attack_the_networks_get_less_and_the_sign_in_stays_open(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(budgets, "WRONG_ANSWERS_OF_A_TENANT", (Budget(8, HOUR), Budget(12, DAY)))
    strict = STRANGERS_UNDER_ATTACK._replace(wrong_answers_of_a_network=(Budget(3, HOUR),))
    monkeypatch.setattr(budgets, "STRANGERS_UNDER_ATTACK", strict)
    for name in (b"one", b"two"):
        await fail(authentication, await authentication.begin(somebody(), network_hash=name), 4)
    await authentication.begin(somebody(), network_hash=b"three")
    with pytest.raises(IdentifierLocked):
        await authentication.begin(somebody(), network_hash=b"one")
    events = [(record.levelname, record.message) for record in caplog.records]
    assert events == [
        ("WARNING", "authentication.many_wrong_answers"),
        ("ERROR", "authentication.many_wrong_answers"),
    ]


async def test_under_attack_a_code_has_one_try_except_in_a_known_browser(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right answer is accepted everywhere: who is not known needs a new code after a wrong answer."""
    monkeypatch.setattr(budgets, "WRONG_ANSWERS_OF_A_TENANT", (Budget(100, HOUR), Budget(4, DAY)))
    login_id, identifier = await authentication.logins.add_login()
    begun, network = await authentication.begin(identifier), uuid4().bytes
    code = await authentication.code_to(identifier)
    assert (await authentication.refusal(begun, wrong(code))).tries_left == 4
    await fail(authentication, await authentication.begin(somebody(), network_hash=network), 3)
    authentication.clock.move(timedelta(minutes=5))
    assert (await loaded(authentication, begun)).tries_left == 0
    assert (await authentication.refusal(begun, code)).reason == "closed"
    again = await authentication.resend(begun)
    assert await authentication.answer(again, await authentication.code_to(identifier)) == login_id
    last = await authentication.resend(begun)
    code = await authentication.code_to(identifier)
    refused = await authentication.refusal(last, wrong(code))
    assert (refused.reason, refused.tries_left) == ("wrong", 0)
    assert (await authentication.refusal(last, code)).reason == "closed"
    known = await authentication.begin(identifier, known_browser=authentication.known_for(identifier))
    code = await authentication.code_to(identifier)
    assert (await authentication.refusal(known, wrong(code))).tries_left == 4
    assert await authentication.answer(known, code) == login_id
    authentication.clock.move(HOUR)
    assert (await loaded(authentication, await authentication.begin(identifier))).tries_left == 1, "for a day"
    authentication.clock.move(DAY)
    assert (await loaded(authentication, await authentication.begin(identifier))).tries_left == 5


async def test_wider_ipv6_networks_have_budgets_of_their_own(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has a network of 56 or 48 bits has many of 64 bits. These get twice and four times as much."""
    few = STRANGERS._replace(wrong_answers_of_a_network=(Budget(3, HOUR),), codes_of_a_network=Budget(3, HOUR))
    monkeypatch.setattr(budgets, "STRANGERS", few)

    async def asks_from(address: str, **changes: Any) -> Challenge:
        network = network_hash(authentication.context.key, address)
        return await authentication.begin("nobody@nobody.test", network_hash=network, **changes)

    async def answers_wrongly(address: str) -> None:
        await fail(authentication, await asks_from(address), 3)

    async def asks_three_times(address: str) -> None:
        for _ in range(3):
            await asks_from(address)

    monkeypatch.setattr(budgets, "WRONG_ANSWERS_OF_AN_IDENTIFIER", (Budget(100, HOUR),))
    monkeypatch.setattr(budgets, "CODES_OF_AN_IDENTIFIER", Budget(100, HOUR))
    for site, uses_up in (("2001:db8:1", answers_wrongly), ("2001:db8:2", asks_three_times)):
        for used, locked in (
            (["1101"], "1101"),
            (["1102"], "1103"),  # 56 bits are used up
            (["2201", "3301"], "4401"),  # 48 bits are used up
        ):
            for network in used:
                await uses_up(f"{site}:{network}::1")
            with pytest.raises(IdentifierLocked):
                await asks_from(f"{site}:{locked}::2")
        await asks_from(f"{site}:4401::2", known_browser=authentication.known_for("nobody@nobody.test"))
    await asks_from("2001:db8:3:4401::2")


async def test_under_attack_strangers_and_their_networks_get_fewer_codes(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "WRONG_ANSWERS_OF_A_TENANT", (Budget(2, HOUR),))
    strict = STRANGERS_UNDER_ATTACK._replace(codes_of_a_network=Budget(2, HOUR), codes_of_a_tenant=Budget(1, HOUR))
    monkeypatch.setattr(budgets, "STRANGERS_UNDER_ATTACK", strict)
    people = [(await authentication.logins.add_login())[1] for _ in range(2)]
    network = uuid4().bytes
    await fail(authentication, await authentication.begin(somebody("nobody.test"), network_hash=network), 2)
    for _ in range(2):
        await authentication.begin(somebody("nobody.test"))
    with pytest.raises(IdentifierLocked):
        await authentication.begin(somebody("nobody.test"))
    await authentication.begin(people[0], network_hash=uuid4().bytes)
    with pytest.raises(IdentifierLocked):
        await authentication.begin(people[1], network_hash=uuid4().bytes)
    await authentication.begin(people[1], known_browser=authentication.known_for(people[1]))


async def test_a_network_can_ask_for_a_limited_number_of_codes(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "STRANGERS", STRANGERS._replace(codes_of_a_network=Budget(2, HOUR)))
    first = await authentication.begin(somebody("nobody.test"))
    await authentication.begin(somebody("nobody.test"))
    with pytest.raises(IdentifierLocked) as locked:
        await authentication.begin(somebody("nobody.test"))
    assert locked.value.until == first.created_at + HOUR
    await authentication.begin(somebody(), network_hash=b"another network")


async def test_codes_for_identifiers_that_nobody_has_use_up_nothing_of_the_tenants_budget(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(budgets, "CODES_OF_A_TENANT", Budget(3, HOUR))
    monkeypatch.setattr(budgets, "STRANGERS", STRANGERS._replace(codes_of_a_tenant=Budget(2, HOUR)))
    for _ in range(5):
        await authentication.begin(somebody("nobody.test"))
    people = [(await authentication.logins.add_login())[1] for _ in range(4)]
    first = await authentication.begin(people[0])
    await authentication.begin(people[1])
    for identifier in (people[2], somebody("nobody.test")):
        with pytest.raises(IdentifierLocked) as locked:
            await authentication.begin(identifier)
        assert locked.value.until == first.created_at + HOUR
    await authentication.begin("preset@people.test", preset_codes={"preset@people.test": "000789"})
    await authentication.begin(people[2], known_browser=authentication.known_for(people[2]))
    with pytest.raises(IdentifierLocked):
        await authentication.begin(people[3], known_browser=authentication.known_for(people[3]))
    assert {(record.levelname, record.message) for record in caplog.records} == {
        ("WARNING", "authentication.many_codes"),
        ("ERROR", "authentication.too_many_codes"),
    }


async def test_only_codes_that_were_not_answered_use_up_the_budget_of_an_identifier(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "CODES_OF_AN_IDENTIFIER", Budget(2, HOUR))
    _, identifier = await authentication.logins.add_login()
    for _ in range(3):
        await authentication.answer(await authentication.begin(identifier), await authentication.code_to(identifier))
    first = await authentication.begin(identifier)
    await authentication.answer(await authentication.begin(identifier), await authentication.code_to(identifier))
    await authentication.begin(identifier)
    with pytest.raises(IdentifierLocked) as locked:
        await authentication.begin(identifier)
    assert locked.value.until == first.created_at + HOUR


async def test_a_flow_takes_three_identifiers(authentication: Authentication) -> None:
    flow = SharingFlow(uuid4(), "Brightside Budget")
    first = somebody()
    for identifier in (first, somebody("nobody.test"), somebody(), first):
        await authentication.begin(identifier, flow)
    with pytest.raises(TooManyIdentifiers):
        await authentication.begin(somebody(), flow)
    await authentication.begin(somebody(), SharingFlow(uuid4(), "Brightside Budget"))


async def test_the_status_of_a_code_says_what_can_be_done_with_it(
    authentication: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for an identifier that somebody has and for one that nobody has."""
    monkeypatch.setattr(budgets, "CODES_OF_AN_IDENTIFIER", Budget(2, HOUR))
    _, known = await authentication.logins.add_login()

    async def status(challenge: Challenge, *, new_code: bool = False) -> tuple[str, Any]:
        found = await authentication.run(
            lambda tx: service.code_status(
                tx, challenge, context=authentication.context, now=authentication.clock.now(), new_code=new_code
            )
        )
        return found.state, found.locked_until

    for identifier in (known, somebody("nobody.test")):
        first = await authentication.begin(identifier)
        assert await status(first, new_code=True) == ("open", None)
        second = await authentication.begin(identifier)
        assert await status(second) == ("open", None)
        assert await status(second, new_code=True) == ("open", first.created_at + HOUR)
        authentication.clock.move(timedelta(minutes=10))
        assert await status(second) == ("locked", first.created_at + HOUR)
        authentication.clock.move(HOUR)
        assert await status(second) == ("expired", None)
        third = await authentication.begin(identifier)
        await fail(authentication, third, 5)
        assert (await status(await loaded(authentication, third))) == ("spent", None)
        authentication.clock.reset()


async def loaded(authentication: Authentication, challenge: Challenge) -> Challenge:
    now = authentication.clock.now()
    found: Challenge = await authentication.run(
        lambda tx: service.load_challenge(tx, challenge.id, "authorisation", now)
    )
    return found
