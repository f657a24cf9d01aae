"""The SQL of housekeeping. Each statement changes only rows that are no longer in use because of their age."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Delete, Update, and_, delete, or_, select, update

from haas.database import Transaction
from tenants.arrangements.tables import arrangement
from tenants.attempts.tables import attempt
from tenants.authentication.tables import challenge, session
from tenants.calls.tables import call_rollup
from tenants.notices.tables import outbox
from tenants.tokens.tables import access_token, refresh_token

KEEP_TOKENS: Final = timedelta(hours=1)
KEEP_REFRESH_TOKENS: Final = timedelta(days=1)
KEEP_CHALLENGES: Final = timedelta(days=1)
"""Longer than `authentication.limits.LIMIT_WINDOW`, and longer than any challenge or session is valid."""
KEEP_NOTICES: Final = timedelta(days=30)
KEEP_CALLS: Final = timedelta(days=400)
"""Get Metrics reports on up to twelve months in the past."""
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


async def fail_expired_codes(tx: Transaction, now: datetime) -> int:
    """Mark attempts whose authorization code has expired without being exchanged (Get Metrics, failedTokenExchange)."""
    unexchanged = and_(attempt.c.stage == "preTokenExchange", attempt.c.code_expires_at <= now)
    return await _execute(tx, update(attempt).where(unexchanged).values(stage="failedTokenExchange", stage_at=now))


async def delete_attempts(tx: Transaction, now: datetime) -> int:
    """Delete attempts older than KEEP_ATTEMPTS, except those of an arrangement that is active or ended more recently.

    The attempts of such an arrangement are needed to detect a code that is used twice. An arrangement whose code was
    never exchanged does not prevent the deletion. Attempts in which nobody authenticated are deleted earlier, after
    KEEP_UNAUTHENTICATED_ATTEMPTS.
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
    return await _execute(tx, delete(attempt).where(old))


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
    """Delete notices that were delivered more than KEEP_NOTICES ago. Undelivered notices are kept for staff."""
    return await _execute(tx, delete(outbox).where(outbox.c.done_at <= now - KEEP_NOTICES))


async def delete_call_counts(tx: Transaction, now: datetime) -> int:
    """Delete call counts that are older than KEEP_CALLS."""
    return await _execute(tx, delete(call_rollup).where(call_rollup.c.minute <= now - KEEP_CALLS))


async def _execute(tx: Transaction, statement: Update | Delete) -> int:
    result: Any = await tx.execute(statement)
    return int(result.rowcount)
