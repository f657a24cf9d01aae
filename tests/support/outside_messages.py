"""Which texts of a page, a mail or a document are outside of messages, in the language `marked` of these tests."""

import re
from html.parser import HTMLParser

from tests.support.pseudo_language import BEGIN, END

SHOWN_ATTRIBUTES = {"title", "alt", "aria-label", "aria-description", "placeholder"}
NO_TEXT = {"time", "style"}
LETTERS = re.compile(r"[^\W\d_]{2,}")
"""One letter, such as the mark of a recipient, is no text."""


class Outside(HTMLParser):
    """Collects the texts of a page that are in no message and in no element of `NO_TEXT`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth, self._without_text = 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._without_text += tag in NO_TEXT
        named = dict(attrs)
        for name, value in attrs:
            is_button = tag == "input" and named.get("type") in {"submit", "button", "reset"} and name == "value"
            if value and (name in SHOWN_ATTRIBUTES or is_button):
                self.found += outside(value)

    def handle_endtag(self, tag: str) -> None:
        self._without_text -= tag in NO_TEXT

    def handle_data(self, data: str) -> None:
        texts, self._depth = split(data, self._depth)
        if not self._without_text:
            self.found += texts


def split(text: str, depth: int) -> tuple[list[str], int]:
    """Return the parts of a text outside of messages. `depth` is in how many messages it begins, or ends."""
    found, part = [], ""
    for character in text:
        if character in {BEGIN, END}:
            found.append(part)
            part, depth = "", depth + (1 if character == BEGIN else -1)
        elif depth == 0:
            part += character
    return [each for each in (*found, part) if LETTERS.search(each)], depth


def outside(text: str) -> list[str]:
    found, depth = split(text, 0)
    assert depth == 0, text
    return found


def forgotten(found: list[str], data: set[str]) -> list[str]:
    """Return what is neither data nor several data with signs between them."""
    return [
        part
        for text in found
        for part in re.split(r"[·:\n]| – ", text)
        if LETTERS.search(part) and part.strip(" ,.()“”\n") not in data
    ]
