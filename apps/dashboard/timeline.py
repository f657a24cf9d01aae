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
from haas.language import comma_list, gettext
from tenants.accounts.descriptions import AccountName
from tenants.arrangements.models import Arrangement, Authorisation
from tenants.consent.review import clusters_of, covered_clusters
from tenants.data_language import CustomerKind
from themes import wording
from themes.wording import Period


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
    first = versions[0]
    # What was agreed first is elsewhere on the page, unless it was changed later.
    texts = list(_first_consent_lines(first, names, kind, viewer.zone)) if len(versions) > 1 else []
    yield TimelineEntry(
        at=first.authorised_at,
        title=_agreed(viewer.acted(arrangement.customer_id, first.by), is_changed=bool(texts)),
        texts=texts,
    )
    for before, after in pairwise(versions):
        changed = list(_amendment_lines(before, after, names, kind, viewer.zone))
        who = viewer.acted(arrangement.customer_id, after.by)
        title = gettext("You changed the sharing") if who is None else gettext("{who} changed the sharing", who=who)
        yield TimelineEntry(at=after.authorised_at, title=title, texts=changed)


def _agreed(who: str | None, *, is_changed: bool) -> str:
    """Return who has agreed: `who`, or the person who reads. `is_changed` says that it was changed later."""
    if who is None:
        return gettext("You first agreed to share") if is_changed else gettext("You agreed to share")
    if is_changed:
        return gettext("{who} first agreed to share", who=who)
    return gettext("{who} agreed to share", who=who)


def _first_consent_lines(
    version: Authorisation, names: Mapping[UUID, AccountName], kind: CustomerKind, zone: ZoneInfo
) -> Iterator[str]:
    yield gettext("Data: {names}", names=comma_list([cluster.title for cluster in clusters_of(version, kind)]))
    yield _duration_line(version, zone)
    if version.accounts:
        titles = account_titles([account.id for account in version.accounts], names)
        yield gettext("Accounts: {names}", names=comma_list(titles))


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
    if added := [each.title for each in clusters_of(after, kind) if each not in covered_before]:
        yield gettext("Data added: {names}", names=comma_list(added))
    if removed := [each.title for each in clusters_of(before, kind) if each not in covered_after]:
        yield gettext("Data removed: {names}", names=comma_list(removed))
    if added := account_titles(accounts_after - accounts_before, names):
        yield gettext("Accounts added: {names}", names=comma_list(added))
    if removed := account_titles(accounts_before - accounts_after, names):
        yield gettext("Accounts removed: {names}", names=comma_list(removed))
    yield _changed_duration_line(before, after, zone)


def _duration_line(version: Authorisation, zone: ZoneInfo) -> str:
    period, day = _period_and_day(version, zone)
    if period.once:
        return gettext("How long: once only")
    return gettext("How long: {duration}, until {day}", duration=period.text, day=day)


def _changed_duration_line(before: Authorisation, after: Authorisation, zone: ZoneInfo) -> str:
    (old, old_day), (new, new_day) = _period_and_day(before, zone), _period_and_day(after, zone)
    match new.once, old.once:
        case True, True:
            return gettext("How long: once only (before: once only)")
        case True, False:
            return gettext(
                "How long: once only (before: {old_duration}, until {old_day})", old_duration=old.text, old_day=old_day
            )
        case False, True:
            return gettext("How long: {duration}, until {day} (before: once only)", duration=new.text, day=new_day)
    return gettext(
        "How long: {duration}, until {day} (before: {old_duration}, until {old_day})",
        duration=new.text,
        day=new_day,
        old_duration=old.text,
        old_day=old_day,
    )


def _period_and_day(version: Authorisation, zone: ZoneInfo) -> tuple[Period, str]:
    period = wording.period(version.sharing_duration, version.authorised_at, version.expires_at)
    return period, wording.date(version.expires_at, zone)


def _disclosures(
    arrangement: Arrangement, disclosed: Sequence[DisclosedSummary], zone: ZoneInfo
) -> Iterator[TimelineEntry]:
    if not disclosed:
        return
    name = arrangement.recipient.client_name
    first_day, last_at = min(each.first_day for each in disclosed), max(each.last_at for each in disclosed)
    if first_day == last_at.astimezone(zone).date():
        yield TimelineEntry(at=last_at, title=gettext("{recipient} received data", recipient=name))
    else:
        # Of the first disclosure only the day is known. It was after the consent, also on the same day.
        began_at = max(datetime.combine(first_day, time.min, zone), arrangement.active_at or arrangement.created_at)
        first, last = (
            gettext("{recipient} first received data", recipient=name),
            gettext("{recipient} last received data", recipient=name),
        )
        yield TimelineEntry(at=began_at, title=first, has_time=False)
        yield TimelineEntry(at=last_at, title=last)
    corrected = [each.corrected_at for each in disclosed if each.corrected_at is not None]
    if corrected:
        yield TimelineEntry(
            at=max(corrected), title=gettext("{recipient} last received corrected data", recipient=name)
        )


def _end(arrangement: Arrangement, status: ArrangementStatus, viewer: DashboardViewer) -> Iterator[TimelineEntry]:
    if status.ended_at is None or status.ended_how is None:
        return
    if status.ended_by == "consumer":
        who = viewer.acted(arrangement.customer_id, arrangement.withdrawn_by)
        title = gettext("You stopped sharing") if who is None else gettext("{who} stopped sharing", who=who)
        yield TimelineEntry(at=status.ended_at, title=title)
    else:
        title = gettext("The sharing ended") if status.ended_by == "expiry" else gettext("The sharing was stopped")
        yield TimelineEntry(at=status.ended_at, title=title, texts=[status.ended_how])
