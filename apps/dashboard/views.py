"""Arrangements as the dashboard shows them (CDR Rules 1.15; CDS, Data Holder Dashboards)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from tenants.accounts.models import HeldAccount, account_hint, account_name
from tenants.accounts.service import withholding
from tenants.arrangements.models import Arrangement, Authorisation, AuthorisedAccount
from tenants.consent.review import clusters_of, known_clusters
from tenants.data_language import Cluster, CustomerKind
from tenants.parties.models import Customer
from themes import wording
from themes.views import AccountView, RecipientView, account_view, recipient_view
from themes.wording import Period

_STATUS: Final = {"active": "Sharing", "expired": "Finished", "ended": "Stopped", "pending": "Not started"}


class ConsentChange(msgspec.Struct, frozen=True):
    """What a person agreed to at one time, told by what it changed."""

    at: datetime
    texts: Sequence[str]


class ArrangementView(msgspec.Struct, frozen=True, kw_only=True):
    """One arrangement."""

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


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks: whom they act for, and when and where."""

    customers: Sequence[Customer]
    now: datetime
    zone: ZoneInfo

    def kind(self, customer_id: UUID) -> CustomerKind:
        """Return a customer's kind, which decides the data language."""
        return next((one.kind for one in self.customers if one.id == customer_id), "person")

    def acting_for(self, customer_id: UUID) -> str | None:
        """Return a customer's name where it has to be said."""
        alone = len(self.customers) == 1
        return next((one.name for one in self.customers if one.id == customer_id and not (alone and one.own)), None)


def arrangement_view(
    arrangement: Arrangement,
    viewer: Viewer,
    held: Mapping[UUID, HeldAccount] | None = None,
    accreditation_number: str | None = None,
) -> ArrangementView:
    """Return the view of an arrangement; `held` are the customer's accounts, for what is special about them."""
    state, authorisation = arrangement.state(viewer.now), arrangement.authorisation
    kind = viewer.kind(arrangement.customer_id)
    accounts = [_account(account, held) for account in authorisation.accounts]
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
        changes=_changes(arrangement.amendments, kind, viewer.zone),
    )


def _summary(period: Period, ended_at: datetime | None, zone: ZoneInfo) -> str:
    if ended_at is not None:
        return f"Ended on {wording.date(ended_at, zone)}"
    return period.text if period.once else f"Until {wording.date(period.ends_at, zone)}"


def _account(account: AuthorisedAccount, held: Mapping[UUID, HeldAccount] | None) -> AccountView:
    """Return the view of an account, with the reason where nothing of it is disclosed now."""
    found = None if held is None else held.get(account.id)
    if found is None:
        name, number = account_name(account.display_name), account_hint(account.account_number)
        reason = None if held is None else "not-held"
        return AccountView(id=str(account.id), name=name, number=number, unavailable=reason)
    return msgspec.structs.replace(account_view(found), unavailable=withholding(found.standing, account.approval))


def _changes(versions: Sequence[Authorisation], kind: CustomerKind, zone: ZoneInfo) -> list[ConsentChange]:
    """Tell each version by what it changed, newest first; of an arrangement that was never amended, nothing.

    "Data holders MUST display the details of each authorisation's amendment" (CDS, Data Holder Dashboards).
    """
    if len(versions) < 2:  # noqa: PLR2004 - the first version amends nothing
        return []
    told = [ConsentChange(versions[0].authorised_at, list(_first(versions[0], kind, zone)))]
    told.extend(
        ConsentChange(now.authorised_at, list(_amendment(was, now, kind, zone))) for was, now in pairwise(versions)
    )
    return told[::-1]


def _first(version: Authorisation, kind: CustomerKind, zone: ZoneInfo) -> Iterator[str]:
    yield "You first agreed to share."
    yield "Data: " + ", ".join(cluster.title for cluster in clusters_of(version, kind))
    yield f"How long: {_told(version, zone)}"
    yield from _accounts_told(version)


def _amendment(was: Authorisation, now: Authorisation, kind: CustomerKind, zone: ZoneInfo) -> Iterator[str]:
    before, after = (known_clusters(version.scopes, version.claims, kind) for version in (was, now))
    for label, changed in (
        ("Added", [cluster for cluster in clusters_of(now, kind) if cluster not in before]),
        ("Removed", [cluster for cluster in clusters_of(was, kind) if cluster not in after]),
    ):
        if changed:
            yield f"{label}: " + ", ".join(cluster.title for cluster in changed)
    yield f"How long: {_told(now, zone)}"
    yield from _accounts_told(now)


def _told(version: Authorisation, zone: ZoneInfo) -> str:
    period = wording.period(version.sharing_duration, version.authorised_at, version.expires_at)
    return period.text.lower() if period.once else f"{period.text}, until {wording.date(version.expires_at, zone)}"


def _accounts_told(version: Authorisation) -> Iterator[str]:
    if version.accounts:
        yield "Accounts: " + ", ".join(_named(account) for account in version.accounts)


def _named(account: AuthorisedAccount) -> str:
    hint = None if account.display_name else account_hint(account.account_number)
    return " ".join(filter(None, (account_name(account.display_name), hint)))
