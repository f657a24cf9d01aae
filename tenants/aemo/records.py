"""Asks AEMO for the items of some service points of one participant, page by page, and reads them (C-A10, C-D6)."""

import logging
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from uuid import UUID

import msgspec

from tenants.aemo import errors
from tenants.aemo.answers import Unreadable, next_parameters, read_page, read_record
from tenants.aemo.client import AemoClient, AnswerRefused
from tenants.aemo.error_bodies import code_to_pass_on, mentioned, short_nmi
from tenants.aemo.errors import ServicePointsRefused
from tenants.aemo.lenient import Deviation, IdOf, Policy
from tenants.aemo.models import AemoCall, AemoRequest, Fetched, MarketPoint
from tenants.aemo.operations import SecondaryOperation
from tenants.aemo.usage import INTERVAL_READS
from tenants.cds.resource_ids import ServicePointId
from tenants.market.models import MarketCredentials, ParticipantKey

logger = logging.getLogger(__name__)

PAGE_SIZE: Final = 1_000
MAXIMUM_PAGES: Final = 50
MAXIMUM_BYTES: Final = 64 * 1024 * 1024
"""The limit for all pages of one request. Nobody's two years of five-minute reads of one service point reach it."""
MAXIMUM_LINES: Final = 20
"""How many kinds of deviations of one answer are logged."""
_NEXT_PARAMETERS: Final = frozenset({"page", "page-size", "continuation-token"})
"""What is taken from a link to the next page. The other parameters stay as they are."""
HALF_HOURS: Final = "MIN_30"
OTHER_HALF_HOURS: Final = "30MIN"
"""The word for half hours in AEMO's own description, which differs from the standards (C-A11)."""
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_REFUSED_LIST: Final = (400, 404, 422)


class Question(NamedTuple):
    """What a participant asks AEMO about some service points."""

    credentials: MarketCredentials
    operation: SecondaryOperation
    parameters: Mapping[str, str]
    """The query parameters besides those of a page."""
    policy: Policy


class Records:
    """Asks for items. Texts and payloads of AEMO are in no error and no log."""

    def __init__(self, client: AemoClient) -> None:
        """Send the requests with `client`."""
        self._client = client
        self._half_hours: dict[ParticipantKey, str] = {}
        """The word for half hours that AEMO accepts from a participant, if it is not the one of the standards."""

    async def fetch(self, question: Question, points: Sequence[MarketPoint], call: AemoCall) -> Fetched:
        """Return all items of the service points, which are those of one participant.

        Service points that AEMO refuses are taken out once, and the others are asked for again (C-D6, C-A21). Raises
        CdsError.
        """
        refused: dict[UUID, str | None] = {}
        try:
            try:
                return await self._all(question, points, call)
            except ServicePointsRefused as error:
                refused = {point.id: error.code for point in points if point.nmi in error.nmis}
                logger.warning("aemo.service_points_refused", extra={"number": len(refused), "code": error.code or ""})
                left = [point for point in points if point.id not in refused]
                if not left:
                    return Fetched([], refused, 0)
                found = await self._all(question, left, call)
                return found._replace(refused=refused)
        except ServicePointsRefused as error:
            raise errors.unexpected() from error
        except (AnswerRefused, Unreadable, msgspec.DecodeError, RecursionError) as error:
            logger.warning("aemo.unusable_answer", extra={"resource": question.operation.resource.name})
            raise (errors.unexpected() if isinstance(error, AnswerRefused) else errors.unavailable()) from error

    async def count(self, question: Question, points: Sequence[MarketPoint], call: AemoCall) -> int:
        """Return the number of records of the service points, which is in the first page of the answer (C-A10)."""
        operation = question.operation
        if operation.several is None:
            raise TypeError(f"{operation.resource.name} cannot be counted")
        title, path = operation.several
        asked = {**question.parameters, "page-size": "1"}
        left = list(points)
        try:
            for _ in range(2):
                request = AemoRequest(title, "POST", path, operation.version, asked, _body(left))
                try:
                    page = read_page(
                        await self._send(question.credentials, request, left, call), operation.resource.list_name
                    )
                except ServicePointsRefused as error:
                    left = [point for point in left if point.nmi not in error.nmis]
                    if not left:
                        return 0
                    continue
                if page.total_records is None:
                    raise Unreadable("the answer has no number of records")
                return page.total_records
        except AnswerRefused as error:
            raise errors.unexpected() from error
        except Unreadable as error:
            raise errors.unavailable() from error
        raise errors.unexpected()

    async def _all(self, question: Question, points: Sequence[MarketPoint], call: AemoCall) -> Fetched:
        """Return all items. If AEMO does not accept the word for half hours, use its other one from now on (C-A11)."""
        participant, parameters = question.credentials.participant.id, dict(question.parameters)
        if parameters.get(INTERVAL_READS) != HALF_HOURS:
            return await self._read(question, points, call)
        word = self._half_hours.get(participant, HALF_HOURS)
        try:
            return await self._read(question._replace(parameters={**parameters, INTERVAL_READS: word}), points, call)
        except AnswerRefused as error:
            if error.status != _BAD_REQUEST:
                raise
        other = OTHER_HALF_HOURS if word == HALF_HOURS else HALF_HOURS
        found = await self._read(question._replace(parameters={**parameters, INTERVAL_READS: other}), points, call)
        self._half_hours[participant] = other
        logger.warning("aemo.word_changed", extra={"participant": participant.participant_id, "word": other})
        return found

    async def _read(self, question: Question, points: Sequence[MarketPoint], call: AemoCall) -> Fetched:
        operation = question.operation
        ids = {short_nmi(point.nmi): ServicePointId(str(point.id)) for point in points}

        def id_of(nmi: str) -> ServicePointId | None:
            return ids.get(nmi) or ids.get(short_nmi(nmi))

        items: list[Any] = []
        deviations: list[Deviation] = []
        size = 0
        async for found, deviating, read in self._pages(question, points, call, id_of):
            items += found
            deviations += deviating
            size += read
        if operation.finish is not None:
            items, mended = operation.finish(items, points, question.parameters)
            deviations += mended
        _log(operation, deviations)
        return Fetched(_complete(operation, points, items), {}, size)

    async def _pages(
        self, question: Question, points: Sequence[MarketPoint], call: AemoCall, id_of: IdOf
    ) -> AsyncGenerator[tuple[list[Any], list[Deviation], int], None]:
        """Yield the items of each page of the answer, what was found, and the bytes of the page."""
        operation = question.operation
        if operation.one is not None and len(points) == 1:
            (title, path), method, body = operation.one, "GET", None
            path = path.format(nmi=quote(short_nmi(points[0].nmi), safe=""))
        elif operation.several is not None:
            (title, path), method, body = operation.several, "POST", _body(points)
        else:
            raise TypeError(f"{operation.resource.name} is asked for one service point at a time")
        request = AemoRequest(title, method, path, operation.version, question.parameters, body)
        if method == "GET" and not operation.resource.many:
            array = await self._one(question, request, points[0], call)
            yield *operation.reader.read_all(array, id_of, question.policy), len(array)
            return
        asked, received = {**question.parameters, "page-size": str(PAGE_SIZE)}, 0
        for _ in range(MAXIMUM_PAGES):
            answer = await self._send(question.credentials, request._replace(parameters=asked), points, call)
            received += len(answer)
            items, deviations, link = _read_page(question, answer, id_of)
            yield items, deviations, len(answer)
            following = {**asked, **_following(link)}
            if link is None or following == asked:
                return
            if received > MAXIMUM_BYTES:
                break
            asked = following
        raise Unreadable("the answer does not end")

    async def _one(self, question: Question, request: AemoRequest, point: MarketPoint, call: AemoCall) -> bytes:
        """Return the only record of a service point in an array, which is empty if there is none."""
        operation = question.operation
        try:
            record = read_record(await self._send(question.credentials, request, [point], call))
        except ServicePointsRefused as error:
            # Without a record for DER, AEMO can answer 404 (C-D3). A refusal of the service point has a code.
            if operation.resource.of_nothing is not None and not error.is_certain:
                return b"[]"
            raise
        return b"[]" if record is None else b"[" + record + b"]"

    async def _send(
        self, credentials: MarketCredentials, request: AemoRequest, points: Sequence[MarketPoint], call: AemoCall
    ) -> bytes:
        """Return the body of an answer. Raises ServicePointsRefused if AEMO refuses some of the service points."""
        try:
            return await self._client.send(credentials, request, call)
        except AnswerRefused as error:
            about = mentioned(error.errors, (point.nmi for point in points))
            is_of_a_service_point = any(each.is_of_a_service_point for each in error.errors)
            if not about and len(points) == 1 and (error.status == _NOT_FOUND or is_of_a_service_point):
                about = {points[0].nmi}
            if error.status not in _REFUSED_LIST or not about:
                raise
            code = code_to_pass_on(each for each in error.errors if each.is_of_a_service_point)
            raise ServicePointsRefused(about, code, is_certain=is_of_a_service_point) from error


