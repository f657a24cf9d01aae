"""The ledger of `make faults`: a right one is accepted by every check, and each kind of wrong entry is reported."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from ops.bench.faults import people as people_module
from ops.bench.faults.ledger import KINDS, Ledger, is_not_now, slowest_answer
from ops.bench.faults.people import MailLost, People
from ops.bench.faults.sources import Source, SourceCalls, says_not_now
from ops.bench.faults.traffic import Recipient, Traffic, replay
from ops.bench.faults.trials import BRAND_OF_PEOPLE, COUNTS_LOST_SECONDS, Outcome, Trial
from ops.bench.faults.uses import Uses
from ops.bench.operations import Caller
from ops.bench.run import SOURCE, caller_with_consent
from ops.deployment import Deployment
from ops.sandbox.recipient.answers import Refused
from ops.smoke import control
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.participants import SCOPES, Participants
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

OF_TRAFFIC = {"access tokens", "revoked access tokens", "pushed requests", "used assertions"}
OF_PEOPLE = set(KINDS) - {"access tokens", "revoked access tokens", "used assertions"}


class Served(msgspec.Struct):
    """What the clients of a stack, which nobody disturbed, were told."""

    stack: Stack
    tenant: Tenant
    participants: Participants
    caller: Caller
    people: People
    ledger: Ledger
    of_people: Ledger

    async def found(self, ledger: Ledger) -> list[str]:
        uses = Uses(self.caller.client, self.participants)
        return [*await ledger.compare(self.stack, self.tenant), *await uses.wrong(ledger)]


@pytest.fixture(scope="module")
async def served(stack: Stack) -> AsyncIterator[Served]:
    ledger, of_people = Ledger(), Ledger()
    async with participants_of(stack) as participants, Deployment.open(stack.settings) as deployment:
        tenant = next(each for each in await deployment.administration.all() if each.slug == SOURCE)
        caller = await caller_with_consent(stack, participants)
        described = next(each for each in stack.description.tenants if each.slug == SOURCE)
        journey = Journey(participants, described, Steps(lambda _: None))
        await journey.register()
        people = People(journey, participants, of_people)
        async with Traffic(caller, ledger, 30).flowing(), people.consenting(), asyncio.timeout(60):
            while not (  # noqa: ASYNC110 - the entries come from the stack
                all(map(ledger.entries, OF_TRAFFIC)) and all(map(of_people.entries, OF_PEOPLE))
            ):
                await asyncio.sleep(0.05)
        yield Served(stack, tenant, participants, caller, people, ledger, of_people)


async def test_every_check_accepts_what_a_stack_has_acknowledged(served: Served) -> None:
    assert await served.found(served.ledger) == []
    assert await served.of_people.compare(served.stack, served.tenant) == []
    assert await Uses(served.people.client, served.participants).wrong(served.of_people) == []
    assert await served.people.doubled_mails() == []
    for ledger in (served.ledger, served.of_people):
        assert ledger.failures == []
        assert ledger.wrong == []
        assert ledger.answered.total() == ledger.sent > 0


@pytest.mark.parametrize("kind", KINDS)
async def test_an_entry_that_is_wrong_is_reported(served: Served, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "_MAIL_SECONDS", 0)
    monkeypatch.setattr(control, "WAIT_SECONDS", 0)
    client = served.caller.client
    soon = client.clock.now() + timedelta(seconds=60)
    pushed = await client.push(SCOPES, sharing_duration=86_400)
    never_pushed = msgspec.structs.replace(pushed, request_uri=f"urn:ietf:params:oauth:request_uri:{uuid4()}")
    works = (await client.refresh(str(served.caller.tokens.refresh_token))).access_token
    ended = served.of_people.entries("ended consents")[0].proof
    assertion = client.assertion()
    entries: dict[str, tuple[str, Any]] = {
        "access tokens": ("no-such-token", "no-such-token"),
        "revoked access tokens": (works, works),
        "pushed requests": (never_pushed.request_uri, never_pushed),
        "used requests": (pushed.request_uri, pushed),
        "used codes": ("no-such-code", "no-such-code"),
        "consents": (str(ended.cdr_arrangement_id), ended),
        "ended consents": (str(served.caller.tokens.cdr_arrangement_id), served.caller.tokens),
        "used assertions": (assertion, assertion),
        "notices": (str(uuid4()), str(uuid4())),
    }
    ledger, (secret, proof) = Ledger(), entries[kind]
    ledger.acknowledge(kind, secret, proof, soon if kind in {"access tokens", "pushed requests"} else None)
    not_stored, not_so = f"not stored: 1 of 1 {kind}", f"not as acknowledged when used again: 1 of 1 {kind}"
    expected = {"used codes": [not_stored], "used assertions": [not_so], "notices": [not_so]}
    assert await served.found(ledger) == expected.get(kind, [not_stored, not_so])


async def test_an_assertion_that_is_accepted_twice_is_reported(served: Served) -> None:
    ledger = Ledger()
    # This assertion was not used before, so the stack accepts it.
    unused = served.caller.client.assertion()
    await replay(Recipient(served.caller, ledger, served.caller.tokens.access_token, used_assertion=unused))
    assert ledger.wrong == ["an assertion was accepted twice"]
    await replay(Recipient(served.caller, ledger, served.caller.tokens.access_token, used_assertion=unused))
    assert len(ledger.wrong) == 1


@pytest.fixture
async def newcomers(served: Served) -> People:
    """Persons of the same brand with an empty ledger."""
    described = next(each for each in served.stack.description.tenants if each.slug == SOURCE)
    journey = Journey(served.participants, described, Steps(lambda _: None))
    await journey.register()
    return People(journey, served.participants, Ledger())


async def test_a_code_that_is_accepted_twice_is_reported(newcomers: People) -> None:
    flow, code = await newcomers._authorise(await newcomers._participants.person(), newcomers._identifiers[-1])
    # This code was not used before, so the stack accepts it.
    await newcomers._repeat_the_code(code, flow)
    assert newcomers._ledger.wrong == ["an authorization code was accepted twice"]
    await newcomers._repeat_the_code(code, flow)
    assert len(newcomers._ledger.wrong) == 1


async def test_a_one_time_password_that_is_accepted_twice_is_reported(newcomers: People) -> None:
    person, identifier = await newcomers._participants.person(), newcomers._identifiers[-1]
    dashboard = newcomers._tenant.dashboard_url
    seen = await newcomers._participants.control.newest_message()
    form = (await (await person.open(dashboard)).identify(identifier)).page
    password = await newcomers._one_time_password(identifier, seen)
    others = [await newcomers._with_the_cookies_of(person) for _ in range(2)]
    # This password was not used before, so the stack accepts it.
    for other in others:
        await newcomers._repeat_the_password(other, form, password, dashboard)
        assert newcomers._ledger.wrong == ["a one-time password was accepted twice"]


async def test_a_mail_that_does_not_come_is_reported(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "_MAIL_SECONDS", 0)
    monkeypatch.setattr(control, "WAIT_SECONDS", 0)
    newest = await served.participants.control.newest_message()
    with pytest.raises(MailLost):
        await served.people._one_time_password("nobody@example.test", newest)


async def test_a_mail_that_comes_twice_is_reported(served: Served) -> None:
    identifier, requested = next(iter(served.people._requested.items()))
    served.people._requested[identifier] -= 1
    doubled = await served.people.doubled_mails()
    served.people._requested[identifier] = requested
    assert doubled == [f"{requested} one-time passwords for {requested - 1} requests of {identifier}"]


def refused(status: int, **headers: str) -> Refused:
    return Refused(httpx.Response(status, headers=headers, request=httpx.Request("POST", "https://brand.test/token")))


@pytest.mark.parametrize(
    ("error", "not_now"),
    [
        (httpx.ConnectError("refused"), True),
        (httpx.RemoteProtocolError("cut off"), True),
        (httpx.ReadTimeout("no answer"), False),
        (refused(503, **{"Retry-After": "1"}), True),
        (refused(502, **{"Retry-After": "1"}), True),
        (refused(503), False),
        (refused(500, **{"Retry-After": "1"}), False),
        (refused(400), False),
    ],
)
def test_only_a_cut_connection_and_a_wish_to_repeat_are_not_now(error: Exception, *, not_now: bool) -> None:
    assert is_not_now(error) is not_now


async def nothing(_: Stack) -> None:
    """Disturb nothing."""


def outcome(
    *,
    loses_requests: bool = False,
    loses_counts: bool = False,
    people_lose_requests: bool = False,
    failure: Exception | None = None,
    counted: int = 1000,
    slowest_seconds: float = 0,
    answers_within: float | None = None,
) -> Outcome:
    trial = Trial(
        name="none",
        disturb=nothing,
        loses_requests=loses_requests,
        people_lose_requests=people_lose_requests,
        loses_counts=loses_counts,
        answers_within=answers_within,
    )
    ledger, people = Ledger(), Ledger()
    ledger.answered["energy_accounts"], ledger.sent = 1000, 1000
    if failure is not None:
        ledger.sent += 1
        ledger.fail("energy_accounts", failure, not_now=is_not_now(failure))
    return Outcome(
        trial=trial,
        rounds=2,
        rate=10,
        ledger=ledger,
        people=people,
        of_sources=Ledger(),
        lost=[],
        counted=counted,
        slowest_seconds=slowest_seconds,
    )


def test_a_failed_request_is_wrong_unless_the_trial_allows_it_and_it_says_not_now() -> None:
    cut, bad = httpx.ReadError("cut off"), refused(500)
    assert outcome(failure=cut, loses_requests=True).wrong == []
    assert outcome(failure=cut).wrong == ["1 requests failed, the first: energy_accounts: ReadError: cut off"]
    assert len(outcome(failure=bad, loses_requests=True).wrong) == 1


def test_a_failed_consent_and_what_was_accepted_twice_are_wrong() -> None:
    result = outcome(loses_requests=True)
    result.people.fail("consent", refused(500), not_now=False)
    result.people.wrong.append("an authorization code was accepted twice")
    assert len(result.wrong) == 2


def test_a_trial_can_allow_the_failures_of_one_brand_and_not_those_of_its_neighbour() -> None:
    result = outcome(people_lose_requests=True)
    result.people.fail("consent", refused(503), not_now=True)
    assert result.wrong == []
    assert len(outcome(people_lose_requests=True, failure=httpx.ReadError("cut off")).wrong) == 1


def refusal_of(status: int = 503, *, secondary: bool | None = None, **headers: str) -> httpx.Response:
    error = {"code": "c", "title": "t", "detail": "d"}
    if secondary is not None:
        error = {**error, "isSecondaryDataHolderError": secondary}  # type: ignore[dict-item]
    return httpx.Response(status, headers=headers, json={"errors": [error]})


RETRY = {"Retry-After": "5"}


@pytest.mark.parametrize(
    ("source", "response", "is_right"),
    [
        ("retailer", refusal_of(**RETRY), True),
        ("retailer", refusal_of(504, **RETRY), True),
        ("aemo", refusal_of(504, secondary=True, **RETRY), True),
        ("aemo", refusal_of(**RETRY), False),
        ("retailer", refusal_of(secondary=True, **RETRY), False),
        ("retailer", refusal_of(), False),
        ("retailer", refusal_of(500, **RETRY), False),
        ("retailer", httpx.Response(503, headers=RETRY, text="<html>"), False),
        ("retailer", httpx.Response(503, headers=RETRY, json={"errors": []}), False),
    ],
)
def test_a_call_for_data_on_another_server_is_refused_in_one_way_only(
    source: Source, response: httpx.Response, *, is_right: bool
) -> None:
    assert says_not_now(source, response) is is_right


async def test_calls_for_data_on_other_servers_are_answered_and_fail_only_while_their_server_is_disturbed(
    stack: Stack, served: Served
) -> None:
    described = next(each for each in stack.description.tenants if each.slug == BRAND_OF_PEOPLE)
    journey = Journey(served.participants, described, Steps(lambda _: None), customer=5)
    await journey.register()
    ledger = Ledger()
    calls = SourceCalls(journey.recipient.client, await journey.share(), ledger, "retailer")
    async with calls.flowing(), asyncio.timeout(60):
        while ledger.answered["aemo"] < 2 or ledger.answered["retailer"] < 2:  # noqa: ASYNC110 - the stack answers
            await asyncio.sleep(0.05)
    assert ledger.failures == []
    async with httpx.AsyncClient(base_url=stack.description.sandbox.control_api, trust_env=False) as control:
        await control.post(f"/retailers/{described.slug}/faults", json={"kind": "unavailable", "times": 2})
        await calls._call("retailer", 0)
        calls.disturbed = True
        await calls._call("retailer", 0)
        await control.delete(f"/retailers/{described.slug}/faults")
    assert [failure.not_now for failure in ledger.failures] == [False, True]


def test_an_answer_after_the_time_limit_of_the_trial_is_wrong() -> None:
    assert outcome(slowest_seconds=3).wrong == []
    assert outcome(slowest_seconds=1.9, answers_within=2).wrong == []
    assert len(outcome(slowest_seconds=2.1, answers_within=2).wrong) == 1


def test_the_slowest_answer_is_that_of_the_own_brand(served: Served, tmp_path: Path) -> None:
    own, log = served.tenant.hosts.secure, served.stack.folder.logs / "access.log"
    assert 0 < slowest_answer(log, {own}) < 60
    copy = tmp_path / "access.log"
    copy.write_text(
        "".join(f'{{"host":"{host}","seconds":"{s}","status":"503"}}\n' for host, s in (("a", 3), (own, 1), (own, 2)))
    )
    assert slowest_answer(copy, {own}) == 2
    assert slowest_answer(copy, {"nobody"}) == 0


@pytest.mark.parametrize("disturbed", [True, False])
async def test_a_failed_request_says_not_now_only_while_the_stack_is_disturbed(
    served: Served, *, disturbed: bool
) -> None:
    async def cut_off(_: Recipient) -> None:
        raise httpx.ConnectError("refused")

    ledger = Ledger()
    traffic = Traffic(served.caller, ledger)
    traffic.disturbed = disturbed
    await traffic._request(cut_off)
    assert [failure.not_now for failure in ledger.failures] == [disturbed]


def test_calls_may_be_missing_only_after_an_application_was_killed_and_never_counted_twice() -> None:
    may_be_missing = int(2 * 10 * COUNTS_LOST_SECONDS)
    assert outcome().wrong == []
    assert len(outcome(counted=999).wrong) == 1
    assert outcome(counted=1000 - may_be_missing, loses_counts=True).wrong == []
    assert len(outcome(counted=999 - may_be_missing, loses_counts=True).wrong) == 1
    assert len(outcome(counted=1001, loses_counts=True).wrong) == 1
