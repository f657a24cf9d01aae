"""The few sentences of the pages that a brand may say in its own tone.

Everything else is the same for all brands: the words of the standards, and what a person must know before they decide.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from haas.language import gettext, gettext_noop

Place = Literal["consent", "dashboard", "withdrawal", "ends", "mail"]
"""Where a text can stand: the steps of a consent, the dashboard with its sign-in, the page on which a person stops a
sharing, the pages with one message, and emails with letters."""
ToneName = Literal[
    "help_question", "sign_in_lead", "sharing_lead", "sharing_none", "not_found", "busy", "mail_opening", "mail_closing"
]

MAXIMUM_SENTENCE: Final = 160
BRAND: Final = "{brand}"
"""What stands in a sentence for the name of the brand."""
_ADDRESSES: Final = ("://", "www.", "@")


class Sentence(NamedTuple):
    """A sentence that a brand may replace."""

    usual: str
    """What a brand without a sentence of its own says: the id of a message of the catalogue. Empty: nothing."""
    places: frozenset[Place]


def _sentence(usual: str, *places: Place) -> Sentence:
    return Sentence(usual, frozenset(places))


SENTENCES: Final[Mapping[ToneName, Sentence]] = {
    "help_question": _sentence(gettext_noop("Need help?"), "consent", "dashboard", "withdrawal", "ends"),
    "sign_in_lead": _sentence(
        gettext_noop("See who receives your data from {brand}, and stop sharing when you want to."), "dashboard"
    ),
    "sharing_lead": _sentence(
        gettext_noop("Who receives your data from {brand}, and who has received it before."), "dashboard"
    ),
    "sharing_none": _sentence(gettext_noop("You are not sharing your data with anyone."), "dashboard"),
    "not_found": _sentence(gettext_noop("There is nothing at this address."), "ends"),
    "busy": _sentence(gettext_noop("Please try again in a minute. Nothing has been lost."), "ends"),
    "mail_opening": _sentence("", "mail"),
    "mail_closing": _sentence("", "mail"),
}
"""The sentences that a brand may replace, by name, each with the places where it stands."""
LOCKED: Final[Mapping[str, str]] = {
    "data_language": "CDS, Data Language Standards",
    "password_note": "CDS, Authentication Standards, Passwords",
    "code_expiry": "CDS, Authentication Standards, OTP Expiry",
    "recipient_handling": "CDS, Dashboard Standards, Data recipient handling details",
    "withdrawal_consequences": "CDS, Withdrawal Standards, Consequences",
    "redundant_data": "CDS, Withdrawal Standards, Redundant data",
    "joint_account_notice": "CDS, Notification Standards",
    "how_to_stop": "CDR Rules 4.23(1)",
}
"""What no brand may replace, with the source of its words."""


def tone_problems(tone: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the sentences of a brand."""
    for name, text in tone.items():
        where = f"texts.tone.{name}"
        if name in LOCKED:
            yield f"{where}: no brand can change these words ({LOCKED[name]})"
        elif name not in SENTENCES:
            yield f"{where}: there is no such sentence; the sentences are {', '.join(SENTENCES)}"
        elif not is_sentence(text):
            yield f"{where}: must be one line of 1 to {MAXIMUM_SENTENCE} printable characters"
        elif any(part in text.casefold() for part in _ADDRESSES):
            yield f"{where}: must not contain an address: contacts and links are texts of their own"
        elif {"{", "}"} & set(text.replace(BRAND, "")):
            yield f"{where}: can contain {BRAND} for the name of the brand, and no other braces"


def is_sentence(text: str) -> bool:
    """Return whether a text is one line that is not too long."""
    return 0 < len(text) <= MAXIMUM_SENTENCE and text == text.strip() and text.isprintable()


def said(name: ToneName, tone: Mapping[str, str], brand_name: str) -> str:
    """Return a sentence: that of the brand, or the usual one."""
    if name in tone:
        return tone[name].replace(BRAND, brand_name)
    usual = SENTENCES[name].usual
    return gettext(usual, brand=brand_name) if usual else ""
