"""People who sign in, and the customers they may act for."""

import unicodedata
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from tenants.data_language import CustomerKind

FULL_STOPS: Final = ".\N{IDEOGRAPHIC FULL STOP}"
_OTHER_DASHES: Final = frozenset("\N{MINUS SIGN}\N{HYPHEN BULLET}\N{BOX DRAWINGS LIGHT HORIZONTAL}")
"""Characters that look like a dash but are not in the Unicode category Pd (dash)."""
_INVISIBLE: Final = frozenset(
    {
        "\N{COMBINING GRAPHEME JOINER}",
        "\N{HANGUL FILLER}",
        "\N{HANGUL JUNGSEONG FILLER}",
        "\N{HANGUL CHOSEONG FILLER}",
        *map(chr, range(0xFE00, 0xFE10)),  # variation selectors
        *map(chr, range(0xE0100, 0xE01F0)),
    }
)
"""Characters without a shape that are not in the categories Cf and Cc."""
LONGEST_IDENTIFIER = 1_000
"""In characters. The limit is needed because the time for normalisation grows with the square of the length."""
Mobile = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z", description="E.164")]
"""The number of a mobile telephone, to which text messages are sent."""
PreferredChannel = Literal["email", "sms", "post"]
"""How a person wants to be told what concerns the sharing of their data."""
RepresentationRole = Literal["self", "nominated-representative", "attorney", "guardian", "administrator"]
"""By which authority a person acts: as the customer in person; nominated by a customer who is no individual (CDR Rules
1.13(1)(c), (d)); by a power of attorney; or appointed by a court or tribunal, as a guardian or as an administrator of
the customer's money."""
ROLES_FOR_INDIVIDUALS: Final[frozenset[RepresentationRole]] = frozenset({"attorney", "guardian", "administrator"})
"""An organisation shares only through a nominated representative (CDR Rules 1.13(1)(c), (d); decision 0069)."""
RepresentationScope = Literal["share", "see"]
"""What a representation is limited to: to do everything about sharing, or only to see what is shared. No scope means
everything, and any other text of the retailer means nothing (decision 0061)."""


def is_told_by_sms(channel: PreferredChannel | None, email: str | None, mobile: str | None) -> bool:
    """Return whether a person gets a text message where the choice is between that and an email.

    It is what the person prefers, if there is a number. Otherwise it is an email, if there is an address.
    """
    return mobile is not None and (channel == "sms" or not email)


def plain_text(text: str) -> str:
    """Return `text` in Unicode NFKC and without invisible characters, which people copy without noticing.

    NFKC turns full-width digits and letters into the usual ones. Control characters, invisible characters and
    characters that set the direction of the text are removed. Every dash becomes "-".
    """
    plain = "".join(_plain_character(character) for character in unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", plain)  # a letter and its accent may have had an invisible mark between them


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if character in _INVISIBLE or (category in {"Cf", "Cc"} and not character.isspace()):
        return ""
    return "-" if category == "Pd" or character in _OTHER_DASHES else character


def canonical_identifier(text: str) -> str:
    """Return the form in which identifiers are stored: `plain_text`, case-folded, without white space.

    A full stop at the end is removed: it comes from the sentence from which an identifier was copied. People type or
    copy identifiers in other forms, such as "Jo@Example.test " or "1234 5678". A text longer than LONGEST_IDENTIFIER
    belongs to no login and is returned unchanged.
    """
    if len(text) > LONGEST_IDENTIFIER:
        return text
    return "".join(plain_text(text).casefold().split()).rstrip(FULL_STOPS)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A person who can sign in, with the contacts to which one-time passwords are sent."""

    id: UUID
    email: str | None
    mobile: str | None
    channel: PreferredChannel | None = None
    """None if it is not known which channel the person prefers."""


NOBODY: Final = UUID(int=0)
"""The id that is asked for in place of a login that does not exist, so that the answer takes the same time."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer for whom a login may act."""

    id: UUID
    kind: CustomerKind
    name: str
    is_self: bool
    """Whether the customer is the person who signs in, not another person or an organisation that they represent."""
    may_see: bool = True
    """Whether the login may see what the customer shares."""
    may_share: bool = True
    """Whether the login may also share, change it, stop it, and decide what a holder decides."""


class Representative(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may act for a customer now or later (CDR Rules 1.13(1)(c), (d))."""

    login_id: UUID
    name: str
    role: RepresentationRole
    scope: str | None
    """What the person may do, a `RepresentationScope`; None means everything, and any other text nothing."""
    valid_from: date | None
    """None if the beginning is not known."""
    valid_to: date | None
    """The last day; None if no end is known."""
    is_disabled: bool
    """Whether the person cannot sign in any more."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What the directory answered when it was asked for one login."""

    login_id: UUID
    """The id that was asked for."""
    login: Login | None
    """None if there is no such login, or if it is disabled."""
    customers: tuple[Customer, ...]
    """The customers that the login represents: the person themselves is first, the others are sorted by name."""

    @property
    def shares_for(self) -> tuple[Customer, ...]:
        """The customers for whom the login may share."""
        return tuple(each for each in self.customers if each.may_share)

    @property
    def sees(self) -> tuple[Customer, ...]:
        """The customers whose sharing the login may see."""
        return tuple(each for each in self.customers if each.may_see)
