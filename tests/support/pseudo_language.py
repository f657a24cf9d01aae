"""Languages made from the catalogue, to see which texts come from it, and how pages look from right to left."""

import re
from collections.abc import Callable
from functools import cache
from gettext import NullTranslations
from typing import Final

from babel.messages.pofile import read_po

from haas.language import Language
from haas.language.translation import CATALOGUE

BEGIN, END = "⟦", "⟧"
_KEPT: Final = re.compile(r"(<[^>]*>|%\(\w+\)s|\{\w+\}|&\w+;)")
"""What a translator keeps: elements, and the places of values."""
_HEBREW: Final = "אבגדהוזחטיכלמנסעפצקרשת"


@cache
def messages() -> frozenset[str]:
    """Return the ids of the messages of the committed catalogue. A message with a plural has two."""
    with CATALOGUE.open("rb") as file:
        found = [message.id for message in read_po(file) if message.id]
    return frozenset(text for each in found for text in (each if isinstance(each, tuple) else (each,)))


class _Translations(NullTranslations):
    """Translates what is in the catalogue, and nothing else."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        super().__init__()
        self._translate = translate

    def gettext(self, message: str) -> str:
        return self._translate(message) if message in messages() else message

    def ngettext(self, one: str, several: str, number: int) -> str:
        return self.gettext(one if number == 1 else several)


@cache
def marked() -> Language:
    """Return a language in which each message stands between ⟦ and ⟧."""
    return Language.of("en_AU", _Translations(lambda text: f"{BEGIN}{text}{END}"))


@cache
def right_to_left() -> Language:
    """Return a language that is written from right to left: the letters of messages are Hebrew ones."""
    return Language.of("he", _Translations(lambda text: "".join(map(_in_hebrew, _KEPT.split(text)))))


def _in_hebrew(part: str) -> str:
    if _KEPT.fullmatch(part):
        return part
    return "".join(_HEBREW[ord(each.lower()) % len(_HEBREW)] if each.isalpha() else each for each in part)
