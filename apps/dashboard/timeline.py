"""What happened to an arrangement, for its timeline (CDR Rules 1.15(3); CDS, Data Holder Dashboards)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from apps.dashboard.disclosed import DisclosedSummary
from apps.dashboard.labels import account_titles
from apps.dashboard.status import ArrangementStatus
from apps.dashboard.viewer import DashboardViewer
from tenants.accounts.descriptions import AccountName
from tenants.arrangements.models import Arrangement, Authorisation
from tenants.consent.review import clusters_of, covered_clusters
from tenants.data_language import CustomerKind
from themes import wording


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, with texts that say more about it."""

    at: datetime
    title: str
    texts: Sequence[str] = ()
    has_time: bool = True
    """False if only the day of `at` is known."""


def timeline_of(
    arrangement: Arrangement,
    disclosed: Sequence[DisclosedSummary],
    status: ArrangementStatus,
    names: Mapping[UUID, AccountName],
    viewer: DashboardViewer,
) -> list[TimelineEntry]:
    """Return what happened to an arrangement, the newest first. `names` are the names of the accounts."""
    entries = [
        *_agreements(arrangement, names, viewer),
        *_disclosures(arrangement, disclosed, viewer.zone),
        *_end(arrangement, status, viewer),
    ]
    return sorted(entries, key=lambda entry: entry.at)[::-1]  # of two at the same time, the later of the list is first


def _agreements(
    arrangement: Arrangement, names: Mapping[UUID, AccountName], viewer: DashboardViewer
) -> Iterator[TimelineEntry]:
    """Yield the first consent and each amendment.

    "Data holders MUST display the details of each authorisation's amendment" (CDS, Data Holder Dashboards).
    """
    versions, kind = arrangement.versions, viewer.kind(arrangement.customer_id)
    subject, first = viewer.subject_of(arrangement), arrangement.versions[0]
    # What was agreed first is elsewhere on the page, unless it was changed later.
    texts = list(_first_consent_lines(first, names, kind, viewer.zone)) if len(versions) > 1 else []
    agreed = "first agreed" if texts else "agreed"
    yield TimelineEntry(at=first.authorised_at, title=f"{subject} {agreed} to share", texts=texts)
    for before, after in pairwise(versions):
        changed = list(_amendment_lines(before, after, names, kind, viewer.zone))
        yield TimelineEntry(at=after.authorised_at, title=f"{subject} changed the sharing", texts=changed)


def _first_consent_lines(
    version: Authorisation, names: Mapping[UUID, AccountName], kind: CustomerKind, zone: ZoneInfo
) -> Iterator[str]:
    yield "Data: " + ", ".join(cluster.title for cluster in clusters_of(version, kind))
    yield f"How long: {_duration_text(version, zone)}"
    if version.accounts:
        yield "Accounts: " + ", ".join(account_titles([account.id for account in version.accounts], names))


def _amendment_lines(
    before: Authorisation,
    after: Authorisation,
    names: Mapping[UUID, AccountName],
    kind: CustomerKind,
    zone: ZoneInfo,
) -> Iterator[str]:
    covered_before, covered_after = (
        covered_clusters(version.scopes, version.claims, kind) for version in (before, after)
    )
    accounts_before, accounts_after = ({account.id for account in version.accounts} for version in (before, after))
    for label, changed in (
        ("Data added", [each.title for each in clusters_of(after, kind) if each not in covered_before]),
        ("Data removed", [each.title for each in clusters_of(before, kind) if each not in covered_after]),
        ("Accounts added", account_titles(accounts_after - accounts_before, names)),
        ("Accounts removed", account_titles(accounts_before - accounts_after, names)),
    ):
        if changed:
            yield f"{label}: " + ", ".join(changed)
    yield f"How long: {_duration_text(after, zone)} (before: {_duration_text(before, zone)})"


def _duration_text(version: Authorisation, zone: ZoneInfo) -> str:
    period = wording.period(version.sharing_duration, version.authorised_at, version.expires_at)
    return period.text.lower() if period.once else f"{period.text}, until {wording.date(version.expires_at, zone)}"


def _disclosures(
    arrangement: Arrangement, disclosed: Sequence[DisclosedSummary], zone: ZoneInfo
) -> Iterator[TimelineEntry]:
    if not disclosed:
        return
    name = arrangement.recipient.client_name
    first_day, last_at = min(each.first_day for each in disclosed), max(each.last_at for each in disclosed)
    if first_day == last_at.astimezone(zone).date():
        yield TimelineEntry(at=last_at, title=f"{name} received data")
    else:
        # Of the first disclosure only the day is known. It was after the consent, also on the same day.
        began_at = max(datetime.combine(first_day, time.min, zone), arrangement.active_at or arrangement.created_at)
        yield TimelineEntry(at=began_at, title=f"{name} first received data", has_time=False)
        yield TimelineEntry(at=last_at, title=f"{name} last received data")
    corrected = [each.corrected_at for each in disclosed if each.corrected_at is not None]
    if corrected:
        yield TimelineEntry(at=max(corrected), title=f"{name} last received corrected data")


def _end(arrangement: Arrangement, status: ArrangementStatus, viewer: DashboardViewer) -> Iterator[TimelineEntry]:
    if status.ended_at is None or status.ended_how is None:
        return
    if status.ended_by == "consumer":
        yield TimelineEntry(at=status.ended_at, title=f"{viewer.subject_of(arrangement)} stopped sharing")
    else:
        title = "The sharing ended" if status.ended_by == "expiry" else "The sharing was stopped"
        yield TimelineEntry(at=status.ended_at, title=title, texts=[status.ended_how])
