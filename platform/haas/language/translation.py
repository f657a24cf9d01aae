"""The current language, and the translation of messages.

A message is a text that a consumer reads. Its id is the English text. `consumer.pot` beside this module lists all of
them, and `<locale>.po`, for example `ar.po`, has their translations into one language.

Python names the values of a message in braces, and gives them to `gettext`. Templates use `{% trans %}`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parent
CATALOGUE: Final = FOLDER / "consumer.pot"
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


class Language(NamedTuple):
    """A language in which texts can be written."""

    locale: str
    """For example "en_AU": a name of the Unicode Common Locale Data Repository."""
    direction: str
    """The value of the attribute `dir` of HTML: "ltr" or "rtl"."""
    translations: NullTranslations

    @classmethod
    def of(cls, locale: str, translations: NullTranslations) -> "Language":
        """Return a language with these translations. Raise UnknownLocaleError for a name that is none."""
        return cls(locale, Locale.parse(locale).text_direction, translations)

    @property
    def tag(self) -> str:
        """The value of the attribute `lang` of HTML: "en-AU" (BCP 47)."""
        return self.locale.replace("_", "-")

    def isolated(self, value: str) -> str:
        """Return a value as it stands in a text.

        Where the language is written from right to left, a value has a direction of its own. Without that, the parts of
        a telephone number or of an address would change places (Unicode Standard Annex 9, Explicit Directional
        Isolates).
        """
        return value if self.direction == "ltr" else f"{_FIRST_STRONG_ISOLATE}{value}{_POP_ISOLATE}"


ENGLISH: Final = Language.of("en_AU", NullTranslations())
"""The language of the messages themselves, so it has no translations."""
_current: Final[ContextVar[Language]] = ContextVar("language", default=ENGLISH)


@cache
def load_language(locale: str, folder: Path = FOLDER) -> Language:
    """Return a language with the translations of its catalogue, for example "ar" with those of `ar.po`.

    Raise UnknownLocaleError for a name that is none, and FileNotFoundError if there is no catalogue.
    """
    with (folder / f"{locale}.po").open("rb") as file:
        catalogue = read_po(file, locale=locale, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language.of(locale, GNUTranslations(compiled))


def current_language() -> Language:
    """Return the language of the texts that are written now."""
    return _current.get()


@contextmanager
def using_language(language: Language) -> Iterator[None]:
    """Write texts in a language."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def gettext(message: str, /, **values: object) -> str:
    """Return a message in the current language. Each value stands for its name in braces."""
    language = _current.get()
    text = language.translations.gettext(message)
    return _filled(language, text, values) if values else text


def ngettext(one: str, several: str, number: int, /, **values: object) -> str:
    """Return the form of a message for a number of things. The number stands for `{number}`."""
    language = _current.get()
    return _filled(language, language.translations.ngettext(one, several, number), {"number": number, **values})


def gettext_noop(message: str) -> str:
    """Return the text as it is, and put it into the catalogue. It is translated by `gettext` where it is shown."""
    return message


def _filled(language: Language, text: str, values: dict[str, object]) -> str:
    return text.format_map({name: language.isolated(str(value)) for name, value in values.items()})
