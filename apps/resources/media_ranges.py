"""The media ranges of an Accept header, and whether they allow JSON in UTF-8 (RFC 9110 12.4.2, 12.5.1)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_SPECIFICITY: Final = {"*/*": 0, "application/*": 1, "application/json": 2}
_NO_QUALITY: Final = re.compile(r"0(?:\.0*)?\Z")


class _MediaRange(NamedTuple):
    """A range that contains JSON in UTF-8. A range with more parameters is more specific."""

    specificity: tuple[int, int]
    is_acceptable: bool
    """False if the quality value is zero, which means "not acceptable"."""


def accepts_json(accept: str) -> bool:
    """Return whether the value of an Accept header allows application/json in UTF-8.

    The most specific range that contains the type decides. If two ranges are equally specific, one of them is enough.
    """
    ranges = [found for text in _split(accept, ",") if (found := _containing_json(text)) is not None]
    return max(ranges).is_acceptable if ranges else False


def _containing_json(text: str) -> _MediaRange | None:
    """Return the media range if it contains JSON in UTF-8, otherwise None.

    Of the parameters, only `charset` is compared: the others have no meaning for JSON.
    """
    kind, *parameters = (part.strip() for part in _split(text.lower(), ";"))
    if kind not in _SPECIFICITY:
        return None
    compared = 0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            return _MediaRange((_SPECIFICITY[kind], compared), not _NO_QUALITY.match(value))
        if name == "charset" and value.strip('"') not in {"utf-8", "utf8"}:
            return None
        compared += 1
    return _MediaRange((_SPECIFICITY[kind], compared), is_acceptable=True)


def _split(text: str, separator: str) -> Iterator[str]:
    """Split at a separator outside quoted strings (RFC 9110 5.6.1, 5.6.4)."""
    start, quoted, escaped = 0, False, False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            yield text[start:at]
            start = at + 1
    yield text[start:]
