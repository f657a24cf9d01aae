"""Positive integers of any length in headers and query parameters."""

import re
from typing import Final

LARGEST: Final = 2**31 - 1
"""A greater integer is read as this value. No version, page number or page size is that large."""
_DIGITS: Final = re.compile(r"[0-9]+\Z")


def positive_integer(text: str) -> int | None:
    """Return the positive integer in `text`, at most `LARGEST`, or None if `text` is not a positive integer.

    A text with more digits than `LARGEST` is not converted, because Python refuses to convert more than 4,300 digits.
    """
    if not _DIGITS.match(text):
        return None
    digits = text.lstrip("0")
    if len(digits) > len(str(LARGEST)):
        return LARGEST
    return min(int(digits or "0"), LARGEST) or None
