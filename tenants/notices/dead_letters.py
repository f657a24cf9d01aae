"""Notices that were given up: what the staff sees of them, sends again, assigns to a person and marks as handled.

A notice to a data recipient that an arrangement has ended must reach it (CDS, CDR Arrangement Revocation endpoint). If
its endpoint does not accept the notice for a week, a named person tells the recipient in another way.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from haas.database import Transaction
from haas.one_line import checked_line
from tenants.audit import service as audit
from tenants.audit.models import AuditedChange
from tenants.notices import store
from tenants.notices.errors import NoDeadLetter
from tenants.notices.models import DeadLetter, Letter
from tenants.notices.outbox import NOTIFY_CHANNEL, NoticeKind

MAXIMUM_LISTED: Final = 1_000
ROLE: Final = "operator"
EMAIL: Final[NoticeKind] = "email"
LETTER: Final[NoticeKind] = "letter"


async def list_given_up(tx: Transaction, *, also_handled: bool = False) -> list[DeadLetter]:
    """Return the notices that were given up, the oldest first, at most MAXIMUM_LISTED, without contacts and texts."""
    return await store.given_up(tx, also_handled=also_handled, limit=MAXIMUM_LISTED)


async def print_letters(tx: Transaction, *, actor: str, now: datetime) -> list[Letter]:
    """Return the letters that are still to be sent, the oldest first, at most MAXIMUM_LISTED.

    They contain personal data, so the audit trail has an entry for each. A letter is in the list until it is handled.
    """
    letters = await store.letters(tx, LETTER, limit=MAXIMUM_LISTED)
    for letter in letters:
        await _record(tx, "notice.print", letter.id, actor=actor, now=now)
    return letters


async def replay(tx: Transaction, ids: Collection[UUID], *, actor: str, now: datetime) -> list[UUID]:
    """Put notices that were given up into the outbox again, and return their ids.

    A notice keeps its id, which is its idempotency key, and is tried as long as a new one. One that is not given up any
    more, was handled, or has no payload any more is left as it is, so that a repeated command does nothing.
    """
    replayed = await store.replay(tx, ids, channel=NOTIFY_CHANNEL, now=now)
    for notice_id in replayed:
        await _record(tx, "notice.replay", notice_id, actor=actor, now=now)
    return replayed


async def assign(tx: Transaction, notice_id: UUID, person: str, *, actor: str, now: datetime) -> None:
    """Make a notice that was given up the task of a named person. Raise NoDeadLetter, InvalidLine."""
    name = checked_line(person, "the name of a person")
    if not await store.update_given_up(tx, notice_id, assigned_to=name):
        raise NoDeadLetter(f"no notice {notice_id} was given up and is still to be handled")
    await _record(tx, "notice.assign", notice_id, actor=actor, now=now, after={"assigned_to": name})


async def handle(tx: Transaction, notice_id: UUID, how: str, *, actor: str, now: datetime) -> None:
    """Record that somebody has done what the notice should have done. Raise NoDeadLetter, InvalidLine."""
    handling = checked_line(how, "what was done")
    if not await store.update_given_up(tx, notice_id, handled_at=now, handled_by=actor, handling=handling):
        raise NoDeadLetter(f"no notice {notice_id} was given up and is still to be handled")
    await _record(tx, "notice.handle", notice_id, actor=actor, now=now, after={"handling": handling})


async def record_return(tx: Transaction, notice_id: UUID, why: str, *, actor: str, now: datetime) -> None:
    """Record that a mail server has returned an email that was sent: nobody was told. Raise NoDeadLetter, InvalidLine.

    The email is given up and waits for the staff, who tell the person in another way: its text is deleted. One with a
    one-time password is left as it is, because nobody can use the password later.
    """
    reason = checked_line(why, "why the email came back")
    if not await store.give_up_delivered(tx, notice_id, EMAIL, f"returned: {reason}", now):
        raise NoDeadLetter(f"no email {notice_id} was sent that somebody must be told in another way")
    await _record(tx, "notice.return", notice_id, actor=actor, now=now, after={"reason": reason})


async def _record(
    tx: Transaction, action: str, notice_id: UUID, *, actor: str, now: datetime, after: object = None
) -> None:
    change = AuditedChange(actor=actor, role=ROLE, action=action, subject=str(notice_id), after=after)
    await audit.record(tx, change, now=now)
