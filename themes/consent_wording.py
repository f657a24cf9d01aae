"""The texts of the account step and of the review page that depend on numbers or on the kind of the data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tenants.accounts.models import HeldAccount
from tenants.consent.account_selection import AccountChoices, AccountGroup
from tenants.consent.models import DataPart, Review
from themes import wording

_GROUPS: Final = {
    "own": "Your accounts",
    "joint": "Joint accounts",
    "used": "Accounts that you use",
    "closed": "Closed",
}
_UNKNOWN_PLACE: Final = "Other places"
_PARTS: Final[dict[DataPart, tuple[str, str, str]]] = {
    "customer": ("About you", "About {name}", "Who the customer is, as we have it on record."),
    "accounts": ("Your accounts", "Accounts", "What is agreed for these accounts, and what is paid."),
    "electricity": ("Your electricity", "Electricity", "The connection to the grid, and what goes through it."),
}
_OF_PERSON: Final = "Who you are, as we have it on record."


def group_heading(group: AccountGroup) -> str:
    """Return for example "Newtown NSW" or "Joint accounts"."""
    if group.place is None:
        return _GROUPS[group.kind]
    place = group.place or _UNKNOWN_PLACE
    return place if group.kind == "own" else f"{_GROUPS[group.kind]}: {place}"


def selection_status(selection: AccountChoices) -> str:
    """Return what is chosen and what is listed, for a person who has just changed one of them."""
    total, listed, hidden = len(selection.available), len(selection.listed), len(selection.hidden)
    sentences = [f"{len(selection.chosen)} of {count(total, 'account')} chosen."]
    if selection.filter:
        sentences.insert(0, f"{listed} found." if listed else "No account found.")
        if hidden:
            sentences.append(
                f"{hidden} of them {'is' if hidden == 1 else 'are'} not in this list and will stay chosen."
            )
    return " ".join(sentences)


def approval_time(limit: datetime, sharing_duration: int, zone: ZoneInfo) -> str:
    """Return by when the other holders of an account must approve, for example "by 4 December 2026".

    Data that is collected once is collected within a day, so its time is relative. Hardly anybody approves in time what
    is collected at once, but the page must say it.
    """
    if sharing_duration <= 0:
        return "within a few minutes after you authorise"
    if sharing_duration <= wording.DAY:
        return f"within {wording.duration(sharing_duration)} after you authorise"
    return f"by {wording.date(limit, zone)}"


def others_note(account: HeldAccount, approve: str) -> str | None:
    """Return what the other holders have to do with the sharing of an account; `approve` is by when they must approve.

    A contextual alert (CDS, Notification Standards), the pending status (Authorisation Standards), or that nobody is
    told (CDR Rules 4A.15). The last one only for the protected person: see `HeldAccount.part_of_others`.
    """
    who = "the other account holders" if account.joint else "the account holders"
    match account.part_of_others:
        case "must-approve":
            return f"We share its data only if {who} approve {approve}. We ask them after you authorise."
        case "not-told":
            return f"We will not tell {who} that you share it."
        case "may-be-told":
            return f"{who.capitalize()} may be told that you share it."
    return None


def part_heading(part: DataPart, name: str | None) -> str:
    """Return the heading of a part of the data. `name` is the customer, if it is not the person alone."""
    own, of_other, _ = _PARTS[part]
    return own if name is None else of_other.format(name=name)


def part_explanation(part: DataPart, name: str | None) -> str:
    """Return what the data of a part is about, in everyday words."""
    return _OF_PERSON if part == "customer" and name is None else _PARTS[part][2]


def shared_subjects(review: Review, name: str | None) -> str:
    """Return what the data is about, for example "you, 2 accounts and their electricity"."""
    shared = {part.kind for part in review.parts if part.is_shared}
    subjects = [name or "you"] if "customer" in shared else []
    if review.accounts:
        subjects.append(count(len(review.accounts), "account"))
    if "electricity" in shared:
        subjects.append("its electricity" if len(review.accounts) == 1 else "their electricity")
    return enumeration(subjects)


def enumeration(texts: Sequence[str]) -> str:
    """Return "a, b and c"."""
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last


def count(number: int, noun: str) -> str:
    """Return "1 account" or "2 accounts"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
