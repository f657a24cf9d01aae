"""The SQL of forgetting. Each statement touches only rows that time has already made worthless."""

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

STALE_AFTER: Final = timedelta(hours=1)
"""A consent flow in which nothing has happened for so long was left by its person."""
KEEP_TOKENS: Final = timedelta(hours=1)
KEEP_REFRESH_TOKENS: Final = timedelta(days=1)
KEEP_CHALLENGES: Final = timedelta(days=1)
"""Longer than failures are counted for, and than any challenge or session lasts."""
KEEP_NOTICES: Final = timedelta(days=30)
KEEP_CALLS: Final = timedelta(days=400)
"""Get Metrics reports up to twelve months back."""
KEEP_ATTEMPTS: Final = timedelta(days=30)
"""Get Metrics counts abandoned flows of today and seven days before; the rest is for who looks into a complaint. An
attempt names who authenticated, so it is not kept for longer."""
_UNFINISHED: Final = ("preIdentification", "preAuthentication", "preAccountSelection", "preAuthorisation")


async def close_stale_attempts(tx: Transaction, now: datetime) -> int:
    """Take attempts that were left from whatever browser had them, and spend their request_uri.

    Their stage stays: it says where the person stopped (Get Metrics, abandonmentsByStage).
    """
    stale = and_(
        attempt.c.stage.in_(_UNFINISHED), attempt.c.stage_at <= now - STALE_AFTER, attempt.c.request_expires_at <= now
    )
    return await _changed(
        tx,
        update(attempt)
        .where(stale, or_(attempt.c.request_spent_at.is_(None), attempt.c.browser_hash.is_not(None)))
        .values(browser_hash=None, request_spent_at=now),
    )


async def fail_expired_codes(tx: Transaction, now: datetime) -> int:
    """Mark attempts whose code nobody exchanged in time (Get Metrics: failedTokenExchange)."""
    unexchanged = and_(attempt.c.stage == "preTokenExchange", attempt.c.code_expires_at <= now)
    return await _changed(tx, update(attempt).where(unexchanged).values(stage="failedTokenExchange", stage_at=now))


async def forget_attempts(tx: Transaction, now: datetime) -> int:
    """Delete attempts that are too old to be counted; those of an arrangement once it has ended as long ago.

    While that lives, its attempts tell a code that comes twice. An arrangement whose code was never exchanged was none.
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
    return await _changed(tx, delete(attempt).where(attempt.c.stage_at <= until, ~kept))


async def forget_sessions(tx: Transaction, now: datetime) -> int:
    """Delete dashboard sessions that were last seen long ago."""
    return await _changed(tx, delete(session).where(session.c.seen_at <= now - KEEP_CHALLENGES))


async def forget_challenges(tx: Transaction, now: datetime) -> int:
    """Delete one-time password challenges that expired long ago, and the attempts' pointers to them."""
    old = select(challenge.c.id).where(challenge.c.expires_at <= now - KEEP_CHALLENGES)
    await tx.execute(update(attempt).where(attempt.c.challenge_id.in_(old)).values(challenge_id=None))
    used = select(session.c.challenge_id).where(session.c.challenge_id == challenge.c.id).exists()
    return await _changed(tx, delete(challenge).where(challenge.c.expires_at <= now - KEEP_CHALLENGES, ~used))


async def forget_tokens(tx: Transaction, now: datetime) -> int:
    """Delete tokens that expired a while ago."""
    access = await _changed(tx, delete(access_token).where(access_token.c.expires_at <= now - KEEP_TOKENS))
    expired = refresh_token.c.expires_at <= now - KEEP_REFRESH_TOKENS
    return access + await _changed(tx, delete(refresh_token).where(expired))


async def forget_notices(tx: Transaction, now: datetime) -> int:
    """Delete notices that were delivered long ago. What was given up stays until somebody has looked at it."""
    return await _changed(tx, delete(outbox).where(outbox.c.done_at <= now - KEEP_NOTICES))


async def forget_calls(tx: Transaction, now: datetime) -> int:
    """Delete what was counted before anybody still asks for it."""
    return await _changed(tx, delete(call_rollup).where(call_rollup.c.minute <= now - KEEP_CALLS))


async def _changed(tx: Transaction, statement: Update | Delete) -> int:
    result: Any = await tx.execute(statement)
    return int(result.rowcount)
