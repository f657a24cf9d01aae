"""Intervals as AEMO's own examples have them: objects with a value and a quality, in place of numbers (C-A13).

A page has hundreds of thousands of numbers. They are not decoded if the text between two of them is always the same but
for the quality: then this text is replaced by a comma. Any other array is decoded.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, Literal, NamedTuple

import msgspec

from tenants.cds.field_types import Number
from tenants.payloads.energy_usage_v1 import EnergyReadQuality

Quality = Literal["SUBSTITUTE", "FINAL_SUBSTITUTE"]
_ACTUAL: Final = frozenset({"ACTUAL", "A", ""})
_QUALITIES: Final[dict[str, Quality]] = {"FINAL_SUBSTITUTE": "FINAL_SUBSTITUTE", "F": "FINAL_SUBSTITUTE"}
"""The other qualities that are not actual are substitutes: an estimate must not be given as actual (C-U4)."""


class NumberArray(NamedTuple):
    """The intervals in the form of the standards."""

    values: bytes
    """A JSON array of numbers."""
    qualities: list[EnergyReadQuality]
    """The ranges of intervals that are not actual. The first interval is 1, and both ends are included."""


class _IntervalValue(msgspec.Struct, gc=False):
    value: Number
    quality: Literal["ACTUAL", "SUBSTITUTE", "FINAL_SUBSTITUTE"] | None = None


class _OddIntervalValue(msgspec.Struct, gc=False):
    """An interval with a quality that the standards do not have."""

    value: Number
    quality: str | None = None


_decode_values: Final = msgspec.json.Decoder(list[_IntervalValue]).decode
_decode_odd_values: Final = msgspec.json.Decoder(list[_OddIntervalValue]).decode
_QUOTE, _BRACE, _U, _L = b'"{ul'


def is_plain(array: bytes) -> bool:
    """Return whether valid JSON is an array of numbers. The numbers are not looked at.

    Any other JSON has a quotation mark, a brace, `null`, `true` or `false`, or not exactly one bracket, with which it
    begins.
    """
    return not (_QUOTE in array or _BRACE in array or _U in array or _L in array) and array.rfind(b"[") == 0


def number_array(array: bytes) -> NumberArray:
    """Return the intervals of a JSON array of objects. Raises msgspec.DecodeError if it is not one."""
    return _replaced(array) or _decoded(array)


def _decoded(array: bytes) -> NumberArray:
    try:
        intervals: Sequence[_IntervalValue | _OddIntervalValue] = _decode_values(array)
    except msgspec.ValidationError:
        intervals = _decode_odd_values(array)
    values = msgspec.json.encode([each.value for each in intervals])
    return NumberArray(values, list(_ranges(_quality(each.quality) for each in intervals)))


def _ranges(qualities: Iterable[Quality | None]) -> Iterator[EnergyReadQuality]:
    start = 0
    for quality, run in groupby(qualities):
        end = start + sum(1 for _ in run)
        if quality is not None:
            yield _range(start, end, quality)
        start = end


def _quality(text: str | None) -> Quality | None:
    word = (text or "").strip().upper()
    return None if word in _ACTUAL else _QUALITIES.get(word, "SUBSTITUTE")


_NUMBER_BYTES: Final = b"-+.0123456789"
_MARKS: Final = {b",": b"ACTUAL", b";": b"SUBSTITUTE", b"|": b"FINAL_SUBSTITUTE"}
"""A mark for each quality. The comma is the first one, because the text between two numbers has a comma too."""
_COMMA_ONLY: Final = {b",": b""}
_QUALITIES_TO_MARKS: Final = (bytes.maketrans(b"CBF", b",;|"), bytes(set(range(256)) - set(_NUMBER_BYTES + b"CBF")))
"""Leaves one letter of each quality as its mark, and numbers. FINAL_SUBSTITUTE has two such letters: two marks."""
_OBJECTS_TO_MARKS: Final = (bytes.maketrans(b"}", b","), bytes(set(range(256)) - set(_NUMBER_BYTES + b"}")))
_MARKS_TO_COMMAS: Final = bytes.maketrans(b";|", b",,")
_RUNS: Final = re.compile(rb"([;|])\1*")

_BEGIN, _NEXT = rb"(?P<head>\s*\[\s*\{\s*", rb"\s*\}\s*,\s*\{\s*"
_VALUE, _NAME, _COMMA = rb'"value"\s*:\s*', rb'"quality"\s*:\s*"', rb"\s*,\s*"
_NUMBER, _WORD = rb")[-+.0-9]+", rb")[A-Z_]+"
_QUALITY_LAST: Final = re.compile(
    _BEGIN + _VALUE + _NUMBER + rb"(?P<before>" + _COMMA + _NAME + _WORD + rb'(?P<after>"' + _NEXT + _VALUE + rb")"
)
_QUALITY_FIRST: Final = re.compile(
    _BEGIN + _NAME + _WORD + rb'(?P<after>"' + _COMMA + _VALUE + _NUMBER + rb"(?P<before>" + _NEXT + _NAME + rb")"
)
_NO_QUALITY: Final = re.compile(_BEGIN + _VALUE + _NUMBER + rb"(?P<before>)(?P<after>" + _NEXT + _VALUE + rb")")
"""What arrays begin with: the text before all others, and the text between two numbers, before and after a quality."""
_END: Final = re.compile(rb'"?\s*\}\s*\]\s*')


def _replaced(array: bytes) -> NumberArray | None:
    """Return the intervals of an array with the same text between all numbers, None for another array.

    Everything is deleted but the numbers and a mark for each of them. The array is made again from what is left: if
    it is the same, nothing else was deleted.
    """
    begin = _QUALITY_LAST.match(array) or _QUALITY_FIRST.match(array) or _NO_QUALITY.match(array)
    if begin is None:
        return None
    first, before, after = begin.group("head", "before", "after")
    marked = array.translate(*(_QUALITIES_TO_MARKS if before else _OBJECTS_TO_MARKS))
    if b"|" in marked:
        marked = marked.replace(b"|;", b"|")
    words = _MARKS if before else _COMMA_ONLY
    if begin.re is _QUALITY_FIRST:
        first, between, last = first + words.get(marked[:1], b"") + after, marked[1:], b""
    else:
        between, last = marked[:-1], before + words.get(marked[-1:], b"")
    again = between
    for mark, word in words.items():
        again = again.replace(mark, before + word + after)
    position = len(first) + len(again)
    if not (array.startswith(first) and array.startswith(again, len(first)) and array.startswith(last, position)):
        return None
    if _END.fullmatch(array, position + len(last)) is None:
        return None
    values = between.translate(_MARKS_TO_COMMAS)
    return NumberArray(b"[" + values + b"]", _ranges_of_marks(marked))


def _ranges_of_marks(marked: bytes) -> list[EnergyReadQuality]:
    """Return the ranges of intervals that are not actual."""
    if b";" not in marked and b"|" not in marked:
        return []
    return [
        _range(*run.span(), "FINAL_SUBSTITUTE" if run[1] == b"|" else "SUBSTITUTE")
        for run in _RUNS.finditer(marked.translate(None, _NUMBER_BYTES))
    ]


def _range(start: int, end: int, quality: Quality) -> EnergyReadQuality:
    """Return the range of intervals whose positions are counted from 0. `end` is not included."""
    return EnergyReadQuality(startInterval=start + 1, endInterval=end, quality=quality)