def _read_page(
    question: Question, answer: bytes, id_of: IdOf
) -> tuple[list[Any], list[Deviation], Mapping[str, str] | None]:
    """Return the items of a page, what was found, and the parameters of the next page. Raises Unreadable."""
    reader, list_name = question.operation.reader, question.operation.resource.list_name
    found = reader.read_answer(answer, list_name, id_of, question.policy)
    if found is not None:
        links = found.links
        following = next_parameters(next((links[name] for name in links if name.lower() == "next"), None))
        return found.items, found.findings, following
    page = read_page(answer, list_name)
    items, deviations = reader.read_all(page.records, id_of, question.policy)
    return items, deviations, page.next


def _body(points: Sequence[MarketPoint]) -> bytes:
    """Return the body of a request about several service points (CDS, RequestSDHServicePointIdListV1)."""
    return msgspec.json.encode({"data": {"servicePointIds": [short_nmi(point.nmi) for point in points]}, "meta": {}})


def _following(link: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in (link or {}).items() if name.lower() in _NEXT_PARAMETERS}


def _complete(operation: SecondaryOperation, points: Collection[MarketPoint], items: list[Any]) -> list[Any]:
    """Return the items in their order. If a service point has one item, it has it once; see also `of_nothing`."""
    if operation.resource.many:
        return items
    by_id: dict[ServicePointId, Any] = {}
    for item in items:
        by_id.setdefault(item.servicePointId, item)
    return list(_one_each(operation, points, by_id))


def _one_each(
    operation: SecondaryOperation, points: Collection[MarketPoint], by_id: Mapping[ServicePointId, Any]
) -> Iterator[Any]:
    of_nothing = operation.resource.of_nothing
    for point in points:
        identifier = ServicePointId(str(point.id))
        if identifier in by_id:
            yield by_id[identifier]
        elif of_nothing is not None:
            yield of_nothing(identifier)


def _log(operation: SecondaryOperation, deviations: Sequence[Deviation]) -> None:
    """Log how many items deviate in which field and how. Values and NMIs are not logged (CDR Rules 1.23)."""
    for (field, kind), number in Counter(deviations).most_common(MAXIMUM_LINES):
        details = {"resource": operation.resource.name, "field": field, "kind": kind, "number": number}
        logger.info("aemo.deviation", extra=details)
