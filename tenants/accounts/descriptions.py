"""How an account is described to a person who holds or uses it, so that the person recognises it.

An account has a title: the name that the retailer or the customer gave to it, or the address that it supplies. The
plan, the fuel and the last digits of its number follow. Every page, notice and record takes the title from `describe`.

The retailer has one nickname of a plan, and does not say which person gave it. So a nickname is no title of an account
of several people: what one of them has typed is not told to another (decision 0061).

Addresses come from the retailer's own records, in an import or on the retailer's server. AEMO's standing data has
addresses too, but what AEMO answers is not stored (CDR Rules 1.23).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

import msgspec

from haas.language import gettext, ngettext
from tenants.accounts.models import KnownAccount, account_hint, account_name
from tenants.payloads.address_v1 import CommonPAFAddress, CommonPhysicalAddress, CommonSimpleAddress

_FUELS: Final = {"ELECTRICITY": {"electricity"}, "GAS": {"gas"}, "DUAL": {"electricity", "gas"}}


class SuppliedAddress(msgspec.Struct, frozen=True):
    """The address of a service point."""

    line: str
    """For example "Unit 3, 12 Wattle Street, Newtown NSW 2042"."""
    town: str
    """For example "Newtown NSW"."""
    state: str


class AccountSupplies(msgspec.Struct, frozen=True):
    """What supplies an account today, or what supplied it last."""

    location: Any = None
    """The address of one service point, as the JSON of a CommonPhysicalAddress; None if no address is known."""
    others: int = 0
    """How many more service points supply the account today."""


class AccountDescription(msgspec.Struct, frozen=True, kw_only=True):
    """The texts by which a person recognises an account."""

    title: str
    address: str | None = None
    """The address, if the title is another one."""
    plan: str | None = None
    fuel: str | None = None
    town: str | None = None
    state: str | None = None


class AccountName(msgspec.Struct, frozen=True, kw_only=True):
    """The name of an account where only one line is said about it."""

    title: str
    hint: str | None
    """The last digits of the account number or the opening date, as `account_hint` returns it."""
    is_general: bool
    """Whether the title is one that every account without a name and an address has."""

    @property
    def label(self) -> str:
        """The title with the hint, as a message states them in a sentence."""
        return gettext("{title} ({hint})", title=self.title, hint=self.hint) if self.hint else self.title


def describe(
    display_name: str | None,
    plans: Any,
    fuels: Iterable[str],
    supplies: AccountSupplies | None,
    today: date,
    *,
    has_several_people: bool = False,
) -> AccountDescription:
    """Return the description of an account.

    `plans` are those of EnergyAccountV2 as JSON, and `fuels` the values of `fuelType` of its plans. `supplies` is None
    if no service point of the account is known. With `has_several_people`, a nickname of a plan is not used.
    """
    nickname, plan = _plan(plans, today)
    if has_several_people:
        nickname = None
    found = None if supplies is None else read_address(supplies.location)
    address = None if found is None or supplies is None else _with_others(found.line, supplies.others)
    named = next((name for name in (display_name, nickname) if name and not (address and name == plan)), None)
    return AccountDescription(
        title=account_name(named or address),
        address=address if named else None,
        plan=None if plan == named else plan,
        fuel=_fuel(fuels, is_supplied=supplies is not None),
        town=None if found is None else found.town,
        state=None if found is None else found.state,
    )


def name_account(account: KnownAccount, supplies: AccountSupplies | None, today: date) -> AccountName:
    """Return the name of an account. `supplies` is None if no service point of the account is known."""
    title = describe_account(account, supplies, today).title
    hint = account_hint(account.account_number, account.creation_date)
    return AccountName(title=title, hint=hint, is_general=title == account_name(None))


def describe_account(account: KnownAccount, supplies: AccountSupplies | None, today: date) -> AccountDescription:
    """Return the description of an account. `supplies` is None if no service point of the account is known."""
    several = account.has_several_people
    return describe(account.display_name, account.plans, account.fuels, supplies, today, has_several_people=several)


def read_address(location: Any) -> SuppliedAddress | None:
    """Return the address in one line, or None if the JSON is not a CommonPhysicalAddress."""
    try:
        address = msgspec.convert(location, CommonPhysicalAddress)
    except msgspec.ValidationError:
        return None
    if address.simple is not None:
        return _of_lines(address.simple)
    return None if address.paf is None else _of_paf(address.paf)


def natural_order(text: str) -> tuple[str | int, ...]:
    """Return a sort key for texts by which "2 Wattle Street" comes before "10 Wattle Street"."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text.casefold()))


