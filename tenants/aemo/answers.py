"""The answers of the secondary operations: the records of a page, the next page, and the number of all records."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

MAXIMUM_NEXT: Final = 2_000
"""The maximum number of characters of a link to the next page."""
_EMPTY_ARRAY: Final = b"[]"
_NULL: Final = b"null"


class Unreadable(Exception):
    """The answer is not of the form that the standards define, for example a page in HTML."""


class AnswerPage(NamedTuple):
    """One page of an answer."""

    records: bytes
    """A JSON array."""
    next: Mapping[str, str] | None
    """The query parameters with which the next page is asked for. None: this is the last page."""
    total_records: int | None
    """The number of records in all pages, if the answer has it."""


class _Answer(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(_NULL)
    links: msgspec.Raw = msgspec.Raw(_NULL)
    meta: msgspec.Raw = msgspec.Raw(_NULL)


def read_page(body: bytes, list_name: str) -> AnswerPage:
    """Return a page of the list `list_name`. A missing list or null is an empty list (C-D3). Raises Unreadable."""
    answer = _read(body)
    data = _members(answer.data)
    records = bytes(_named(data, list_name) or _EMPTY_ARRAY)
    if records == _NULL:
        records = _EMPTY_ARRAY
    if not records.startswith(b"["):
        raise Unreadable(f"{list_name} is not an array")
    following = next_parameters(_decoded(_named(_members(answer.links), "next")))
    return AnswerPage(records, following, _total(_decoded(_named(_members(answer.meta), "totalRecords"))))


def _total(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else None


def read_record(body: bytes) -> bytes | None:
    """Return the only record of an answer as JSON, or None if there is none. Raises Unreadable."""
    data = bytes(_read(body).data)
    if data in (_NULL, b"{}", _EMPTY_ARRAY):
        return None
    if not data.startswith(b"{"):
        raise Unreadable("the data is not an object")
    return data


def _read(body: bytes) -> _Answer:
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable("the answer is not a JSON object of the standards") from error


def _members(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Return the members of an object, or none for another value."""
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return {}


def _named(members: Mapping[str, msgspec.Raw], name: str) -> msgspec.Raw | None:
    """Return a member whose name is compared without regard to case (C-A13)."""
    if name in members:
        return members[name]
    return next((value for key, value in members.items() if key.lower() == name.lower()), None)


def _decoded(raw: msgspec.Raw | None) -> Any:
    return None if raw is None else msgspec.json.decode(raw)


def next_parameters(link: object) -> Mapping[str, str] | None:
    """Return the query of the link to the next page.

    Only its query is used: the request goes to the configured address, whatever host AEMO names. AEMO's own examples
    have the number of a page instead of a URI (C-A13).
    """
    text = str(link).strip() if isinstance(link, str | int) and not isinstance(link, bool) else ""
    if not text or len(text) > MAXIMUM_NEXT:
        return None
    if text.isascii() and text.isdigit():
        return {"page": text}
    try:
        return dict(parse_qsl(urlsplit(text).query, keep_blank_values=True)) or None
    except ValueError:
        return None
