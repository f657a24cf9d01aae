"""Asks AEMO for the service points of one call: by participant, in batches, with a short cache in memory (C-A18)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from haas.clock import Clock
from haas.errors import HaasError
from tenants.aemo import errors
from tenants.aemo.answer_cache import AnswerCache
from tenants.aemo.client import AemoClient
from tenants.aemo.lenient import Policy
from tenants.aemo.models import AemoCall, Fetched, MarketPoint
from tenants.aemo.operations import SecondaryOperation
from tenants.aemo.participants import Participants
from tenants.aemo.records import Question, Records
from tenants.market.models import MarketCredentials

logger = logging.getLogger(__name__)

BATCH: Final = 50
"""How many service points one request is about. AEMO publishes no limit (C-A15)."""
COUNTED_BATCH: Final = 500
"""How many service points are counted in one request, whose answer has only one record."""
Loaded = TypeVar("Loaded")


class NoParticipant(HaasError):
    """The brand has no participant at AEMO. `haas aemo assign` assigns one."""


class Market:
    """What the calls of one process share: the credentials, the client, and the answers of the last minutes."""

    def __init__(self, participants: Participants, client: AemoClient, clock: Clock) -> None:
        """Nothing is read or sent before the first call."""
        self._participants = participants
        self._records = Records(client)
        self._answers: AnswerCache[Fetched] = AnswerCache(clock)
        self._counts: AnswerCache[int] = AnswerCache(clock)
        self._consumer_changes: AnswerCache[date] = AnswerCache(clock)

    async def participants_of(self, brand_id: UUID) -> Mapping[str, MarketCredentials]:
        """Return the participants of a brand by their ids. Raises NoParticipant, Unavailable, KeysUnreadable."""
        found = await self._participants.of_brand(brand_id)
        if not found:
            raise NoParticipant(f"no participant of AEMO is assigned to the brand {brand_id}")
        return found

    async def fetch(self, asked: "MarketQuestion", points: Sequence[MarketPoint], call: AemoCall) -> Fetched:
        """Return the items of service points of any number of participants, in the order of `points`. Raises CdsError.

        The batches are asked for at the same time. If one fails, the others are in the cache when the call is repeated
        (C-D10).
        """
        batches = [
            self._fetch_batch(question, batch, call)
            for question, group in asked.by_participant(points)
            for batch in _batches(group, BATCH)
        ]
        found = await _all_of(batches)
        if len(found) == 1:
            return found[0]
        position = {str(point.id): number for number, point in enumerate(points)}
        items = [item for each in found for item in each.items]
        items.sort(key=lambda item: position[item.servicePointId.value])  # stable: the order of each batch is kept
        refused = {point_id: code for each in found for point_id, code in each.refused.items()}
        return Fetched(items, refused, sum(each.size for each in found))

    async def count(self, asked: "MarketQuestion", points: Sequence[MarketPoint], call: AemoCall) -> int:
        """Return the number of records of service points of any number of participants. Raises CdsError."""
        batches = [
            self._count_batch(question, batch, call)
            for question, group in asked.by_participant(points)
            for batch in _batches(group, COUNTED_BATCH)
        ]
        return sum(await _all_of(batches))

    def known(self, asked: "MarketQuestion", points: Sequence[MarketPoint], call: AemoCall) -> list[Any] | None:
        """Return the items that `fetch` would return without a request, in any order, or None."""
        found = [
            self._answers.peek(_key(question, batch, call))
            for question, group in asked.by_participant(points)
            for batch in _batches(group, BATCH)
        ]
        return None if None in found else [item for each in found if each is not None for item in each.items]

    def consumer_change(self, point: MarketPoint, call: AemoCall) -> date | None:
        """Return the day since which the customer uses a service point, if AEMO has said it minutes ago (C-P9)."""
        return self._consumer_changes.peek((_sharing(call), point.id))

    async def close(self) -> None:
        """Cancel the requests that nobody waits for any more, and forget the answers."""
        await self._answers.close()
        await self._counts.close()
        await self._consumer_changes.close()

    async def _fetch_batch(self, question: Question, points: Sequence[MarketPoint], call: AemoCall) -> Fetched:
        async def load() -> tuple[Fetched, int]:
            found = await self._records.fetch(question, points, call)
            names_the_change = "lastConsumerChangeDate" in question.operation.reader.item.__struct_fields__
            for item in found.items if names_the_change else ():
                changed = item.lastConsumerChangeDate
                if changed is not None:
                    self._consumer_changes.put((_sharing(call), UUID(item.servicePointId.value)), changed, 0)
            return found, found.size

        return await _waited(self._answers, _key(question, points, call), load, call)

    async def _count_batch(self, question: Question, points: Sequence[MarketPoint], call: AemoCall) -> int:
        async def load() -> tuple[int, int]:
            return await self._records.count(question, points, call), 0

        return await _waited(self._counts, _key(question, points, call), load, call)


class MarketQuestion(NamedTuple):
    """What a call asks about its service points."""

    participants: Mapping[str, MarketCredentials]
    """The participants of the brand by their ids."""
    operation: SecondaryOperation
    parameters: Mapping[str, str]
    policy: Policy

    def by_participant(self, points: Iterable[MarketPoint]) -> list[tuple[Question, list[MarketPoint]]]:
        """Return the service points that each participant asks for (C-A4).

        If a supply names no participant, it is the brand's only one. Service points whose participant the brand does
        not have are left out.
        """
        only = next(iter(self.participants)) if len(self.participants) == 1 else None
        groups: dict[str, list[MarketPoint]] = {}
        left_out = 0
        for point in points:
            participant_id = point.participant_id or only
            if participant_id in self.participants:
                groups.setdefault(participant_id or "", []).append(point)
            else:
                left_out += 1
        if left_out:
            logger.error("aemo.no_participant", extra={"number": left_out})
        return [
            (Question(self.participants[name], self.operation, self.parameters, self.policy), group)
            for name, group in groups.items()
        ]


async def _waited(
    cache: AnswerCache[Loaded],
    key: Hashable,
    load: Callable[[], Awaitable[tuple[Loaded, int]]],
    call: AemoCall,
) -> Loaded:
    """Return a value of the cache within the time of the call. The time of a request of another call is counted too."""
    waits = cache.is_loading(key)
    try:
        async with asyncio.timeout_at(call.deadline):
            with call.secondary().waiting() if waits else nullcontext():
                return await cache.get(key, load)
    except TimeoutError as error:
        raise errors.late() from error


async def _all_of(pending: Sequence[Coroutine[Any, Any, Loaded]]) -> list[Loaded]:
    """Wait for all, and return their results. Raises the first error only when all have ended."""
    if len(pending) == 1:
        return [await pending[0]]
    results = await asyncio.gather(*pending, return_exceptions=True)
    for each in results:
        if isinstance(each, BaseException):
            raise each
    return [each for each in results if not isinstance(each, BaseException)]


def _sharing(call: AemoCall) -> Hashable:
    """Return what the calls have in common that share answers. Without an arrangement, a call shares nothing."""
    return call.arrangement_id or call.interaction_id


def _key(question: Question, points: Sequence[MarketPoint], call: AemoCall) -> Hashable:
    """Return what two equal requests have in common."""
    return (
        _sharing(call),
        question.credentials.participant.id,
        question.operation.resource.name,
        tuple(question.parameters.items()),
        question.policy,
        tuple(point.id for point in points),
    )


def _batches(points: Sequence[MarketPoint], size: int) -> Iterator[Sequence[MarketPoint]]:
    for start in range(0, len(points), size):
        yield points[start : start + size]
