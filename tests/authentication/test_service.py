"""Challenges: counted, expiring, and the same for identifiers that are nobody's."""

import asyncio
import re
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from tenants.authentication import service
from tenants.authentication.errors import CodeRefused, IdentifierLocked
from tenants.authentication.models import Challenge
from tests.authentication.conftest import Desks

PURPOSE: Any = "authorisation"


async def begun(desks: Desks, identifier: str, **changes: Any) -> Challenge:
    desk = msgspec.structs.replace(desks.context, **changes)
    made: Challenge = await desks.run(
        lambda tx: service.begin(tx, identifier, PURPOSE, context=desk, now=desks.clock.now())
    )
    return made


async def answered(desks: Desks, challenge: Challenge, code: str, purpose: Any = PURPOSE) -> UUID:
    login_id: UUID = await desks.run(
        lambda tx: service.answer(tx, challenge.id, code, purpose, context=desks.context, now=desks.clock.now())
    )
    return login_id


async def code_to(desks: Desks, address: str) -> str:
    texts = [payload["text"] for _, payload, _ in await desks.sent() if payload["to"] == address]
    return re.findall(r"\b\d{6}\b", texts[-1])[0]


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


async def refusal(desks: Desks, challenge: Challenge, code: str, purpose: Any = PURPOSE) -> CodeRefused:
    with pytest.raises(CodeRefused) as refused:
        await answered(desks, challenge, code, purpose)
    return refused.value


async def test_the_right_code_authenticates_once(desks: Desks) -> None:
    login_id, identifier = await desks.person()
    challenge = await begun(desks, identifier)
    code = await code_to(desks, identifier)
    assert (await refusal(desks, challenge, code, "dashboard")).reason == "spent"
    assert await answered(desks, challenge, code) == login_id
    assert (await refusal(desks, challenge, code)).reason == "spent"


async def test_a_notice_is_worthless_when_its_code_has_expired(desks: Desks) -> None:
    _, identifier = await desks.person()
    challenge = await begun(desks, identifier)
    kind, payload, expires_at = next(sent for sent in await desks.sent() if sent[1]["to"] == identifier)
    assert (kind, expires_at) == ("email", challenge.expires_at)
    assert "code" in payload["subject"]


async def test_a_login_without_email_gets_a_text_message(desks: Desks) -> None:
    mobile = f"+614{uuid4().int % 10**8:08d}"
    _, identifier = await desks.person(email=None, mobile=mobile)
    await begun(desks, identifier)
    assert ("sms", mobile) in [(kind, payload["to"]) for kind, payload, _ in await desks.sent()]


@pytest.mark.parametrize("values", [{"email": None}, {"disabled": True}])
async def test_whoever_cannot_be_reached_or_is_disabled_looks_like_nobody(desks: Desks, values: dict[str, Any]) -> None:
    disabled = values.pop("disabled", False)
    _, identifier = await desks.person(**values, **({"disabled_at": desks.clock.now()} if disabled else {}))
    challenge = await begun(desks, identifier)
    assert challenge.login_id is None


async def test_a_code_expires(desks: Desks) -> None:
    _, identifier = await desks.person()
    challenge = await begun(desks, identifier)
    code = await code_to(desks, identifier)
    desks.clock.move(timedelta(minutes=10))
    assert (await refusal(desks, challenge, code)).reason == "expired"


async def test_five_wrong_answers_spend_a_code(desks: Desks) -> None:
    _, identifier = await desks.person()
    challenge = await begun(desks, identifier)
    code = await code_to(desks, identifier)
    assert (await refusal(desks, challenge, "12345")).reason == "malformed"
    for left in (4, 3, 2, 1, 0):
        refused = await refusal(desks, challenge, wrong(code))
        assert (refused.reason, refused.tries_left) == ("wrong", left)
    assert (await refusal(desks, challenge, code)).reason == "spent"


@pytest.mark.parametrize("known", [True, False])
async def test_ten_wrong_answers_in_an_hour_lock_an_identifier_known_or_not(desks: Desks, *, known: bool) -> None:
    identifier = (await desks.person())[1] if known else f"{uuid4().hex}@nobody.test"
    began = desks.clock.now()
    for _ in range(4):
        await refusal(desks, await begun(desks, identifier), "000000")
    challenge = await begun(desks, identifier)
    for _ in range(5):
        await refusal(desks, challenge, "000000")
    with pytest.raises(IdentifierLocked):  # the tenth
        await answered(desks, await begun(desks, identifier), "000000")
    with pytest.raises(IdentifierLocked) as locked:
        await begun(desks, identifier)
    assert timedelta(minutes=59) < locked.value.until - began <= timedelta(minutes=61)
    desks.clock.move(timedelta(hours=1, seconds=5))
    await begun(desks, identifier)


async def test_being_locked_refuses_the_right_code_too(desks: Desks) -> None:
    _, identifier = await desks.person()
    challenges = [await begun(desks, identifier) for _ in range(3)]
    code = await code_to(desks, identifier)
    for challenge in challenges[:2]:
        for _ in range(5):
            with pytest.raises((CodeRefused, IdentifierLocked)):
                await answered(desks, challenge, wrong(code))
    with pytest.raises(IdentifierLocked):
        await answered(desks, challenges[2], code)


