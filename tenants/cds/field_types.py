"""The common field types of the Consumer Data Standards ("Common Field Types"), as types that msgspec enforces.

Dates and times are Python's own types, so a date that does not exist, such as 30 February, is refused. They are encoded
in the form of the standards. A pattern ends in backslash Z, because `$` would accept a trailing line feed.
"""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta

from tenants.cds.countries import COUNTRY_CODES

_Copied = TypeVar("_Copied", bound="msgspec.Struct")

DateString = date
DateTimeString = Annotated[datetime, Meta(tz=True)]
TimeString = Annotated[time, Meta(tz=True)]

NonEmptyString = Annotated[str, Meta(min_length=1)]
"""A string that has a value. An optional one that has none is left out ("Payload Conventions", Empty/Null Fields)."""
ASCIIString = Annotated[str, Meta(pattern=r"^[\x20-\x7E]+\Z")]
Base64 = Annotated[
    str, Meta(pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z", min_length=4)
]
_LARGEST_NUMBER = 10**15
Number = (
    Annotated[int, Meta(ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER)]
    | Annotated[float, Meta(ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER)]
)
"""A JSON number. The limit, which is our own, excludes infinity and numbers that a double cannot represent."""
NaturalNumber = Annotated[int, Meta(ge=0)]
PositiveInteger = Annotated[int, Meta(ge=1)]
CurrencyString = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
RateString = Annotated[str, Meta(pattern=r"^-?[0-9]{1,16}(?:\.[0-9]{1,16})?\Z")]
AmountString = Annotated[str, Meta(pattern=r"^-?[0-9]{1,16}\.[0-9]{2,16}\Z")]
URIString = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z_a-z~\[\]]+\Z")]

# ExternalRef: the form of such a field is defined by an external document. The description of the type names it.
ExternalRef = Annotated[str, Meta(min_length=1)]
EmailAddress = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z",
        description="RFC 5322 addr-spec",
    ),
]
TelephoneNumber = Annotated[
    str,
    Meta(
        pattern=r"^(?:tel:)?\+[.()-]*[0-9][0-9.()-]*(?:;[A-Za-z0-9-]+(?:=[^;\s]+)?)*\Z",
        description="RFC 3966 5.1.4, global number",
    ),
]
CountryCode = Annotated[str, Meta(pattern=rf"^(?:{COUNTRY_CODES})\Z", description="ISO 3166 alpha-3")]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^P(?=[0-9T])(?:[0-9]+(?:\.[0-9]+)?Y)?(?:[0-9]+(?:\.[0-9]+)?M)?(?:[0-9]+(?:\.[0-9]+)?W)?"
        r"(?:[0-9]+(?:\.[0-9]+)?D)?"
        r"(?:T(?=[0-9])(?:[0-9]+(?:\.[0-9]+)?H)?(?:[0-9]+(?:\.[0-9]+)?M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?\Z",
        description="ISO 8601 duration, without recurrence",
    ),
]
TimeOfDay = Annotated[
    str,
    Meta(
        pattern=r"^T?(?:(?:[01][0-9]|2[0-3])(?::?[0-5][0-9](?::?[0-5][0-9](?:[.,][0-9]+)?)?)?"
        r"|24(?::?00(?::?00(?:[.,]0+)?)?)?)"  # the end of a day
        r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?\Z",
        description="ISO 8601 time, with or without a UTC offset",
    ),
]
MonthDay = Annotated[
    str,
    Meta(
        pattern=r"^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
        r"|02-(?:0[1-9]|1[0-9]|2[0-9]))\Z",
        description="mm-dd in a calendar year",
    ),
]
# The ranges of Australia Post: 02xx for the ACT, 08xx and 09xx for the NT, 1xxx to 9xxx for all states.
AUSTRALIAN_POSTCODE = re.compile(r"^(?:02[0-9]{2}|0[89][0-9]{2}|[1-9][0-9]{3})\Z")
AustralianPostcode = Annotated[str, Meta(pattern=AUSTRALIAN_POSTCODE.pattern, description="an Australian postcode")]
StateType = Literal["NSW", "QLD", "VIC", "NT", "WA", "SA", "TAS", "ACT", "AAT"]


class _KeywordsOnly(msgspec.StructMeta):
    """Sets `kw_only` on subclasses too, so that a mandatory field may follow an optional field."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> "_KeywordsOnly":
        return super().__new__(cls, name, bases, namespace, **{**config, "kw_only": True})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Payload(msgspec.Struct, metaclass=_KeywordsOnly, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An object of a payload with the field names of the standards. Optional fields without a value are omitted.

    Conditional fields are checked in `__post_init__` when the object is read. A ValueError from there becomes a
    validation error with the path of the object.
    """


def copy_fields(value: msgspec.Struct, kind: type[_Copied]) -> _Copied:
    """Return an object with those fields of `value` that `kind` has. `value` must have all of them."""
    return kind(**{name: getattr(value, name) for name in kind.__struct_fields__})


def required_when(condition: object, /, **fields: object) -> None:
    """Raise ValueError if `condition` is true and one of `fields` is None. The message names the first such field.

    For conditional fields of the standards: "Mandatory if …".
    """
    if condition:
        for name, value in fields.items():
            if value is None:
                raise ValueError(f"`{name}` is mandatory here")


def only_member_of_union(kind: str, /, **members: object) -> None:
    """Raise ValueError unless `kind`, the value of a `…UType` field, names the only one of `members` with a value.

    A source can give a value that the standards do not know, and then nothing is named.

    The standards describe each member of a union as "Required if" its `…UType` names it.
    """
    if kind not in members:
        raise ValueError("no member is named")
    if members[kind] is None:
        raise ValueError(f"`{kind}` is mandatory here")
    present = [name for name in members if members[name] is not None]
    if len(present) > 1:
        raise ValueError(" and ".join(f"`{name}`" for name in present) + " exclude each other")
