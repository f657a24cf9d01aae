"""The records 200, 300 and 400 of NEM12, each read by itself (AEMO, Meter Data File Format Specification NEM12 NEM13).

What identifies a day, its values and its qualities are read strictly: nothing is truncated, padded or guessed.
"""

import re
from datetime import date, datetime, time
from typing import Final, NamedTuple

from haas.errors import HaasError
from tenants.usage.models import (
    INTERVAL_LENGTHS,
    MAXIMUM_DIGITS,
    MAXIMUM_SCALE,
    ReadQuality,
    intervals_of_a_day,
)

QUALITIES: Final = {
    "A": None,
    "E": ReadQuality.SUBSTITUTE,
    "F": ReadQuality.FINAL_SUBSTITUTE,
    "N": ReadQuality.SUBSTITUTE,
    "S": ReadQuality.SUBSTITUTE,
}
"""The quality of a read by NEM12's quality flag (C-U4). An estimate is never actual."""
ACTUAL: Final = "A"
VARIABLE: Final = "V"
"""The quality flag of a 300 record whose qualities are in 400 records."""
NULL: Final = "N"
EXPORT: Final = "B"
"""The first character of the suffix of a register that counts exported energy. Its values are negated (C-U3)."""

_FIELDS_AFTER_VALUES: Final = 5
_UPDATE_DATE_TIME: Final = 3
"""The position of UpdateDateTime among the fields after the values."""
_INTERVAL_LENGTHS: Final = {text: minutes for minutes in INTERVAL_LENGTHS for text in (f"{minutes}", f"{minutes:02}")}
_DATASTREAM_FIELDS: Final = (9, 10)
"""The minimum and maximum number of fields of a 200 record. Optional fields at the end can be left out."""
_EVENT_FIELDS: Final = (4, 6)
_DETAILS_FIELDS: Final = (1, 5)
_MAXIMUM_INTEGER: Final = 10**MAXIMUM_DIGITS - 1
_SHOWN: Final = 40

_NMI = re.compile(r"[A-Z0-9]{10}")
_SUFFIX = re.compile(r"[A-Z][A-Z0-9]")
_UNIT = re.compile(r"[A-Za-z]{1,5}")
_ID = re.compile(r"[!-~ ]{0,50}")
_QUALITY_METHOD = re.compile(rb"([AEFNSV])(?:[0-9]{2})?")
_VALUE = re.compile(rb"[0-9]{1,15}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}")
_DIGITS: Final = b"0123456789"


class InvalidRecord(HaasError):
    """A record cannot be read. The text says what was expected and what was found."""


class Datastream(NamedTuple):
    """The content of a 200 record: the register to which the days of the 300 records after it belong."""

    nmi: str
    suffix: str
    register_id: str | None
    meter_serial: str | None
    unit: str
    interval_minutes: int
    intervals: int
    """The number of values of a day."""


class IntervalData(NamedTuple):
    """The content of a 300 record."""

    read_date: date
    scale: int
    values: list[int]
    """Positive, in 10^-scale of the unit. An empty value is 0."""
    empty: list[int]
    """The numbers of the intervals, from 1, whose value is empty. Only the flag N allows that."""
    flag: str
    version: datetime | None
    """UpdateDateTime."""


class IntervalEvent(NamedTuple):
    """The content of a 400 record: the quality flag of the intervals from `start` to `end`, from 1 and inclusive."""

    start: int
    end: int
    flag: str


def read_datastream(line: bytes) -> Datastream:
    """Read a 200 record. Raises InvalidRecord."""
    fields = [field.decode("latin-1") for field in _fields(line, _DATASTREAM_FIELDS)]
    _, nmi, _, register_id, suffix, _, meter_serial, unit, length, *_ = fields
    for name, value, pattern, expected in (
        ("NMI", nmi, _NMI, "10 capital letters and digits"),
        ("RegisterID", register_id, _ID, "at most 50 characters"),
        ("NMISuffix", suffix, _SUFFIX, "a capital letter, and a capital letter or digit"),
        ("MeterSerialNumber", meter_serial, _ID, "at most 50 characters"),
        ("UOM", unit, _UNIT, "1 to 5 letters"),
    ):
        if not pattern.fullmatch(value):
            raise InvalidRecord(f"expected {expected} as {name}, found {shown(value)}")
    minutes = _INTERVAL_LENGTHS.get(length)
    if minutes is None:
        raise InvalidRecord(f"expected 5, 15 or 30 as IntervalLength, found {shown(length)}")
    return Datastream(
        nmi, suffix, register_id or None, meter_serial or None, unit, minutes, intervals_of_a_day(minutes)
    )


def read_interval_data(line: bytes, count: int) -> IntervalData:
    """Read a 300 record that must have `count` values. Raises InvalidRecord."""
    fields = line.split(b",", count + 2)
    after_values = fields[-1].rstrip(b", ").split(b",")
    quality = _QUALITY_METHOD.fullmatch(after_values[0].strip())
    if len(fields) != count + 3 or len(after_values) > _FIELDS_AFTER_VALUES or not quality:
        raise InvalidRecord(_wrong_fields(line.rstrip(b", ").split(b","), count))
    begin = len(fields[0]) + len(fields[1]) + 2
    scale, values, empty = read_values(line[begin : len(line) - len(fields[-1]) - 1])
    return IntervalData(
        _date(fields[1]), scale, values, empty, quality[1].decode(), _update_date_time(after_values[_UPDATE_DATE_TIME:])
    )


