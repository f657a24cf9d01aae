"""The bucket of a participant: shared through Valkey, and divided among the processes without it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from haas.shared_values import NAMESPACE, SharedValues
from tenants.aemo.credential_state import LEASE_SECONDS, CredentialsRefused, TrialInProgress
from tenants.aemo.throttle import (
    BURST_SECONDS,
    LEAST_RATE,
    RATE,
    BucketState,
    Throttle,
    Throttled,
)
from tests.support.stopped_clock import StoppedClock

BURST = RATE * BURST_SECONDS
NOW = 1_000_000.0
NewThrottle = Callable[[], Throttle]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock.at("2026-11-20T00:00Z")


@pytest.fixture(params=["valkey", "without valkey"])
async def new_throttle(request: pytest.FixtureRequest, clock: StoppedClock, valkey: str) -> AsyncIterator[NewThrottle]:
    """Makes the throttles of several processes; without Valkey there is one process."""
    shared = SharedValues(valkey if request.param == "valkey" else None)
    yield lambda: Throttle(clock, shared, processes=1)
    await shared.close()


async def accepted(throttle: Throttle) -> tuple[Throttle, str]:
    """Return a throttle with a new participant, whose credentials `m` AEMO has accepted."""
    participant = uuid4().hex
    await throttle.succeed(participant, "m")
    return throttle, participant


def state_of_accepted() -> BucketState:
    state = BucketState(NOW)
    state.credentials.accept("m")
    return state


async def test_a_burst_is_admitted_at_once_and_further_requests_wait_for_the_rate(new_throttle: NewThrottle) -> None:
    """A-6: five requests a second, ten at once."""
    throttle, participant = await accepted(new_throttle())
    waits = [(await throttle.admit(participant, 5.0, "m")).wait for _ in range(int(BURST) + 5)]
    assert waits[: int(BURST)] == [0.0] * int(BURST)
    assert waits[int(BURST) :] == pytest.approx([number / RATE for number in range(1, 6)])


async def test_a_request_that_would_wait_too_long_is_refused_and_takes_no_token(new_throttle: NewThrottle) -> None:
    throttle, participant = await accepted(new_throttle())
    for _ in range(int(BURST)):
        await throttle.admit(participant, 0.0, "m")
    for _ in range(3):
        with pytest.raises(Throttled) as caught:
            await throttle.admit(participant, 0.05, "m")
        assert caught.value.seconds == pytest.approx(1 / RATE)


async def test_processes_share_one_bucket_through_valkey(clock: StoppedClock, valkey: str) -> None:
    """All processes and brands together send no more than one process could."""
    participant = uuid4().hex
    several = [SharedValues(valkey) for _ in range(4)]
    throttles = [Throttle(clock, shared, processes=4) for shared in several]
    await throttles[0].succeed(participant, "m")
    admitted = await asyncio.gather(
        *(throttle.admit(participant, 0.01, "m") for throttle in throttles for _ in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(each, BaseException) for each in admitted) == int(BURST)
    assert {type(each) for each in admitted if isinstance(each, BaseException)} == {Throttled}
    for shared in several:
        await shared.close()


async def test_without_valkey_each_process_takes_its_share(clock: StoppedClock) -> None:
    unreachable = SharedValues("redis://127.0.0.1:1/0")
    throttle = Throttle(clock, unreachable, processes=5)
    await throttle.succeed("p", "m")
    waits = [(await throttle.admit("p", 10.0, "m")).wait for _ in range(4)]
    assert waits[:2] == [0.0, 0.0]  # a fifth of the burst
    assert waits[2] == pytest.approx(1.0)  # a fifth of the rate
    await unreachable.close()


def test_a_throttled_answer_halves_the_rate_and_pauses_longer_each_time() -> None:
    """C-A14: from one second to a minute."""
    state, now, rates, pauses = BucketState(NOW), NOW, [], []
    for _ in range(9):
        state.slow_down(now, 1.0, jitter=1.0)
        rates.append(state.rate)
        pauses.append(state.paused_until - now)
        now = state.paused_until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert rates[0] == RATE / 2
    assert min(rates) >= LEAST_RATE
    assert all(rate < RATE for rate in rates)


def test_answers_to_requests_of_the_same_moment_halve_the_rate_once() -> None:
    state = BucketState(NOW)
    for _ in range(4):
        state.slow_down(NOW, 1.0, jitter=0.0)
    assert (state.rate, state.throttled, state.paused_until) == (RATE / 2, 1, NOW + 0.5)


def test_the_rate_recovers_slowly_and_not_beyond_its_start() -> None:
    state = state_of_accepted()
    state.slow_down(NOW, 1.0, jitter=0.0)
    state.admit(NOW + 60, 1.0, 0.0, "m")
    assert RATE / 2 < state.rate < RATE
    state.admit(NOW + 3_600, 1.0, 0.0, "m")
    assert state.rate == RATE


async def test_a_participant_may_have_agreed_another_rate(new_throttle: NewThrottle) -> None:
    """A-6: the burst, the halved rate and the recovery are in proportion to it."""
    throttle, participant = await accepted(new_throttle())
    waits = [(await throttle.admit(participant, 5.0, "m", 1_000)).wait for _ in range(80)]
    assert waits == [0.0] * 80
    state = state_of_accepted()
    state.admit(NOW, 1.0, 0.0, "m", 40)
    state.slow_down(NOW, 1.0, jitter=0.0)
    assert state.rate == 20
    state.admit(NOW + 60, 1.0, 0.0, "m", 40)
    assert 20 < state.rate < 40
    state.admit(NOW + 3_600, 1.0, 0.0, "m", 40)
    assert (state.rate, state.tokens) == (40, 79)
    state.admit(NOW + 3_600, 1.0, 0.0, "m")
    assert (state.rate, state.tokens) == (RATE, 79 / 8 - 1)


def test_no_request_is_admitted_during_a_pause() -> None:
    state = state_of_accepted()
    state.slow_down(NOW, 1.0, jitter=1.0)
    refused = state.admit(NOW + 0.5, 1.0, 0.1, "m")
    assert isinstance(refused, Throttled)
    assert refused.seconds >= 0.5


def test_a_clock_that_was_set_back_does_not_make_the_pause_longer() -> None:
    state = state_of_accepted()
    state.slow_down(NOW, 1.0, jitter=1.0)
    assert not isinstance(state.admit(NOW - 86_400, 1.0, 5.0, "m"), Throttled)


async def test_the_success_after_a_pause_ends_the_doubling(new_throttle: NewThrottle, clock: StoppedClock) -> None:
    throttle, participant = await accepted(new_throttle())
    for _ in range(3):
        await throttle.slow_down(participant)
        clock.move(timedelta(seconds=70))
    assert (await throttle.admit(participant, 1.0, "m")).is_after_failure
    await throttle.succeed(participant, "m")
    assert not (await throttle.admit(participant, 1.0, "m")).is_after_failure
    assert 0 < (await throttle.slow_down(participant)).seconds <= 1.0


async def test_one_request_of_all_processes_tries_new_credentials(
    new_throttle: NewThrottle, clock: StoppedClock
) -> None:
    """A-1: a wrong password is not sent by several requests at the same time. Nobody waits for a killed process."""
    mine, other, participant = new_throttle(), new_throttle(), uuid4().hex
    if other._shared._redis is None:
        other = mine  # without Valkey, processes know nothing of each other
    assert (await mine.admit(participant, 1.0, "new")).is_trial
    for _ in range(3):
        for throttle in (mine, other):
            with pytest.raises(TrialInProgress):
                await throttle.admit(participant, 1.0, "new")
    await other.end_trial(participant, "newer")  # of other credentials
    with pytest.raises(TrialInProgress):
        await other.admit(participant, 1.0, "new")
    await mine.end_trial(participant, "new")
    assert (await other.admit(participant, 1.0, "new")).is_trial
    clock.move(timedelta(seconds=LEASE_SECONDS))
    assert (await mine.admit(participant, 1.0, "new")).is_trial
    clock.move(timedelta(hours=-1))
    assert (await other.admit(participant, 1.0, "new")).is_trial
    await other.succeed(participant, "new")
    assert not (await mine.admit(participant, 1.0, "new")).is_trial


async def test_refused_credentials_are_not_admitted_until_they_change(
    new_throttle: NewThrottle, clock: StoppedClock
) -> None:
    """A-1: also after days, and if AEMO had accepted them before."""
    throttle, participant = await accepted(new_throttle())
    await throttle.refuse(participant, "m")
    clock.move(timedelta(days=10))
    with pytest.raises(CredentialsRefused):
        await throttle.admit(participant, 1.0, "m")
    assert (await throttle.admit(participant, 1.0, "new")).is_trial
    await throttle.succeed(participant, "new")
    await throttle.end_trial(participant, "new")
    with pytest.raises(CredentialsRefused):  # of a process that does not know the new ones yet
        await throttle.admit(participant, 1.0, "m")
    await throttle.forget_refusal(participant)  # staff ask for it
    assert (await throttle.admit(participant, 1.0, "m")).is_trial


@pytest.mark.parametrize("lost", ["emptied", "unreachable"])
async def test_what_is_known_of_the_credentials_outlives_valkey(clock: StoppedClock, valkey: str, lost: str) -> None:
    shared, participant = SharedValues(valkey), uuid4().hex
    throttle = Throttle(clock, shared, processes=1)
    await throttle.refuse(participant, "old")
    await throttle.succeed(participant, "new")
    if lost == "emptied":
        server = shared._redis
        assert server is not None
        await server.delete(f"{NAMESPACE}aemo/{participant}")
    else:
        await shared.close()
        throttle._shared = SharedValues("redis://127.0.0.1:1/0")
    with pytest.raises(CredentialsRefused):
        await throttle.admit(participant, 1.0, "old")
    assert not (await throttle.admit(participant, 1.0, "new")).is_trial
    await throttle._shared.close()


async def test_a_state_of_another_release_is_begun_anew(clock: StoppedClock, valkey: str) -> None:
    shared, participant = SharedValues(valkey), uuid4().hex
    await shared.update(f"aemo/{participant}", lambda _: b"something else")
    assert (await Throttle(clock, shared, processes=1).admit(participant, 0.0, "m")).wait == 0.0
    await shared.close()
