"""When and how long each kind of notice is tried again. Times come from the platform's clock."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from tenants.notices.models import Notice


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The wait before the next try doubles from `first_wait` up to `longest_wait`."""

    first_wait: timedelta
    longest_wait: timedelta
    give_up_after: timedelta
    """A notice is not tried again later than this time after it was added."""
    delete_payload: bool
    """Whether to delete the payload when the notice is given up: it can hold contacts or a one-time password."""

    def next_try(self, notice: Notice, now: datetime) -> datetime | None:
        """Return when to try a notice again that failed at `now`, or None if it is to be given up."""
        doublings = min(notice.tries - 1, 30)
        due = now + min(self.first_wait * 2**doublings, self.longest_wait)
        last = notice.created_at + self.give_up_after
        if notice.expires_at is not None:
            last = min(last, notice.expires_at)
        return due if due < last else None


_MESSAGE_POLICY = RetryPolicy(
    first_wait=timedelta(seconds=5),
    longest_wait=timedelta(minutes=10),
    give_up_after=timedelta(days=1),
    delete_payload=True,
)

RETRY_POLICIES: Final = {
    "email": _MESSAGE_POLICY,
    "sms": _MESSAGE_POLICY,
    # CDS, CDR Arrangement Revocation: a data holder MUST notify the recipient. After a week, staff must contact it.
    "arrangement-revoked": RetryPolicy(
        first_wait=timedelta(seconds=10),
        longest_wait=timedelta(hours=1),
        give_up_after=timedelta(days=7),
        delete_payload=False,
    ),
}
UNKNOWN_KIND_POLICY: Final = RetryPolicy(
    first_wait=timedelta(minutes=1),
    longest_wait=timedelta(hours=1),
    give_up_after=timedelta(days=7),
    delete_payload=True,
)
"""For a kind that only a newer release knows: both releases run at the same time during a deployment."""