async def test_success_forgives_what_was_wrong_before(desks: Desks) -> None:
    _, identifier = await desks.person()
    for _ in range(3):
        challenge = await begun(desks, identifier)
        code = await code_to(desks, identifier)
        for _ in range(4):
            await refusal(desks, challenge, wrong(code))
        await answered(desks, challenge, code)


async def test_wrong_answers_at_the_same_time_are_all_counted(desks: Desks) -> None:
    _, identifier = await desks.person()
    challenges = [await begun(desks, identifier) for _ in range(8)]
    wrongly = wrong(await code_to(desks, identifier))
    answers = await asyncio.gather(
        *(answered(desks, challenge, wrongly) for challenge in challenges for _ in range(2)), return_exceptions=True
    )
    counted = [answer for answer in answers if isinstance(answer, CodeRefused)]
    locked = [answer for answer in answers if isinstance(answer, IdentifierLocked)]
    assert (len(counted), len(locked)) == (9, 7)


async def test_somebody_who_answers_nothing_is_not_sent_codes_without_end(desks: Desks) -> None:
    _, identifier = await desks.person()
    for _ in range(20):
        await begun(desks, identifier)
    with pytest.raises(IdentifierLocked):
        await begun(desks, identifier)


async def test_a_new_code_takes_the_place_of_the_old(desks: Desks) -> None:
    login_id, identifier = await desks.person()
    old = await begun(desks, identifier)
    new: Challenge = await desks.run(lambda tx: service.resend(tx, old, context=desks.context, now=desks.clock.now()))
    assert new.identifier_hash == old.identifier_hash
    assert await answered(desks, new, await code_to(desks, identifier)) == login_id


async def test_nothing_is_sent_and_nothing_answers_for_an_unknown_identifier(desks: Desks) -> None:
    before = len(await desks.sent())
    challenge = await begun(desks, f"{uuid4().hex}@nobody.test")
    assert challenge.login_id is None
    assert len(await desks.sent()) == before
    again: Challenge = await desks.run(
        lambda tx: service.resend(tx, challenge, context=desks.context, now=desks.clock.now())
    )
    assert again.login_id is None
    assert (await refusal(desks, again, "123456")).reason == "wrong"


async def test_an_unknown_identifier_takes_as_long_as_a_known_one(desks: Desks) -> None:
    known = [(await desks.person())[1] for _ in range(60)]
    unknown = [f"{uuid4().hex}@nobody.test" for _ in range(60)]
    times: dict[bool, list[float]] = {True: [], False: []}
    for pair in zip(known, unknown, strict=True):
        for identifier in pair:
            started = perf_counter()
            await begun(desks, identifier)
            times[identifier in known].append(perf_counter() - started)
    usual = {who: sorted(taken)[len(taken) // 4] for who, taken in times.items()}
    assert usual[False] == pytest.approx(usual[True], rel=0.35)


async def test_a_pinned_code_answers(desks: Desks) -> None:
    login_id, identifier = await desks.person()
    challenge = await begun(desks, identifier, pins={identifier: "424242"})
    assert await answered(desks, challenge, "424242") == login_id
    assert "424242" not in repr(desks.context)


async def test_answers_to_several_challenges_at_once_are_counted_one_after_the_other(desks: Desks) -> None:
    """Who guesses in parallel has no more tries than who guesses in turn."""
    _, identifier = await desks.person()
    first, second, third = [await begun(desks, identifier) for _ in range(3)]
    code = await code_to(desks, identifier)
    for challenge, tries in ((first, 5), (second, 4)):
        for _ in range(tries):
            assert (await refusal(desks, challenge, wrong(code))).reason == "wrong"
    async with desks.transaction() as tx:
        with pytest.raises(IdentifierLocked):  # the tenth, counted and not committed yet
            await service.answer(tx, second.id, wrong(code), PURPOSE, context=desks.context, now=desks.clock.now())
        beside = asyncio.ensure_future(answered(desks, third, code))
        await asyncio.wait({beside}, timeout=0.5)
    with pytest.raises(IdentifierLocked):
        await beside


async def test_a_tenant_sends_so_many_codes_an_hour_whoever_asks(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each identifier's own limit holds nobody who goes through identifiers, from whatever addresses."""
    monkeypatch.setattr(service, "CODES_PER_TENANT", 2)
    desks.clock.move(timedelta(days=2))
    first = await begun(desks, f"{uuid4().hex}@people.test")
    await begun(desks, f"{uuid4().hex}@people.test")
    with pytest.raises(IdentifierLocked) as locked:
        await begun(desks, f"{uuid4().hex}@people.test")
    assert locked.value.until == first.created_at + timedelta(hours=1)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert await begun(desks, "pinned@people.test", pins={"pinned@people.test": "000789"})
    desks.clock.move(timedelta(hours=1))
    assert await begun(desks, f"{uuid4().hex}@people.test")
