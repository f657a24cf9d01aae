"""The texts of a theme: who the brand is, how to reach it, its documents, and a few sentences in its own tone.

Each text names the places where it may stand (CDR Rules 4.24, K-22): on the steps of a consent there are no other
services and no other documents than the person needs for it. A template gets only the texts of its place (decision
0064).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, get_args
from urllib.parse import urlsplit

import msgspec
import phonenumbers

from haas.language import comma_list, gettext, gettext_noop
from haas.mail import is_header_text
from themes.tone import SENTENCES, Place, ToneName, is_sentence, said, tone_problems

MAXIMUM_LINE: Final = 120
MAXIMUM_URL: Final = 200
MAXIMUM_SENDER: Final = 60
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_PHONE: Final = re.compile(r"\+?[0-9 ()-]{4,24}")
_NOT_IN_URLS: Final = re.compile(r"[^!-~]|[\"'<>\\^`{|}]")
_ABN_WEIGHTS: Final = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
_ABN_MODULUS: Final = 89
_REGION: Final = "AU"

EVERYWHERE: Final = frozenset[Place](get_args(Place))
_OUTSIDE_THE_FLOW: Final = frozenset[Place]({"dashboard", "withdrawal", "ends"})
_OUTSIDE_AND_MAIL: Final = frozenset[Place]({*_OUTSIDE_THE_FLOW, "mail"})


class BrandTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The texts of one brand. What is None is not shown."""

    identifier_hint: str | None = None  # which identifier: "The number at the top of your bill."
    identifier_format: str | None = None  # what it looks like: "10 digits, for example 30 1234 5678."
    legal_name: str | None = None  # of the company that the brand belongs to
    abn: str | None = None  # its Australian Business Number, with or without spaces
    hours: str | None = None  # when the telephone is answered: "Monday to Friday, 8 am to 6 pm"
    cdr_policy: str | None = None  # https addresses
    privacy_policy: str | None = None
    complaints: str | None = None
    accessibility: str | None = None
    interpreter_phone: str | None = None
    relay_phone: str | None = None  # the National Relay Service
    hardship_phone: str | None = None  # for people who have trouble paying
    sender_name: str | None = None  # of emails; at first the name of the brand
    tone: dict[str, str] = {}  # sentences of `themes.tone`, by name


TEXT_PLACES: Final[Mapping[str, frozenset[Place]]] = {
    "brand_name": EVERYWHERE,
    "identifier_label": frozenset({"consent", "dashboard"}),
    "support_phone": EVERYWHERE,
    "support_email": EVERYWHERE,
    "identifier_hint": frozenset({"consent", "dashboard"}),
    "identifier_format": frozenset({"consent", "dashboard"}),
    "legal_name": _OUTSIDE_AND_MAIL,
    "abn": _OUTSIDE_AND_MAIL,
    "hours": EVERYWHERE,
    "cdr_policy": _OUTSIDE_THE_FLOW,
    "privacy_policy": _OUTSIDE_THE_FLOW,
    "complaints": _OUTSIDE_THE_FLOW,
    "accessibility": _OUTSIDE_THE_FLOW,
    "interpreter_phone": _OUTSIDE_THE_FLOW,
    "relay_phone": _OUTSIDE_THE_FLOW,
    "hardship_phone": frozenset({"dashboard"}),
    "sender_name": frozenset({"mail"}),
}
"""Each text of a theme with the places where it may stand. The sentences of `tone` have their places in
`themes.tone`."""
_LINKS: Final = {
    "cdr_policy": gettext_noop("Our CDR policy"),
    "privacy_policy": gettext_noop("Privacy policy"),
    "complaints": gettext_noop("Complaints"),
    "accessibility": gettext_noop("Accessibility"),
}
_PHONES: Final = {
    "interpreter_phone": gettext_noop("Interpreter"),
    "relay_phone": gettext_noop("National Relay Service"),
    "hardship_phone": gettext_noop("Help with paying"),
}
_LINES: Final = ("identifier_hint", "identifier_format", "legal_name", "hours", *_PHONES)


class NamedLink(NamedTuple):
    """A link of a footer, with a name of what it leads to."""

    name: str
    href: str
    text: str


class PageTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a brand that may stand at one place. The others are None."""

    brand_name: str
    texts: BrandTexts

    def say(self, name: ToneName) -> str:
        """Return a sentence in the tone of the brand, or the usual one where that of the brand may not stand."""
        return said(name, self.texts.tone, self.brand_name)

    @property
    def hint(self) -> str:
        """What the field of the identifier says about it."""
        own = self.texts.identifier_hint or gettext("The one you already use with {brand}.", brand=self.brand_name)
        return f"{own} {self.texts.identifier_format}" if self.texts.identifier_format else own

    @property
    def hours(self) -> str | None:
        """When the telephone is answered."""
        return self.texts.hours

    @property
    def company(self) -> str:
        """The company and its ABN, or an empty text."""
        abn = (
            None if self.texts.abn is None else gettext("ABN\N{NO-BREAK SPACE}{abn}", abn=formatted_abn(self.texts.abn))
        )
        return comma_list([part for part in (self.texts.legal_name, abn) if part])

    @property
    def links(self) -> list[NamedLink]:
        """The documents of the brand."""
        return [
            NamedLink(name, href, gettext(title))
            for name, title in _LINKS.items()
            if (href := getattr(self.texts, name)) is not None
        ]

    @property
    def phones(self) -> list[NamedLink]:
        """Further telephone numbers."""
        return [
            NamedLink(gettext(title), telephone_link(number), number)
            for name, title in _PHONES.items()
            if (number := getattr(self.texts, name)) is not None
        ]


def texts_at(place: Place | None, brand_name: str, texts: BrandTexts) -> PageTexts:
    """Return the texts that may stand at a place. None: a page that shows none, such as those for staff."""
    shown = {name: value for name, value in msgspec.structs.asdict(texts).items() if place in _places(name)}
    shown["tone"] = {name: text for name, text in texts.tone.items() if place in _places_of_sentence(name)}
    return PageTexts(brand_name=brand_name, texts=BrandTexts(**shown))


def text_problems(texts: BrandTexts) -> Iterator[str]:
    """Yield why texts cannot be shown: pages check this whenever they use a theme."""
    for name in _LINES:
        if (text := getattr(texts, name)) is not None and not is_line(text):
            yield f"texts.{name}: {ONE_LINE}"
    if texts.sender_name is not None and not (is_line(texts.sender_name) and len(texts.sender_name) <= MAXIMUM_SENDER):
        yield f"texts.sender_name: must be one line of 1 to {MAXIMUM_SENDER} printable characters, without '=?'"
    for name in _LINKS:
        if (url := getattr(texts, name)) is not None and not _is_https(url):
            yield f"texts.{name}: must be an https address of at most {MAXIMUM_URL} characters, without a user"
    for name, text in texts.tone.items():
        if not is_sentence(text):
            yield from tone_problems({name: text})


def saving_problems(texts: BrandTexts, support_phone: str | None, support_email: str | None) -> Iterator[str]:
    """Yield what is wrong with texts and contacts that are to be saved: they would lead a person to nobody."""
    if support_email is not None and not _EMAIL.fullmatch(support_email):
        yield f"support_email: {support_email!r} is not an email address"
    numbers = {"support_phone": support_phone, **{f"texts.{name}": getattr(texts, name) for name in _PHONES}}
    for name, number in numbers.items():
        if number is not None and not _is_phone(number):
            yield f"{name}: {number!r} is not a telephone number that can be called in Australia"
    if texts.abn is not None and not is_abn(texts.abn):
        yield f"texts.abn: {texts.abn!r} is not an ABN: it must have 11 digits, the first two of which check the others"
    if texts.hours is not None and texts.hours.endswith("."):
        yield "texts.hours: must not end with a full stop: it is the end of a sentence, “We answer …”"
    yield from tone_problems(texts.tone)


ONE_LINE: Final = f"must be one line of 1 to {MAXIMUM_LINE} printable characters, without '=?'"


def is_line(text: str) -> bool:
    """Return whether a text is one line that can be shown, and can be a header of an email."""
    return text == text.strip() and len(text) <= MAXIMUM_LINE and is_header_text(text)


def telephone_link(number: str) -> str:
    """Return the address of a telephone number: "tel:1800555010"."""
    return "tel:" + "".join(character for character in number if character in "+0123456789")


def is_abn(text: str) -> bool:
    """Return whether a text is an ABN: 11 digits with the check digits of the Australian Business Register."""
    digits = text.replace(" ", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) == len(_ABN_WEIGHTS)):
        return False
    first, *others = map(int, digits)
    return sum(w * d for w, d in zip(_ABN_WEIGHTS, (first - 1, *others), strict=True)) % _ABN_MODULUS == 0


def formatted_abn(text: str) -> str:
    """Return "51 824 753 556", with spaces at which no line ends."""
    digits = text.replace(" ", "")
    return "\N{NO-BREAK SPACE}".join((digits[:2], digits[2:5], digits[5:8], digits[8:]))


def _places(name: str) -> frozenset[Place]:
    return TEXT_PLACES.get(name, frozenset())


def _places_of_sentence(name: str) -> frozenset[Place]:
    return next((sentence.places for known, sentence in SENTENCES.items() if known == name), frozenset())


def _is_https(url: str) -> bool:
    if len(url) > MAXIMUM_URL or _NOT_IN_URLS.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and "." in (parts.hostname or "") and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # the port is not a number, or the host is not an address
        return False


def _is_phone(number: str) -> bool:
    if not _PHONE.fullmatch(number):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, _REGION))
    except phonenumbers.NumberParseException:
        return False
