"""How many requests AEMO gets: a bucket of tokens for each participant, which all processes and brands share.

AEMO publishes no number (A-6, C-A15). So the rate starts at five requests a second, unless the tenant's settings have
the number that AEMO has agreed with the retailer. It is halved when AEMO answers 429 or 503, and recovers slowly. After
such an answer there is a pause that doubles, up to a minute (C-A14). `tenants.aemo.credential_state` describes the part
of the state that protects a user from being locked (A-1).

The state is in Valkey. Without Valkey, each process has a state of its own, and takes its share of the rate. It goes on
with what it last knew of the credentials.
"""

import random
from collections.abc import Callable
from copy import copy
from typing import Final, NamedTuple, TypeVar

import msgspec

from haas.clock import Clock
from haas.errors import HaasError
from haas.shared_values import SharedValues
from tenants.aemo.credential_state import CredentialsRefused, CredentialState, TrialInProgress

RATE: Final = 5.0
"""Requests a second, if nothing else was agreed."""
BURST_SECONDS: Final = 2.0
"""The requests of how many seconds may be sent at once."""
LEAST_RATE: Final = 0.25
RECOVERY: Final = 1 / 250
"""By which part of the whole rate the rate grows in a second: from half to the whole rate in about two minutes."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0

Changed = TypeVar("Changed")


class Throttled(HaasError):
    """The request may not be sent within the time that its call has."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is the time after which it may be sent."""
        super().__init__(f"no request may be sent to AEMO for {seconds:.1f} s")
        self.seconds = seconds


class SendPermission(NamedTuple):
    """The permission to send one request."""

    wait: float
    """How many seconds to wait before the request is sent."""
    is_after_failure: bool
    """Whether a success must be reported, because the request before was throttled."""
    is_trial: bool
    """Whether AEMO has not accepted the credentials yet. Then the end of the request must be reported."""
    rate_left: float
    """The present rate divided by the whole one."""


class Slowdown(NamedTuple):
    """What follows from an answer 429 or 503."""

    seconds: float
    """The time until the next request may be sent."""
    rate_left: float
    """The present rate divided by the whole one."""


class BucketState(msgspec.Struct, array_like=True):
    """The state of one participant. Times are in seconds since 1970, on the platform's clock."""

    at: float
    """When the other values were computed."""
    rate: float = RATE
    tokens: float = RATE * BURST_SECONDS
    """Negative: the number of requests that have been permitted and still wait."""
    throttled: int = 0
    """How many requests in a row AEMO has throttled."""
    paused_until: float = 0.0
    credentials: CredentialState = msgspec.field(default_factory=CredentialState)
    whole_rate: float = RATE
    """The rate while AEMO throttles nothing."""

    @property
    def rate_left(self) -> float:
        """The present rate divided by the whole one."""
        return self.rate / self.whole_rate

    def admit(
        self, now: float, share: float, patience: float, mark: str, whole_rate: float = RATE
    ) -> SendPermission | Throttled | CredentialsRefused | TrialInProgress:
        """Take a token. `share` is the part of the rate that the caller may use, `patience` how long it can wait.

        If `whole_rate` is another one than before, the present rate and the tokens change in proportion.
        """
        if whole_rate != self.whole_rate:
            change = whole_rate / self.whole_rate
            self.rate, self.tokens, self.whole_rate = self.rate * change, self.tokens * change, whole_rate
        self._advance(now, share)
        obstacle = self.credentials.obstacle(now, mark)
        if obstacle is not None:
            return obstacle
        until_token = max(0.0, (1.0 - self.tokens) / (self.rate * share))
        wait = max(until_token, self.paused_until - now, 0.0)
        if wait > patience:
            return Throttled(wait)
        self.tokens -= 1.0
        is_trial = self.credentials.is_unproven(mark)
        if is_trial:
            self.credentials.begin_trial(now, mark)
        return SendPermission(wait, self.throttled > 0, is_trial, self.rate_left)

    def slow_down(self, now: float, share: float, jitter: float) -> None:
        """Halve the rate and pause. `jitter` is between 0 and 1. Further answers during the pause change nothing."""
        self._advance(now, share)
        if now < self.paused_until:
            return
        pause = min(FIRST_PAUSE_SECONDS * 2**self.throttled, LONGEST_PAUSE_SECONDS)
        self.throttled = min(self.throttled + 1, 16)
        self.rate = max(LEAST_RATE, self.rate / 2)
        self.tokens = min(self.tokens, 0.0)
        self.paused_until = now + pause * (0.5 + jitter / 2)

    def _advance(self, now: float, share: float) -> None:
        # The clocks of two machines differ a little, and the sandbox moves its clock: time never goes back here.
        passed = max(0.0, now - self.at)
        self.rate = min(self.whole_rate, self.rate + RECOVERY * self.whole_rate * passed)
        self.tokens = min(BURST_SECONDS * self.whole_rate * share, self.tokens + self.rate * share * passed)
        if now < self.at and self.paused_until > now + LONGEST_PAUSE_SECONDS:
            self.paused_until = 0.0
        self.at = now


