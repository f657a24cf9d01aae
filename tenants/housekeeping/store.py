"""The SQL of housekeeping. Each statement changes only rows that are no longer in use because of their age."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Delete, Update, and_, delete, insert, or_, select, update

from haas.database import Transaction
from tenants.arrangements.tables import arrangement
from tenants.attempts.tables import attempt
from tenants.authentication.tables import challenge, session
from tenants.housekeeping.tables import data_check
from tenants.notices.dead_letters import LETTER
from tenants.notices.outbox import MESSAGE_KINDS
from tenants.notices.tables import outbox
from tenants.retention.store import is_held
from tenants.tokens.tables import access_token, refresh_token

KEEP_TOKENS: Final = timedelta(hours=1)
KEEP_REFRESH_TOKENS: Final = timedelta(days=1)
KEEP_CHALLENGES: Final = timedelta(days=1)
"""From the end of a challenge: as long as the longest window of `authentication.limits`, and as any session."""
KEEP_NOTICES: Final = timedelta(days=30)
KEEP_DATA_CHECKS: Final = timedelta(days=400)
KEEP_ATTEMPTS: Final = timedelta(days=30)
"""Get Metrics counts abandoned flows of today and the seven days before. Older attempts are for the investigation of
complaints. An attempt names the person who authenticated, so it is not kept for longer."""
KEEP_UNAUTHENTICATED_ATTEMPTS: Final = timedelta(days=9)
"""Attempts in which nobody authenticated are kept for the metrics only, in every time zone."""
KEEP_REQUESTS: Final = timedelta(days=1)
"""The request of such an attempt is most of its row, and no longer needed when the flow is over. A day later, so that a
flow continues after the clock was moved forward by some hours and back."""
_is_unauthenticated: Final = and_(
    attempt.c.stage.in_(("preIdentification", "preAuthentication", "rejected")), attempt.c.login_id.is_(None)
)


async def delete_requests(tx: Transaction, now: datetime) -> int:
    """Delete the requests of attempts in which nobody authenticated, KEEP_REQUESTS after their last stage.

    The attempts remain: their stage records where the person stopped (Get Metrics, abandonmentsByStage).
    """
    old = and_(_is_unauthenticated, attempt.c.stage_at <= now - KEEP_REQUESTS, attempt.c.request.is_not(None))
    return await _execute(tx, update(attempt).where(old).values(request=None))


async def delete_attempts(tx: Transaction, now: datetime) -> int:
    """Delete attempts older than KEEP_ATTEMPTS, except those of an arrangement that is active or ended more recently.

    The attempts of such an arrangement are needed to detect a code that is used twice. An arrangement whose code was
    never exchanged does not prevent the deletion; a legal hold does. Attempts in which nobody authenticated are deleted
    earlier, after KEEP_UNAUTHENTICATED_ATTEMPTS.
    """
    until = now - KEEP_ATTEMPTS
    kept = (
        select(arrangement.c.id)
        .where(
            arrangement.c.id == attempt.c.arrangement_id,
            arrangement.c.active_at.is_not(None),
            or_(arrangement.c.ended_at.is_(None), arrangement.c.ended_at > until),
        )
        .exists()
    )
    old = or_(
        and_(attempt.c.stage_at <= until, ~kept),
        and_(_is_unauthenticated, attempt.c.stage_at <= now - KEEP_UNAUTHENTICATED_ATTEMPTS),
    )
    held = is_held(attempt.c.customer_id, attempt.c.arrangement_id)
    return await _execute(tx, delete(attempt).where(old, ~held))


async def delete_sessions(tx: Transaction, now: datetime) -> int:
    """Delete sessions that have not been used for KEEP_CHALLENGES."""
    return await _execute(tx, delete(session).where(session.c.seen_at <= now - KEEP_CHALLENGES))


async def delete_challenges(tx: Transaction, now: datetime) -> int:
    """Delete challenges that expired more than KEEP_CHALLENGES ago, and the references of attempts to them."""
    old = select(challenge.c.id).where(challenge.c.expires_at <= now - KEEP_CHALLENGES)
    await tx.execute(update(attempt).where(attempt.c.challenge_id.in_(old)).values(challenge_id=None))
    used = select(session.c.challenge_id).where(session.c.challenge_id == challenge.c.id).exists()
    return await _execute(tx, delete(challenge).where(challenge.c.expires_at <= now - KEEP_CHALLENGES, ~used))


async def delete_tokens(tx: Transaction, now: datetime) -> int:
    """Delete access tokens and refresh tokens that expired more than KEEP_TOKENS or KEEP_REFRESH_TOKENS ago."""
    access = await _execute(tx, delete(access_token).where(access_token.c.expires_at <= now - KEEP_TOKENS))
    expired = refresh_token.c.expires_at <= now - KEEP_REFRESH_TOKENS
    return access + await _execute(tx, delete(refresh_token).where(expired))


async def delete_notices(tx: Transaction, now: datetime) -> int:
    """Delete messages that were delivered more than KEEP_NOTICES ago.

    Undelivered ones are kept for staff, and notices about an arrangement or a joint account for six years
    (`tenants.retention`).
    """
    is_evidence = or_(outbox.c.arrangement_id.is_not(None), outbox.c.about.is_not(None))
    old = and_(outbox.c.done_at <= now - KEEP_NOTICES, ~is_evidence)
    return await _execute(tx, delete(outbox).where(old))


async def delete_data_checks(tx: Transaction, now: datetime) -> int:
    """Delete the results of data checks that are older than KEEP_DATA_CHECKS."""
    return await _execute(tx, delete(data_check).where(data_check.c.began_at <= now - KEEP_DATA_CHECKS))


async def delete_payloads(tx: Transaction, now: datetime) -> int:
    """Delete the payloads of messages that were given up more than KEEP_NOTICES ago: they contain contacts.

    Also those of letters that were handled. A letter is kept until somebody has sent it.
    """
    old = or_(
        and_(outbox.c.given_up_at <= now - KEEP_NOTICES, outbox.c.kind.in_(MESSAGE_KINDS)),
        and_(outbox.c.handled_at.is_not(None), outbox.c.kind == LETTER),
    )
    return await _execute(tx, update(outbox).where(old, outbox.c.payload != {}).values(payload={}))


async def was_checked_since(tx: Transaction, since: datetime) -> bool:
    """Return whether a check of the stored data began at `since` or later."""
    found = await tx.execute(select(data_check.c.began_at).where(data_check.c.began_at >= since).limit(1))
    return found.first() is not None


async def add_data_check(tx: Transaction, began_at: datetime, ended_at: datetime, invalid: dict[str, int]) -> None:
    """Store the result of a check: the number of invalid items by resource."""
    await tx.execute(insert(data_check).values(began_at=began_at, ended_at=ended_at, invalid=invalid))


async def _execute(tx: Transaction, statement: Update | Delete) -> int:
    result: Any = await tx.execute(statement)
    return int(result.rowcount)