def _plan(plans: Any, today: date) -> tuple[str | None, str | None]:
    """Return the nickname and the name of the plan that applies today, or of the last one."""
    listed = [plan for plan in plans if isinstance(plan, dict)] if isinstance(plans, list) else []
    if not listed:
        return None, None
    now = today.isoformat()
    overviews = [plan.get("planOverview") or {} for plan in listed]
    applies = [
        number
        for number, overview in enumerate(overviews)
        if (overview.get("startDate") or now) <= now <= (overview.get("endDate") or now)
    ]
    last = applies[-1] if applies else len(listed) - 1
    return listed[last].get("nickname"), overviews[last].get("displayName")


def _fuel(fuels: Iterable[str], *, is_supplied: bool) -> str | None:
    """Return for example "Electricity and gas". A service point of the market supplies electricity."""
    found = set().union(*(_FUELS.get(fuel, set()) for fuel in fuels), {"electricity"} if is_supplied else ())
    if found == {"electricity", "gas"}:
        return gettext("Electricity and gas")
    if found:
        return gettext("Gas") if "gas" in found else gettext("Electricity")
    return None


def _with_others(address: str, number: int) -> str:
    if number < 1:
        return address
    return ngettext(
        "{address} and {number} more address", "{address} and {number} more addresses", number, address=address
    )


def _of_lines(address: CommonSimpleAddress) -> SuppliedAddress:
    lines = (address.addressLine1, address.addressLine2, address.addressLine3)
    return _address((_cased(line) for line in lines if line), address.city, address.state, address.postcode)


def _of_paf(address: CommonPAFAddress) -> SuppliedAddress:
    return _address(
        (_cased(part) for part in _paf_parts(address)), address.localityName, address.state, address.postcode
    )


def _paf_parts(address: CommonPAFAddress) -> Iterator[str]:
    yield from filter(None, (address.buildingName1, address.buildingName2))
    for kind, number in (
        (address.floorLevelType, address.floorLevelNumber),
        (address.flatUnitType, address.flatUnitNumber),
        ("Lot" if address.lotNumber else None, address.lotNumber),
    ):
        if kind or number:
            yield _words(kind, number)
    first = _joined(address.thoroughfareNumber1, address.thoroughfareNumber1Suffix)
    last = _joined(address.thoroughfareNumber2, address.thoroughfareNumber2Suffix)
    numbers = "–".join(filter(None, (first, last)))
    street = _words(numbers, address.streetName, address.streetType, address.streetSuffix)
    if street:
        yield street
    box = _joined(address.postalDeliveryNumberPrefix, address.postalDeliveryNumber, address.postalDeliveryNumberSuffix)
    if address.postalDeliveryType or box:
        yield _words(address.postalDeliveryType, box)


def _address(lines: Iterable[str], town: str, state: str, postcode: str | None) -> SuppliedAddress:
    place = f"{_cased(town)} {state}"
    return SuppliedAddress(", ".join([*lines, _words(place, postcode)]), place, state)


def _cased(text: str) -> str:
    """Return a text in capital letters, as in the Postal Address File, with a capital letter for each word only."""
    return re.sub(r"[A-Z]+(?:'[A-Z]+)?", lambda word: word[0].capitalize(), text) if text.isupper() else text


def _words(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def _joined(*parts: str | int | None) -> str:
    return "".join(str(part) for part in parts if part is not None)
