"""The texts of the account step and of the review page that depend on numbers or on the kind of the data."""

from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from haas.language import enumeration, gettext, gettext_noop, ngettext
from tenants.accounts.models import HeldAccount
from tenants.consent.account_selection import AccountChoices, AccountGroup
from tenants.consent.models import DataPart, Review
from themes import wording

_GROUPS: Final = {
    "own": gettext_noop("Your accounts"),
    "joint": gettext_noop("Joint accounts"),
    "used": gettext_noop("Accounts that you use"),
    "closed": gettext_noop("Closed"),
}
_GROUPS_AT_A_PLACE: Final = {
    "joint": gettext_noop("Joint accounts: {place}"),
    "used": gettext_noop("Accounts that you use: {place}"),
    "closed": gettext_noop("Closed: {place}"),
}
_UNKNOWN_PLACE: Final = gettext_noop("Other places")
_PARTS: Final[dict[DataPart, tuple[str, str, str]]] = {
    "customer": (
        gettext_noop("About you"),
        gettext_noop("About {name}"),
        gettext_noop("Who the customer is, as we have it on record."),
    ),
    "accounts": (
        gettext_noop("Your accounts"),
        gettext_noop("Accounts"),
        gettext_noop("What is agreed for these accounts, and what is paid."),
    ),
    "electricity": (
        gettext_noop("Your electricity"),
        gettext_noop("Electricity"),
        gettext_noop("The connection to the grid, and what goes through it."),
    ),
}
_OF_PERSON: Final = gettext_noop("Who you are, as we have it on record.")


class ApprovalTime(NamedTuple):
    """By when the other holders of an account must approve. At most one of the two is known."""

    by: str | None = None
    """The day: "4 December 2026"."""
    within: str | None = None
    """How long after the person has authorised: "10 minutes". If there is no day either, a few minutes."""


def group_heading(group: AccountGroup) -> str:
    """Return for example "Newtown NSW" or "Joint accounts"."""
    if group.place is None:
        return gettext(_GROUPS[group.kind])
    place = group.place or gettext(_UNKNOWN_PLACE)
    return place if group.kind == "own" else gettext(_GROUPS_AT_A_PLACE[group.kind], place=place)


def selection_status(selection: AccountChoices) -> str:
    """Return what is chosen and what is listed, for a person who has just changed one of them."""
    total, listed, hidden = len(selection.available), len(selection.listed), len(selection.hidden)
    chosen = len(selection.chosen)
    sentences = [
        ngettext("{chosen} of {number} account chosen.", "{chosen} of {number} accounts chosen.", total, chosen=chosen)
    ]
    if selection.filter:
        found = ngettext("{number} found.", "{number} found.", listed) if listed else gettext("No account found.")
        sentences.insert(0, found)
        if hidden:
            sentences.append(
                ngettext(
                    "{number} of them is not in this list and will stay chosen.",
                    "{number} of them are not in this list and will stay chosen.",
                    hidden,
                )
            )
    return " ".join(sentences)


def approval_time(limit: datetime, sharing_duration: int, zone: ZoneInfo) -> ApprovalTime:
    """Return by when the other holders of an account must approve.

    Data that is collected once is collected within a day, so its time is relative. Hardly anybody approves in time what
    is collected at once, but the page must say it.
    """
    if sharing_duration <= 0:
        return ApprovalTime()
    if sharing_duration <= wording.DAY:
        return ApprovalTime(within=wording.duration(sharing_duration))
    return ApprovalTime(by=wording.date(limit, zone))


def others_note(account: HeldAccount, approve: ApprovalTime) -> str | None:
    """Return what the other holders have to do with the sharing of an account; `approve` is by when they must approve.

    A contextual alert (CDS, Notification Standards), the pending status (Authorisation Standards), or that nobody is
    told (CDR Rules 4A.15). The last one only for the protected person: see `HeldAccount.part_of_others`.
    """
    match account.part_of_others:
        case "must-approve":
            return _joint_holders_must_approve(approve) if account.joint else _holders_must_approve(approve)
        case "not-told":
            return (
                gettext("We will not tell the other account holders that you share it.")
                if account.joint
                else gettext("We will not tell the account holders that you share it.")
            )
        case "may-be-told":
            return (
                gettext("The other account holders may be told that you share it.")
                if account.joint
                else gettext("The account holders may be told that you share it.")
            )
    return None


def all_must_approve(number: int, approve: ApprovalTime) -> str:
    """Return that the data of some accounts waits for the approval of others."""
    if approve.by is not None:
        return ngettext(
            "Data of {number} account is shared only if all account holders approve by {day}.",
            "Data of {number} accounts is shared only if all account holders approve by {day}.",
            number,
            day=approve.by,
        )
    if approve.within is not None:
        return ngettext(
            "Data of {number} account is shared only if all account holders approve within {duration} after you "
            "authorise.",
            "Data of {number} accounts is shared only if all account holders approve within {duration} after you "
            "authorise.",
            number,
            duration=approve.within,
        )
    return ngettext(
        "Data of {number} account is shared only if all account holders approve within a few minutes after you "
        "authorise.",
        "Data of {number} accounts is shared only if all account holders approve within a few minutes after you "
        "authorise.",
        number,
    )


def part_heading(part: DataPart, name: str | None) -> str:
    """Return the heading of a part of the data. `name` is the customer, if it is not the person alone."""
    own, of_other, _ = _PARTS[part]
    return gettext(own) if name is None else gettext(of_other, name=name)


def part_explanation(part: DataPart, name: str | None) -> str:
    """Return what the data of a part is about, in everyday words."""
    return gettext(_OF_PERSON if part == "customer" and name is None else _PARTS[part][2])


def shared_subjects(review: Review, name: str | None) -> str:
    """Return what the data is about, for example "you, 2 accounts and their electricity"."""
    shared = {part.kind for part in review.parts if part.is_shared}
    subjects = [name or gettext("you")] if "customer" in shared else []
    number = len(review.accounts)
    if number:
        subjects.append(ngettext("{number} account", "{number} accounts", number))
    if "electricity" in shared:
        subjects.append(ngettext("its electricity", "their electricity", number))
    return enumeration(subjects)


def _joint_holders_must_approve(approve: ApprovalTime) -> str:
    if approve.by is not None:
        return gettext(
            "We share its data only if the other account holders approve by {day}. We ask them after you authorise.",
            day=approve.by,
        )
    if approve.within is not None:
        return gettext(
            "We share its data only if the other account holders approve within {duration} after you authorise. We ask "
            "them after you authorise.",
            duration=approve.within,
        )
    return gettext(
        "We share its data only if the other account holders approve within a few minutes after you authorise. We ask "
        "them after you authorise."
    )


def _holders_must_approve(approve: ApprovalTime) -> str:
    if approve.by is not None:
        return gettext(
            "We share its data only if the account holders approve by {day}. We ask them after you authorise.",
            day=approve.by,
        )
    if approve.within is not None:
        return gettext(
            "We share its data only if the account holders approve within {duration} after you authorise. We ask them "
            "after you authorise.",
            duration=approve.within,
        )
    return gettext(
        "We share its data only if the account holders approve within a few minutes after you authorise. We ask them "
        "after you authorise."
    )
