"""The calls that the e-Hub got, so that a test can assert which ones a data holder made."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from ops.sandbox.ehub.operations import OperationName

LIMIT: Final = 20_000
"""So many of the latest calls are listed."""
MAXIMUM_NMIS: Final = 500_000
"""The listed calls have at most so many NMIs together."""
_SECRET_HEADERS: Final = frozenset({"authorization", "ocp-apim-subscription-key", "client-cert"})


class RecordedCall(msgspec.Struct, kw_only=True):
    """A call, and how it was answered. A missing parameter or header is None."""

    id: int
    at: datetime
    operation: OperationName
    participant_id: str | None
    nmis: list[str]
    """As the caller wrote them: of the path or of the body."""
    batch_size: int
    oldest_date: str | None
    newest_date: str | None
    interval_reads: str | None
    page: str | None
    page_size: str | None
    has_continuation_token: bool
    headers: dict[str, str]
    """The headers of the request without secrets, with names in lower case."""
    forbidden_headers: list[str]
    """The names of the headers that must never be sent to a secondary data holder (C-A2)."""
    status: int | None = None
    """None while the call is answered, and when its connection was closed by the caller."""
    faults: list[str] = []


class Calls:
    """The latest calls, in memory: a restart of the e-Hub begins with none."""

    def __init__(self) -> None:
        """Begin with no calls."""
        self._calls: deque[RecordedCall] = deque()
        self._nmis = 0
        self._last = 0

    def begin(
        self,
        operation: OperationName,
        *,
        at: datetime,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        nmis: Sequence[str],
        forbidden_headers: Sequence[str],
    ) -> RecordedCall:
        """Record a call whose answer is not known yet."""
        self._last += 1
        call = RecordedCall(
            id=self._last,
            at=at,
            operation=operation,
            participant_id=headers.get("x-initiatingparticipantid"),
            nmis=list(nmis),
            batch_size=len(nmis),
            oldest_date=query.get("oldest-date"),
            newest_date=query.get("newest-date"),
            interval_reads=query.get("interval-reads"),
            page=query.get("page"),
            page_size=query.get("page-size"),
            has_continuation_token="continuation-token" in query,
            headers={name: value for name, value in headers.items() if name not in _SECRET_HEADERS},
            forbidden_headers=list(forbidden_headers),
        )
        self._calls.append(call)
        self._nmis += call.batch_size
        while len(self._calls) > LIMIT or (self._nmis > MAXIMUM_NMIS and len(self._calls) > 1):
            self._nmis -= self._calls.popleft().batch_size
        return call

    def since(self, number: int, operation: str | None = None, participant_id: str | None = None) -> list[RecordedCall]:
        """Return the calls after the one with this id, oldest first."""
        return [
            call
            for call in self._calls
            if call.id > number
            and operation in {None, call.operation}
            and participant_id in {None, call.participant_id}
        ]

    def latest(self, number: int) -> list[RecordedCall]:
        """Return the latest calls, newest first."""
        return list(islice(reversed(self._calls), number))

    @property
    def last(self) -> int:
        """The id of the latest call, or 0."""
        return self._last

    def clear(self) -> None:
        """Forget the calls. The ids continue."""
        self._calls.clear()
        self._nmis = 0
