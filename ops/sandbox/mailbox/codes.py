"""Finds the one-time code in a message."""

import re

_AFTER_WORD = re.compile(r"\b(?:code|password|passcode)\b\D{0,60}?(?<!\d)(\d{4,6})(?!\d)", re.IGNORECASE)
_BEFORE_WORD = re.compile(r"(?<!\d)(\d{4,6})(?!\d)\D{0,40}?\b(?:code|password|passcode)\b", re.IGNORECASE)
_ALONE_ON_LINE = re.compile(r"^[ \t]*(\d{4,6})[ \t\r]*$", re.MULTILINE)


def one_time_code(subject: str, text: str) -> str | None:
    """Return the code of 4 to 6 digits in a message, or None.

    A code is alone on its line, or close to one of the words code, password and passcode. Other numbers are ignored.
    """
    for pattern in (_ALONE_ON_LINE, _AFTER_WORD, _BEFORE_WORD):
        for part in (text, subject):
            found = pattern.search(part)
            if found is not None:
                return found.group(1)
    return None
