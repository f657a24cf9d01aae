"""What was disclosed under an arrangement, and when (CDR Rules 1.15(3)(f), (g), 7.9; K-30)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

import msgspec

from apps.dashboard.labels import FORMER_ACCOUNT, joined
from haas.language import gettext
from tenants.data_language import CustomerKind, title_of
from tenants.disclosure.models import DisclosedCluster


class DisclosedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """When data of one cluster was disclosed, of one account or of the customer."""

    title: str
    first_day: date
    last_at: datetime
    answers: int
    corrected_at: datetime | None


class DisclosedOf(msgspec.Struct, frozen=True):
    """The data that was disclosed of one account, or about the customer if there is no `account_id`."""

    account_id: UUID | None
    name: str
    data: Sequence[DisclosedEntry]


class DisclosedSummary(msgspec.Struct, frozen=True, kw_only=True):
    """When data of one cluster was disclosed, of all accounts together."""

    title: str
    accounts: str
    """The accounts of which it was disclosed; empty for data about the customer."""
    first_day: date
    last_at: datetime
    corrected_at: datetime | None


def disclosed_by_account(
    entries: Sequence[DisclosedCluster], names: Mapping[UUID | None, str], kind: CustomerKind
) -> list[DisclosedOf]:
    """Return the entries of the ledger for each account, and those about the customer.

    `names` are the names of the accounts, in the order in which they are shown, and for None that of the customer.
    """
    found: dict[UUID | None, list[DisclosedEntry]] = {}
    for entry in entries:
        found.setdefault(entry.account_id, []).append(
            DisclosedEntry(
                title=title_of(entry.cluster, kind),
                first_day=entry.first_day,
                last_at=entry.last_at,
                answers=entry.calls,
                corrected_at=entry.corrected_at,
            )
        )
    shown = [*names, *(account_id for account_id in found if account_id not in names)]
    return [
        DisclosedOf(
            account_id,
            names.get(account_id, gettext(FORMER_ACCOUNT)),
            sorted(found[account_id], key=attrgetter("title")),
        )
        for account_id in shown
        if account_id in found
    ]


def disclosed_summary(by_account: Sequence[DisclosedOf]) -> list[DisclosedSummary]:
    """Return the same disclosures for each cluster, by title."""
    found: dict[str, list[tuple[DisclosedOf, DisclosedEntry]]] = {}
    for owner in by_account:
        for data in owner.data:
            found.setdefault(data.title, []).append((owner, data))
    return [
        DisclosedSummary(
            title=title,
            accounts=joined([owner.name for owner, _ in entries if owner.account_id is not None], "account"),
            first_day=min(data.first_day for _, data in entries),
            last_at=max(data.last_at for _, data in entries),
            corrected_at=max((data.corrected_at for _, data in entries if data.corrected_at), default=None),
        )
        for title, entries in sorted(found.items())
    ]
