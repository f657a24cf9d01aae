"""The state of an arrangement, as the pages name it."""

from datetime import datetime
from typing import Final

import msgspec

from apps.dashboard.viewer import DashboardViewer
from haas.language import gettext, gettext_noop
from tenants.arrangements.models import Arrangement, ArrangementState, EndedBy
from themes import wording
from themes.wording import Period

_STATUS: Final[dict[ArrangementState, str]] = {
    "active": gettext_noop("Sharing"),
    "expired": gettext_noop("Finished"),
    "ended": gettext_noop("Stopped"),
    "pending": gettext_noop("Not started"),
}


class ArrangementStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether data is shared now, until when, and how it ended."""

    current: bool
    text: str
    period: Period
    ended_at: datetime | None
    ended_by: EndedBy | None
    ended_how: str | None

    def summary(self, viewer: DashboardViewer) -> str:
        """Return "Until 24 November 2027", or when it ended. The end of once-off sharing has a time: it is soon."""
        if self.ended_at is not None:
            return gettext("Ended on {day}", day=wording.date(self.ended_at, viewer.zone))
        in_words = wording.date_and_time if self.period.once else wording.date
        return gettext("Until {time}", time=in_words(self.period.ends_at, viewer.zone))


def status_of(arrangement: Arrangement, viewer: DashboardViewer, *, received: bool) -> ArrangementStatus:
    """Return the status of an arrangement. `received` says whether the recipient has received data under it."""
    state, authorisation = arrangement.state(viewer.now), arrangement.authorisation
    ended_at, ended_by = arrangement.ended_at, arrangement.ended_by
    if state == "expired" and ended_at is None:  # it is marked as ended a little later
        ended_at, ended_by = authorisation.expires_at, "expiry"
    period = wording.period(authorisation.sharing_duration, authorisation.authorised_at, authorisation.expires_at)
    return ArrangementStatus(
        current=state == "active",
        text=_once_only(state, received=received) if period.once else gettext(_STATUS[state]),
        period=period,
        ended_at=ended_at,
        ended_by=ended_by,
        ended_how=None
        if ended_by is None
        else _ended_how(ended_by, viewer.acted(arrangement.customer_id, arrangement.withdrawn_by)),
    )


def _once_only(state: ArrangementState, *, received: bool) -> str:
    """Return the status of once-off sharing, which is over soon and leaves the question whether data was collected."""
    if state == "active":
        return gettext("Sharing once")
    if state == "expired":
        return gettext("Shared once") if received else gettext("Nothing shared")
    return gettext(_STATUS[state])


def _ended_how(ended_by: EndedBy, who: str | None) -> str:
    if ended_by == "consumer" and who is not None:
        return gettext("{who} stopped sharing.", who=who)
    return gettext(wording.END_REASONS[ended_by])
