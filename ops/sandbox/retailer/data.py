"""The data of the brands whose retailers have a server here, each from a file of the sandbox's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

FOLDER: Final = "retailers"
_SUBJECT: Final = ("customerId", "accountId")
JsonObject = dict[str, Any]


class RetailerData(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The objects of one brand as the server returns them, by the retailer's ids."""

    users: Mapping[str, JsonObject]
    customers: Mapping[str, JsonObject]
    accounts: Mapping[str, list[JsonObject]]
    """The list of accounts of each customer."""
    account_details: Mapping[str, JsonObject]
    payment_schedules: Mapping[str, list[JsonObject]] = {}
    concessions: Mapping[str, list[JsonObject]] = {}
    balances: Mapping[str, str] = {}
    invoices: Mapping[str, list[JsonObject]] = {}
    """The invoices of each account, newest first."""
    transactions: Mapping[str, list[JsonObject]] = {}
    """The billing transactions of each account, newest first."""

    def user_of(self, identifier: str) -> JsonObject | None:
        """Return the user with an identifier in the form of the contract, or None."""
        wanted = _compared(identifier)
        return next((user for user in self.users.values() if _compared(user["identifier"]) == wanted), None)


class Retailers:
    """Reads the file of a brand when its server is used, and again after each change of the file."""

    def __init__(self, folder: Path) -> None:
        """Read `<slug>.json` in `folder`."""
        self._folder = folder
        self._read: dict[str, tuple[float, RetailerData]] = {}
        self.feed: dict[str, list[JsonObject]] = {}
        """The feed of each brand: ended customers, and periods without eligibility. It is empty after a restart."""

    def slugs(self) -> list[str]:
        """Return the brands whose retailers have a server here."""
        return sorted(file.stem for file in self._folder.glob("*.json"))

    def find(self, slug: str) -> RetailerData | None:
        """Return the data of a brand, or None if its retailer has no server here."""
        if slug not in self.slugs():
            return None
        file = self._folder / f"{slug}.json"
        modified = file.stat().st_mtime
        read = self._read.get(slug)
        if read is None or read[0] != modified:
            read = self._read[slug] = modified, msgspec.json.decode(file.read_bytes(), type=RetailerData)
        return read[1]

    def with_ineligible(self, slug: str, x: JsonObject, member: str, **subject: str) -> JsonObject:
        """Return the `x` of an object, whose `member` also has the periods of `subject` in the feed."""
        added = [
            each
            for each in self.feed.get(slug, [])
            if "reason" in each and {name: each[name] for name in _SUBJECT if name in each} == subject
        ]
        if not added:
            return x
        periods = {(each["reason"], each["validFrom"]): each for each in [*x.get(member, []), *added]}
        listed = [{name: each[name] for name in each if name not in _SUBJECT} for each in periods.values()]
        return {**x, member: listed}


def _compared(identifier: str) -> str:
    return "".join(identifier.casefold().split())
