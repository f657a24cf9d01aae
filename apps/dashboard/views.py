"""Arrangements in the form in which the dashboard shows them (CDR Rules 1.15; CDS, Data Holder Dashboards)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from tenants.accounts.disclosure_rule import withholding_reason
from tenants.accounts.models import HeldAccount, account_hint, account_name
from tenants.arrangements.models import Arrangement, Authorisation, AuthorisedAccount
from tenants.consent.review import clusters_of, covered_clusters
from tenants.data_language import Cluster, CustomerKind
from tenants.parties.models import Customer
from themes import wording
from themes.views import AccountView, RecipientView, account_view, recipient_view
from themes.wording import Period

_STATUS: Final = {"active": "Sharing", "expired": "Finished", "ended": "Stopped", "pending": "Not started"}


class ConsentChange(msgspec.Struct, frozen=True):
    """The first consent or an amendment, as texts that say what it changed."""

    at: datetime
    texts: Sequence[str]


class ArrangementView(msgspec.Struct, frozen=True, kw_only=True):
    """The data that the pages show of one arrangement."""

    id: UUID
    recipient: RecipientView
    current: bool
    status: str
    summary: str
    customer: str | None
    accounts: Sequence[AccountView]
    joint: bool
    consented_at: datetime
    period: Period
    ended_at: datetime | None
    ended_how: str | None
    clusters: Sequence[Cluster]
    changes: Sequence[ConsentChange]


class DashboardViewer(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person: the customers that the person acts for, the current time, and the time zone for dates."""

    customers: Sequence[Customer]
    now: datetime
    zone: ZoneInfo

    def kind(self, customer_id: UUID) -> CustomerKind:
        """Return the kind of a customer, which determines the data language."""
        return next((one.kind for one in self.customers if one.id == customer_id), "person")

    def acting_for(self, customer_id: UUID) -> str | None:
        """Return the name of a customer, or None if the signed-in person acts for nobody but themselves."""
        alone = len(self.customers) == 1
        return next((one.name for one in self.customers if one.id == customer_id and not (alone and one.is_self)), None)


def arrangement_view(
    arrangement: Arrangement,
    viewer: DashboardViewer,
    held: Mapping[UUID, HeldAccount] | None = None,
    accreditation_number: str | None = None,
) -> ArrangementView:
    """Return the view of an arrangement. `held` contains the customer's accounts by id, for details about them."""
    state, authorisation = arrangement.state(viewer.now), arrangement.authorisation
    kind = viewer.kind(arrangement.customer_id)
    accounts = [_account_view(account, held) for account in authorisation.accounts]
    if state != "active":
        accounts = [msgspec.structs.replace(account, unavailable=None) for account in accounts]
    ended_at, ended_by = arrangement.ended_at, arrangement.ended_by
    if state == "expired" and ended_at is None:
        ended_at, ended_by = authorisation.expires_at, "expiry"
    period = wording.period(authorisation.sharing_duration, authorisation.authorised_at, authorisation.expires_at)
    return ArrangementView(
        id=arrangement.id,
        recipient=recipient_view(arrangement.recipient, accreditation_number),
        current=state == "active",
        status=_STATUS[state],
        summary=_summary(period, ended_at, viewer.zone),
        customer=viewer.acting_for(arrangement.customer_id),
        accounts=accounts,
        joint=any(account.joint for account in accounts),
        consented_at=authorisation.authorised_at,
        period=period,
        ended_at=ended_at,
        ended_how=None if ended_by is None else wording.END_REASONS[ended_by],
        clusters=clusters_of(authorisation, kind),
        changes=_changes(arrangement.versions, kind, viewer.zone),
    )


def _summary(period: Period, ended_at: datetime | None, zone: ZoneInfo) -> str:
    if ended_at is not None:
        return f"Ended on {wording.date(ended_at, zone)}"
    return period.text if period.once else f"Until {wording.date(period.ends_at, zone)}"


def _account_view(account: AuthorisedAccount, held: Mapping[UUID, HeldAccount] | None) -> AccountView:
    """Return the view of an account, with the reason if its data is not disclosed now."""
    found = None if held is None else held.get(account.id)
    if found is None:
        name, number = account_name(account.display_name), account_hint(account.account_number)
        reason = None if held is None else "not-held"
        return AccountView(id=str(account.id), name=name, number=number, unavailable=reason)
    return msgspec.structs.replace(
        account_view(found), unavailable=withholding_reason(found.disclosure_facts, account.approval)
    )


def _changes(versions: Sequence[Authorisation], kind: CustomerKind, zone: ZoneInfo) -> list[ConsentChange]:
    """Return a description of each version, newest first, or an empty list if there was no amendment.

    "Data holders MUST display the details of each authorisation's amendment" (CDS, Data Holder Dashboards).
    """
    if len(versions) < 2:  # noqa: PLR2004 - the first version amends nothing
        return []
    entries = [ConsentChange(versions[0].authorised_at, list(_first_consent_lines(versions[0], kind, zone)))]
    entries.extend(
        ConsentChange(after.authorised_at, list(_amendment_lines(before, after, kind, zone)))
        for before, after in pairwise(versions)
    )
    return entries[::-1]


def _first_consent_lines(version: Authorisation, kind: CustomerKind, zone: ZoneInfo) -> Iterator[str]:
    yield "You first agreed to share."
    yield "Data: " + ", ".join(cluster.title for cluster in clusters_of(version, kind))
    yield f"How long: {_duration_text(version, zone)}"
    yield from _account_lines(version)


def _amendment_lines(before: Authorisation, after: Authorisation, kind: CustomerKind, zone: ZoneInfo) -> Iterator[str]:
    covered_before, covered_after = (
        covered_clusters(version.scopes, version.claims, kind) for version in (before, after)
    )
    for label, changed in (
        ("Added", [cluster for cluster in clusters_of(after, kind) if cluster not in covered_before]),
        ("Removed", [cluster for cluster in clusters_of(before, kind) if cluster not in covered_after]),
    ):
        if changed:
            yield f"{label}: " + ", ".join(cluster.title for cluster in changed)
    yield f"How long: {_duration_text(after, zone)}"
    yield from _account_lines(after)


def _duration_text(version: Authorisation, zone: ZoneInfo) -> str:
    period = wording.period(version.sharing_duration, version.authorised_at, version.expires_at)
    return period.text.lower() if period.once else f"{period.text}, until {wording.date(version.expires_at, zone)}"


def _account_lines(version: Authorisation) -> Iterator[str]:
    if version.accounts:
        yield "Accounts: " + ", ".join(_account_label(account) for account in version.accounts)


def _account_label(account: AuthorisedAccount) -> str:
    hint = None if account.display_name else account_hint(account.account_number)
    return " ".join(filter(None, (account_name(account.display_name), hint)))
