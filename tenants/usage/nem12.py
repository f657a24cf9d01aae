"""Read NEM12, AEMO's Meter Data File Format for interval data: the days that can be read, and a report of the rest.

The envelope of a file is read tolerantly: a missing 100 record, several 900 records or an empty line are reported, and
the days are read. Values and qualities are read strictly (`nem12_records.py`): a day is read as it is in the file, or
not at all.

A day that cannot be read costs no other day. It is reported with its line, and the lines that belong to it are ignored.
One exception protects consumers: if a line that cannot be read may have been a 200 record, the days after it are not
read until the next 200 record, because they may belong to another service point.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from typing import Final, NamedTuple

from tenants.usage.models import IntervalDay, QualityRange, ReadQuality
from tenants.usage.nem12_records import (
    ACTUAL,
    EXPORT,
    NULL,
    QUALITIES,
    VARIABLE,
    Datastream,
    IntervalData,
    IntervalEvent,
    InvalidRecord,
    check_details,
    read_datastream,
    read_interval_data,
    read_interval_event,
    shown,
)
from tenants.usage.qualities import quality_ranges

_DATASTREAM_WITHIN: Final = re.compile(rb"\A2|\A[^,]*,[A-Z0-9]{10},|200,[A-Z0-9]{10},")
"""What a damaged 200 record begins with, or what a line has in it that swallowed a 200 record."""
_FILLING: Final = b", \t\r\n"
_VERSION: Final = b"NEM12"


class ReadDay(NamedTuple):
    """A day and the line, from 1, of its 300 record."""

    line: int
    day: IntervalDay


class RefusedRecord(NamedTuple):
    """A line whose record is not read, with what was expected and found. The day of a 300 or 400 record is not read."""

    line: int
    reason: str


class FormatDeviation(NamedTuple):
    """A line at which the file does not conform to the specification, in a way that costs no data."""

    line: int
    description: str


Entry = ReadDay | RefusedRecord | FormatDeviation


def read_nem12(lines: Iterable[tuple[int, bytes]]) -> Iterator[Entry]:
    """Yield the days of a file and a report of its deviations and refused records, in the order of the file.

    `lines` has each line with its number, from 1. A number that is left out is a line that could not be read. Lines can
    end with LF or CR LF. The texts of the report can contain fields of the file, so they are not for a log.

    At most one day is held in memory. A file can have several versions of the same day, and all of them are yielded:
    `latest_versions` chooses among those of one batch, and the database among batches and files. Whatever the lines
    contain, no error is raised.
    """
    return _Reader().entries(lines)


class _PendingDay(NamedTuple):
    """A 300 record whose 400 records may still come."""

    line: int
    datastream: Datastream
    data: IntervalData
    events: list[IntervalEvent]

    @property
    def covered(self) -> int:
        """The last interval for which there was a 400 record."""
        return self.events[-1].end if self.events else 0


class _Reader:
    """Reads one file, line by line."""

    def __init__(self) -> None:
        self._open = False
        """Whether the line is between a 100 record and its 900 record."""
        self._datastream: Datastream | None = None
        self._no_datastream = "there is no 200 record before it"
        self._pending: _PendingDay | None = None
        self._ignoring = False
        """Whether the day of the 300 record before this line was refused."""
        self._handlers: dict[bytes, Callable[[int, bytes], Iterator[Entry]]] = {
            b"100": self._header,
            b"200": self._datastream_begins,
            b"300": self._day_begins,
            b"400": self._event,
            b"500": self._details,
            b"900": self._file_ends,
        }

    def entries(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[Entry]:
        last = 0
        for number, line in lines:
            if number != last + 1:
                yield from self._end_day()
                self._forget_datastream(f"line {last + 1} cannot be read and may have been a 200 record")
            last = number
            content = line.strip()
            handler = self._handlers.get(content[:3]) if content[3:4] in {b",", b""} else None
            if not content.strip(_FILLING):
                yield FormatDeviation(number, "empty line")
            elif handler is None:
                yield from self._unknown(number, content)
            else:
                if not self._open and content[:3] != b"100":
                    self._open = True
                    yield FormatDeviation(number, f"expected a 100 record, found a {content[:3].decode()} record")
                yield from handler(number, content)
        yield from self._end_day()
        if self._open:
            yield FormatDeviation(last, "the file ends without a 900 record; it may be incomplete")

    def _header(self, number: int, line: bytes) -> Iterator[Entry]:
        yield from self._end_day()
        self._forget_datastream("there is no 200 record between the 100 record and it")
        if self._open:
            yield FormatDeviation(number, "expected a 900 record before the next 100 record")
        self._open = True
        version = line.split(b",", 2)[1:2]
        if version != [_VERSION]:
            yield FormatDeviation(number, f"expected {_VERSION.decode()} as version, found {shown(b''.join(version))}")

    def _file_ends(self, _number: int, _line: bytes) -> Iterator[Entry]:
        yield from self._end_day()
        self._forget_datastream("there is no 200 record between the 900 record and it")
        self._open = False

    def _datastream_begins(self, number: int, line: bytes) -> Iterator[Entry]:
        yield from self._end_day()
        try:
            self._datastream = read_datastream(line)
        except InvalidRecord as error:
            self._forget_datastream(f"the 200 record in line {number} is refused")
            yield RefusedRecord(number, str(error))

    def _day_begins(self, number: int, line: bytes) -> Iterator[Entry]:
        yield from self._end_day()
        if self._datastream is None:
            self._ignoring = True
            yield RefusedRecord(number, f"the 300 record is not read: {self._no_datastream}")
            return
        try:
            data = read_interval_data(line, self._datastream.intervals)
        except InvalidRecord as error:
            yield from self._refuse_day(number, str(error))
            self._forget_datastream_after(number, line)
            return
        self._pending = _PendingDay(number, self._datastream, data, [])
        if data.version is None and data.flag != NULL:
            yield FormatDeviation(number, "no UpdateDateTime: any other version of the day replaces this one")

    def _event(self, number: int, line: bytes) -> Iterator[Entry]:
        if self._pending is None:
            if not self._ignoring:
                yield RefusedRecord(number, "expected a 300 record before the 400 record")
            self._forget_datastream_after(number, line)
            return
        try:
            event = read_interval_event(line, self._pending.datastream.intervals)
        except InvalidRecord as error:
            yield from self._refuse_day(number, str(error))
            self._forget_datastream_after(number, line)
            return
        flag = self._pending.data.flag
        expected = self._pending.covered + 1
        if flag != VARIABLE and not flag == event.flag == ACTUAL:
            reason = f"expected no 400 record with the flag {event.flag} after a 300 record with the flag {flag}"
            yield from self._refuse_day(number, reason)
        elif event.start != expected:
            yield from self._refuse_day(number, f"expected {expected} as StartInterval, found {event.start}")
        else:
            self._pending.events.append(event)

    def _details(self, number: int, line: bytes) -> Iterator[Entry]:
        try:
            check_details(line)
        except InvalidRecord as error:
            yield RefusedRecord(number, str(error))
            self._forget_datastream_after(number, line)
            return
        if self._pending is None and not self._ignoring:
            yield FormatDeviation(number, "expected a 300 record before the 500 record")

    def _unknown(self, number: int, line: bytes) -> Iterator[Entry]:
        yield from self._end_day()
        self._forget_datastream_after(number, line)
        found = shown(line.split(b",", 1)[0])
        yield RefusedRecord(number, f"expected a record 100, 200, 300, 400, 500 or 900, found {found}")

    def _end_day(self) -> Iterator[Entry]:
        """Yield the day whose last record has been read."""
        pending, self._pending, self._ignoring = self._pending, None, False
        if pending is None:
            return
        reason = _refusal(pending)
        yield RefusedRecord(pending.line, reason) if reason else ReadDay(pending.line, _day(pending))

    def _refuse_day(self, number: int, reason: str) -> Iterator[Entry]:
        if self._pending is not None:
            reason = f"{reason}; the day in line {self._pending.line} is not read"
        self._pending, self._ignoring = None, True
        yield RefusedRecord(number, reason)

    def _forget_datastream(self, reason: str) -> None:
        self._datastream, self._no_datastream = None, reason

    def _forget_datastream_after(self, number: int, line: bytes) -> None:
        """Forget the 200 record if a refused line may be a damaged one, or if a lost line end put one into it."""
        if _DATASTREAM_WITHIN.search(line):
            self._forget_datastream(f"line {number} is refused and may contain a 200 record")


def _refusal(pending: _PendingDay) -> str | None:
    """Return why a day cannot be read after all of its records have been read."""
    data, events, count = pending.data, pending.events, pending.datastream.intervals
    if (data.flag == VARIABLE or events) and pending.covered != count:
        found = f"them for 1 to {pending.covered}" if events else "none"
        return f"expected 400 records for the intervals 1 to {count}, found {found}"
    null: set[int] = set()
    for start, end, flag in events or [IntervalEvent(1, count, data.flag)]:
        if flag == NULL:
            null.update(range(start, end + 1))
    for number in data.empty:
        if number not in null:
            return f"expected a number as value {number}, found nothing"
    for number in sorted(null):
        if data.values[number - 1]:
            return f"expected 0 or nothing as value {number}, which has the flag N"
    return None


def _day(pending: _PendingDay) -> IntervalDay:
    _, datastream, data, events = pending
    values = data.values
    if datastream.suffix.startswith(EXPORT):
        values = [-value for value in values]
    return IntervalDay(
        nmi=datastream.nmi,
        register_suffix=datastream.suffix,
        read_date=data.read_date,
        interval_minutes=datastream.interval_minutes,
        unit=datastream.unit,
        scale=data.scale,
        values=tuple(values),
        qualities=_qualities(events or [IntervalEvent(1, datastream.intervals, data.flag)]),
        # Without UpdateDateTime: earlier than every version that a meter data provider can have made.
        version=data.version or datetime.combine(data.read_date, time()),
        meter_serial=datastream.meter_serial,
        register_id=datastream.register_id,
    )


def _qualities(events: list[IntervalEvent]) -> tuple[QualityRange, ...]:
    flags: list[ReadQuality | None] = []
    for start, end, flag in events:
        flags += [QUALITIES[flag]] * (end - start + 1)
    return quality_ranges(flags)
