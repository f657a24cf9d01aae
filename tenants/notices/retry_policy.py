"""When and how long each kind of notice is tried again. Times come from the platform's clock."""

import random
from datetime import datetime, timedelta
from typing import Final

import msgspec

from tenants.notices.models import Notice

SHORTEST_PART: Final = 0.75
"""A wait is between this part of it and the whole, by chance. Otherwise notices that failed together, because a server
was away, would all come back to it in the same second."""


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The wait before the next try doubles from `first_wait` up to `longest_wait`."""

    first_wait: timedelta
    longest_wait: timedelta
    give_up_after: timedelta
    """A notice is not tried again later than this time after it was added, or after staff has sent it again."""
    delete_payload: bool = False
    """Whether to delete the payload of every notice that is given up, because nobody can say what it contains."""

    def deletes_payload_of(self, notice: Notice) -> bool:
        """Return whether the payload of a notice is deleted when it is given up. Such a notice cannot be sent again.

        A notice with an end contains a one-time password, which nobody can use later. Another one stays so that staff
        can send it again.
        """
        return self.delete_payload or notice.expires_at is not None

    def next_try(self, notice: Notice, now: datetime) -> datetime | None:
        """Return when to try a notice again that failed at `now`, or None if it is to be given up."""
        doublings = min(notice.tries - 1, 30)
        wait = min(self.first_wait * 2**doublings, self.longest_wait)
        due = now + wait * random.uniform(SHORTEST_PART, 1.0)  # noqa: S311 - the times need not be secret
        last = (notice.replayed_at or notice.created_at) + self.give_up_after
        if notice.expires_at is not None:
            last = min(last, notice.expires_at)
        return due if due < last else None


_MESSAGE_POLICY = RetryPolicy(
    first_wait=timedelta(seconds=5),
    longest_wait=timedelta(minutes=10),
    give_up_after=timedelta(days=1),
)

RETRY_POLICIES: Final = {
    "email": _MESSAGE_POLICY,
    "sms": _MESSAGE_POLICY,
    "letter": _MESSAGE_POLICY,  # given up at once (`tenants.notices.message_channels.LetterChannel`)
    # CDS, CDR Arrangement Revocation: a data holder MUST notify the recipient. After a week, a person of the staff must
    # tell it in another way: the notice is in the list of `haas outbox list` until somebody has done it.
    "arrangement-revoked": RetryPolicy(
        first_wait=timedelta(seconds=10),
        longest_wait=timedelta(hours=1),
        give_up_after=timedelta(days=7),
    ),
    # The Register is read every two minutes anyway, so a request that still fails after an hour is of no use.
    "register-refresh": RetryPolicy(
        first_wait=timedelta(seconds=5),
        longest_wait=timedelta(minutes=5),
        give_up_after=timedelta(hours=1),
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
