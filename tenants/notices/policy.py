"""How long each kind of notice is tried, and when next: by the platform's clock, the same for everyone."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from tenants.notices.models import Notice


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Waits double from `first` to `longest`; what has been tried for `patience` is given up."""

    first: timedelta
    longest: timedelta
    patience: timedelta
    forget: bool
    """Whether the payload of what was given up is erased: it is, where it holds contacts or a one-time password."""

    def next_try(self, notice: Notice, now: datetime) -> datetime | None:
        """Return when `notice`, which failed at `now`, is to be tried again; None when it is to be given up."""
        doublings = min(notice.tries - 1, 30)
        due = now + min(self.first * 2**doublings, self.longest)
        last = notice.created_at + self.patience
        if notice.expires_at is not None:
            last = min(last, notice.expires_at)
        return due if due < last else None


_MESSAGE = Policy(first=timedelta(seconds=5), longest=timedelta(minutes=10), patience=timedelta(days=1), forget=True)

POLICIES: Final = {
    "email": _MESSAGE,
    "sms": _MESSAGE,
    # CDS, CDR Arrangement Revocation: a holder MUST tell the recipient. After a week somebody has to call them.
    "arrangement-revoked": Policy(
        first=timedelta(seconds=10), longest=timedelta(hours=1), patience=timedelta(days=7), forget=False
    ),
}
UNKNOWN_KIND: Final = Policy(
    first=timedelta(minutes=1), longest=timedelta(hours=1), patience=timedelta(days=7), forget=True
)
"""For a notice of a newer release, met while its deployment is under way."""