class Throttle:
    """The buckets of all participants."""

    def __init__(self, clock: Clock, shared: SharedValues, processes: int) -> None:
        """`processes` is the number of processes among which the rate is divided while Valkey is not available."""
        self._clock = clock
        self._shared = shared
        self._processes = processes
        self._local: dict[str, BucketState] = {}
        self._known: dict[str, CredentialState] = {}
        """What this process has last known of the credentials, for the time after Valkey has lost it."""

    async def admit(self, participant: str, patience: float, mark: str, whole_rate: float = RATE) -> SendPermission:
        """Return the permission to send a request for a participant. `mark` changes when its credentials change.

        `whole_rate` is the number of requests a second that AEMO has agreed.

        Raises Throttled if the caller would have to wait for more than `patience` seconds, CredentialsRefused, and
        TrialInProgress: the caller must ask again.
        """
        now = self._clock.timestamp()
        found = await self._update(
            participant, lambda state, share: state.admit(now, share, patience, mark, whole_rate)
        )
        if isinstance(found, SendPermission):
            return found
        raise found

    async def slow_down(self, participant: str) -> Slowdown:
        """Record that AEMO has throttled a request."""
        now, jitter = self._clock.timestamp(), random.random()  # noqa: S311 - spreads requests, protects nothing

        def change(state: BucketState, share: float) -> Slowdown:
            state.slow_down(now, share, jitter)
            return Slowdown(state.paused_until - now, state.rate_left)

        return await self._update(participant, change)

    async def succeed(self, participant: str, mark: str) -> None:
        """Record that AEMO has accepted the credentials with the mark, and has not throttled the request."""

        def change(state: BucketState, _: float) -> None:
            state.throttled = 0
            state.credentials.accept(mark)

        await self._update(participant, change)

    async def refuse(self, participant: str, mark: str) -> None:
        """Record that AEMO has refused the credentials with the mark."""
        await self._update(participant, lambda state, _: state.credentials.refuse(mark))

    async def end_trial(self, participant: str, mark: str) -> None:
        """Record that the answer to a trial has come, or will not come any more."""
        await self._update(participant, lambda state, _: state.credentials.end_trial(mark))

    async def forget_refusal(self, participant: str) -> None:
        """Permit one more trial of credentials that AEMO has refused, because staff have asked for it."""
        await self._update(participant, lambda state, _: state.credentials.forget_refusal())

    async def _update(self, participant: str, change: Callable[[BucketState, float], Changed]) -> Changed:
        """Change the shared state, or that of this process with its share of the rate."""
        now, results = self._clock.timestamp(), list[tuple[Changed, CredentialState]]()

        def encoded(stored: bytes | None) -> bytes:
            state = None if stored is None else _decode(stored)
            if state is None:
                state = BucketState(now, credentials=copy(self._known.get(participant, CredentialState())))
            results[:] = [(change(state, 1.0), state.credentials)]
            return msgspec.json.encode(state)

        if await self._shared.update(f"aemo/{participant}", encoded):
            changed, self._known[participant] = results[0]
            return changed
        share = 1.0 / self._processes
        local = self._local.get(participant)
        if local is None:
            local = self._local[participant] = BucketState(now, tokens=RATE * BURST_SECONDS * share)
        local.credentials = self._known.setdefault(participant, local.credentials)
        return change(local, share)


def _decode(stored: bytes) -> BucketState | None:
    try:
        return msgspec.json.decode(stored, type=BucketState)
    except msgspec.DecodeError:  # of another release
        return None