def read_interval_event(line: bytes, count: int) -> IntervalEvent:
    """Read a 400 record of a day with `count` intervals. Raises InvalidRecord."""
    fields = _fields(line, _EVENT_FIELDS)
    start, end = (_interval(name, field, count) for name, field in zip(("Start", "End"), fields[1:3], strict=True))
    quality = _QUALITY_METHOD.fullmatch(fields[3])
    if not quality or quality[1].decode() == VARIABLE:
        raise InvalidRecord(f"expected a quality flag (A, E, F, N or S), found {shown(fields[3])}")
    if end < start:
        raise InvalidRecord(f"expected an EndInterval that is not before StartInterval {start}, found {end}")
    return IntervalEvent(start, end, quality[1].decode())


def check_details(line: bytes) -> None:
    """Check a 500 record, the B2B details of a meter reading, of which nothing is used. Raises InvalidRecord."""
    _fields(line, _DETAILS_FIELDS)


def read_values(text: bytes) -> tuple[int, list[int], list[int]]:
    """Return the scale of a list of numbers, separated by commas; the numbers as integers of it; and the empty ones.

    The scale is the largest number of decimal places. No value passes through binary floating point. An empty number is
    returned as 0, and its position, from 1, is in the third list. Raises InvalidRecord.
    """
    values = text.split(b",")
    # The common case: each number has digits and one point, and all have as many decimal places. No Python code runs
    # for a single number, which halves the time.
    if text.translate(None, _DIGITS) == b",".join([b"."] * len(values)):
        places = set(map(len, text.replace(b".", b",").split(b",")[1::2]))
        if len(places) == 1 and 0 < max(places) <= MAXIMUM_SCALE and max(map(len, values)) <= MAXIMUM_DIGITS + 1:
            return places.pop(), list(map(int, text.replace(b".", b"").split(b","))), []
    return _read_any_values(values)


def _read_any_values(values: list[bytes]) -> tuple[int, list[int], list[int]]:
    empty = []
    for number, value in enumerate(values, 1):
        if not value:
            empty.append(number)
        elif not _VALUE.fullmatch(value):
            raise InvalidRecord(
                f"expected a number without sign and exponent, with at most {MAXIMUM_DIGITS} digits and "
                f"{MAXIMUM_SCALE} decimal places, as value {number}, found {shown(value)}"
            )
    parts = [value.partition(b".") for value in values]
    scale = max(len(places) for _, _, places in parts)
    integers = [int((whole + places.ljust(scale, b"0")) or b"0") for whole, _, places in parts]
    if max(integers) > _MAXIMUM_INTEGER:
        number = integers.index(max(integers)) + 1
        raise InvalidRecord(
            f"expected at most {MAXIMUM_DIGITS} digits with the {scale} decimal places of the record "
            f"as value {number}, found {shown(values[number - 1])}"
        )
    return scale, integers, empty


def _wrong_fields(fields: list[bytes], count: int) -> str:
    """Say what is wrong with the number of fields in a 300 record, which may have any number of values."""
    for position in range(max(2, len(fields) - _FIELDS_AFTER_VALUES), len(fields)):
        if _QUALITY_METHOD.fullmatch(fields[position].strip()) and position != count + 2:
            return f"expected {count} values before the quality flag, found {position - 2}"
    found = fields[count + 2] if len(fields) > count + 2 else b""
    if _QUALITY_METHOD.fullmatch(found.strip()):
        return f"expected at most {_FIELDS_AFTER_VALUES} fields after the values, found {len(fields) - count - 2}"
    return f"expected a quality flag (A, E, F, N, S or V) after {count} values, found {shown(found)}"


def _update_date_time(fields: list[bytes]) -> datetime | None:
    text = fields[0].strip() if fields else b""
    if not text:
        return None
    try:
        if len(text) != 14 or not text.isdigit():  # noqa: PLR2004 - YYYYMMDDHHMMSS
            raise ValueError
        return datetime.combine(_date(text[:8]), time.fromisoformat(text[8:].decode()))
    except (ValueError, InvalidRecord):
        raise InvalidRecord(f"expected YYYYMMDDHHMMSS as UpdateDateTime, found {shown(text)}") from None


def _date(text: bytes) -> date:
    text = text.strip()
    try:
        if len(text) != 8 or not text.isdigit():  # noqa: PLR2004 - YYYYMMDD
            raise ValueError
        return date.fromisoformat(text.decode())
    except ValueError:
        raise InvalidRecord(f"expected YYYYMMDD as IntervalDate, found {shown(text)}") from None


def _interval(name: str, text: bytes, count: int) -> int:
    if not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= count:  # noqa: PLR2004 - Numeric(4)
        raise InvalidRecord(f"expected 1 to {count} as {name}Interval, found {shown(text)}")
    return int(text)


def _fields(line: bytes, limits: tuple[int, int]) -> list[bytes]:
    """Return the fields of a record without empty ones at the end, but not fewer than the minimum of `limits`.

    A record with too many fields is refused: it may have swallowed the next line.
    """
    minimum, maximum = limits
    fields = [field.strip() for field in line.split(b",")]
    found = len(fields)
    while len(fields) > minimum and not fields[-1]:
        fields.pop()
    if not minimum <= len(fields) <= maximum:
        raise InvalidRecord(f"expected {minimum} to {maximum} fields, found {found}")
    return fields


def shown(value: str | bytes) -> str:
    """Return a value for a report, shortened, with everything that is not a printable ASCII character escaped."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return ascii(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "") if text else "nothing"
