"""Positive integers in headers and query parameters, whatever their length."""

import re
from typing import Final

LARGEST: Final = 2**31 - 1
"""Greater integers are read as this one: no version, page or page size is as large."""
_DIGITS: Final = re.compile(r"[0-9]+\Z")


def positive_integer(text: str) -> int | None:
    """Return the positive integer that `text` is, at most `LARGEST`, or None if it is something else.

    Python does not convert more than 4,300 digits, so a longer text is not converted.
    """
    if not _DIGITS.match(text):
        return None
    digits = text.lstrip("0")
    if len(digits) > len(str(LARGEST)):
        return LARGEST
    return min(int(digits or "0"), LARGEST) or None
