"""Each text that a consumer reads is a message of the catalogue (decision 0068).

In the language of these tests, each message stands between ⟦ and ⟧. What is outside is data, or a text that was
forgotten.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from babel.support import LazyProxy

from haas.language import using_language
from haas.language.extraction import extracted
from haas.language.translation import CATALOGUE
from ops.demonstration.themes import AURORA
from ops.preview.samples import CONSUMER_NAMES, SCREENS, Screens, recipient
from tests.support.pseudo_language import BEGIN, END, marked, messages
from themes.brand import Brand, brand
from themes.texts import BrandTexts
from themes.tokens import theme_to_json

ZONE, AT = ZoneInfo("Australia/Sydney"), datetime(2026, 3, 3, 5, tzinfo=UTC)
LATER = AT + timedelta(days=300)
TEXTS = BrandTexts(
    identifier_format="10 digits.", legal_name="Aurora Retail Pty Ltd", abn="89000000019", hours="Monday to Friday",
    cdr_policy="https://aurora.test/cdr", complaints="https://aurora.test/complaints", interpreter_phone="131 450",
    hardship_phone="1800 555 011",
)  # fmt: skip
CONTACTS: Final[dict[str, dict[str, str | None]]] = {
    "both": {"support_phone": "1800 555 010", "support_email": "help@aurora.test"},
    "phone": {"support_phone": "1800 555 010", "support_email": None},
    "email": {"support_phone": None, "support_email": "help@aurora.test"},
    "none": {"support_phone": None, "support_email": None},
}
SHOWN_ATTRIBUTES = {"title", "alt", "aria-label", "aria-description", "placeholder"}
LETTERS = re.compile(r"[^\W\d_]{2,}")
"""One letter, such as the mark of a recipient, is no text."""


def look(contacts: str = "both") -> Brand:
    theme = msgspec.structs.replace(AURORA, texts=TEXTS, **CONTACTS[contacts])
    return brand("Aurora Energy", theme_to_json(theme), ZONE)


def test_the_catalogue_is_what_the_source_code_has() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == extracted(), "the texts have changed: run `make strings`"


class Outside(HTMLParser):
    """Collects the texts of a page that are in no message and in no `time` element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth, self._times = 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._times += tag == "time"
        named = dict(attrs)
        for name, value in attrs:
            is_button = tag == "input" and named.get("type") in {"submit", "button", "reset"} and name == "value"
            if value and (name in SHOWN_ATTRIBUTES or is_button):
                self.found += outside(value)

    def handle_endtag(self, tag: str) -> None:
        self._times -= tag == "time"

    def handle_data(self, data: str) -> None:
        texts, self._depth = split(data, self._depth)
        if not self._times:
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


def strings(value: Any) -> Iterator[str]:
    """Yield the texts of samples. What the product makes when the page is made is not among them."""
    match value:
        case LazyProxy():
            return
        case str():
            yield value
        case dict():
            yield from (text for each in value.values() for text in strings(each))
        case list() | tuple():
            yield from (text for each in value for text in strings(each))
        case SimpleNamespace():
            yield from strings(vars(value))
        case msgspec.Struct():
            yield from strings(msgspec.structs.asdict(value))


DATA = {text for _, values in SCREENS.values() for text in strings(values)} | set(strings(vars(recipient)))


def test_no_data_of_a_sample_is_a_message() -> None:
    """Otherwise a sample would show a text of the product which the product itself does not translate."""
    patterns = [
        re.compile(re.sub(r"\\\{\w+\\\}|%\\\(\w+\\\)s", ".+", re.escape(message)))
        for message in messages()
        if len(re.findall(r"[a-z]{2,}", re.sub(r"\{\w+\}|%\(\w+\)s", "", message))) > 1 or message in DATA
    ]
    assert {text for text in DATA if any(pattern.fullmatch(text) for pattern in patterns)} <= {"identifier", "accounts"}


@pytest.mark.parametrize("contacts", CONTACTS)
def test_each_text_of_a_page_is_a_message_or_data(contacts: str) -> None:
    data = {*DATA, "Aurora Energy", "Aurora Retail Pty Ltd", "help@aurora.test", "Monday to Friday", "10 digits"}
    data |= {f"{one} and {other}" for one in DATA for other in ("Beach house", "Solar Sums")}
    left: dict[str, list[str]] = {}
    with using_language(marked()):
        screens = Screens(look(contacts))
        for name in CONSUMER_NAMES:
            read = Outside()
            read.feed(screens.html(name))
            left[name] = forgotten(read.found, data)
    assert {name: texts for name, texts in left.items() if texts} == {}
