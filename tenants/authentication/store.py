"""The SQL of challenges and sessions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Statement, Transaction
from tenants.authentication.limits import NETWORK_SHARES
from tenants.authentication.models import Challenge, ChallengeSummary, CodePurpose, Session
from tenants.authentication.networks import HASH_BYTES
from tenants.authentication.tables import challenge
from tenants.authentication.tables import session as session_table

SessionSurface = Literal["public", "admin"]
"""The surfaces whose sessions are in the tenant's schema. Those of the dashboard are on the public one."""
_FAILED: Final = (challenge.c.failures > literal_column("0"), ~challenge.c.is_known_browser)
_LAST: Final = b"\xff" * HASH_BYTES * len(NETWORK_SHARES)
_is_dashboard_session = session_table.c.surface == "public"
_by_token = and_(
    session_table.c.surface == literal_column("'public'"), session_table.c.token_hash == bindparam("token_hash")
)
_SIGNED_IN: Final = Statement(select(session_table.c.login_id).where(_by_token))
_CHALLENGED: Final = Statement(
    select(challenge.c.login_id).join(session_table, session_table.c.challenge_id == challenge.c.id).where(_by_token)
)


async def lock_identifier(tx: Transaction, identifier_hash: bytes) -> None:
    """Lock an identifier until the transaction ends, so that only one transaction at a time counts its challenges."""
    number = int.from_bytes(identifier_hash[:8], "big", signed=True)
    await tx.execute(select(func.pg_advisory_xact_lock(number)))


async def insert_challenge(tx: Transaction, new: Challenge) -> None:
    """Add a challenge."""
    await tx.execute(
        insert(challenge).values(
            id=new.id,
            login_id=new.login_id,
            identifier_hash=new.identifier_hash,
            purpose=new.purpose,
            code_hash=new.code_hash,
            created_at=new.created_at,
            expires_at=new.expires_at,
            network_hash=new.network_hash,
            is_known_browser=new.is_known_browser,
            attempt_id=new.attempt_id,
        )
    )


async def challenge_by_id(
    tx: Transaction, challenge_id: UUID, purpose: CodePurpose, *, lock: bool = False
) -> Challenge | None:
    """Return the challenge with this id and purpose, or None. `lock` locks its row until the transaction ends."""
    query = select(challenge).where(challenge.c.id == challenge_id, challenge.c.purpose == purpose)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _challenge(row)


async def results_of_identifier(
    tx: Transaction, identifier_hash: bytes, now: datetime, window: timedelta, *, is_known_browser: bool
) -> Sequence[ChallengeSummary]:
    """Return the results of an identifier's challenges of the last `window`, oldest first.

    Those of known browsers and those of other browsers are counted apart.
    """
    of_identifier = challenge.c.identifier_hash == identifier_hash
    return await _results(tx, now, window, of_identifier, challenge.c.is_known_browser == is_known_browser)


async def failures_of_network(
    tx: Transaction, prefix: bytes, now: datetime, window: timedelta
) -> Sequence[ChallengeSummary]:
    """Return the challenges with wrong answers that unknown browsers of a network asked for, oldest first."""
    return await _results(tx, now, window, _is_in_network(prefix), *_FAILED)


async def number_of_failures(tx: Transaction, now: datetime, window: timedelta, most: int) -> int:
    """Return the number of wrong answers to the tenant's latest challenges that unknown browsers asked for.

    At most `most` challenges with wrong answers are counted.
    """
    failed = select(challenge.c.failures).where(_made_within(now, window), *_FAILED)
    latest = failed.order_by(challenge.c.created_at.desc()).limit(most).subquery()
    query = select(func.coalesce(func.sum(latest.c.failures), 0))
    return int((await tx.execute(query)).scalar_one())


async def nth_latest_sent(tx: Transaction, count: int, now: datetime, window: timedelta) -> datetime | None:
    """Return when the tenant's `count`-th latest code was sent to a person. None if the last `window` has fewer."""
    return await _nth_latest(tx, count, now, window, challenge.c.login_id.is_not(None))


async def nth_latest_of_network(
    tx: Transaction, prefix: bytes, count: int, now: datetime, window: timedelta
) -> datetime | None:
    """Return when a network's `count`-th latest code was asked for. None if the last `window` has fewer."""
    return await _nth_latest(tx, count, now, window, _is_in_network(prefix))


async def other_identifiers_of_attempt(tx: Transaction, attempt_id: UUID, identifier_hash: bytes) -> int:
    """Return for how many identifiers, besides this one, codes were asked for in the flow of an attempt."""
    query = select(func.count(challenge.c.identifier_hash.distinct())).where(
        challenge.c.attempt_id == attempt_id, challenge.c.identifier_hash != identifier_hash
    )
    return int((await tx.execute(query)).scalar_one())


async def challenges_of_attempt(tx: Transaction, attempt_id: UUID) -> int:
    """Return how many codes were asked for in the flow of an attempt."""
    query = select(func.count()).where(challenge.c.attempt_id == attempt_id)
    return int((await tx.execute(query)).scalar_one())


async def codes_sent(tx: Transaction, now: datetime, window: timedelta) -> int:
    """Return how many of the tenant's codes were sent to a person within the last `window`."""
    query = select(func.count()).where(_made_within(now, window), challenge.c.login_id.is_not(None))
    return int((await tx.execute(query)).scalar_one())


async def count_failure(tx: Transaction, challenge_id: UUID) -> None:
    """Count one wrong answer."""
    await tx.execute(update(challenge).where(challenge.c.id == challenge_id).values(failures=challenge.c.failures + 1))


async def mark_answered(tx: Transaction, challenge_id: UUID, now: datetime) -> None:
    """Record that a challenge was answered correctly. It cannot be answered again."""
    await tx.execute(update(challenge).where(challenge.c.id == challenge_id).values(answered_at=now))


async def save_session(
    tx: Transaction, token_hash: bytes, *, challenge_id: UUID | None, login_id: UUID | None, now: datetime
) -> None:
    """Add a session of the dashboard, or start one again. A session that has a login or was ended is not changed."""
    values = {"challenge_id": challenge_id, "login_id": login_id, "created_at": now, "seen_at": now}
    await tx.execute(
        upsert(session_table)
        .values(token_hash=token_hash, surface="public", **values)
        .on_conflict_do_update(
            index_elements=["token_hash"],
            set_=values,
            where=and_(_is_dashboard_session, session_table.c.login_id.is_(None), session_table.c.ended_at.is_(None)),
        )
    )


async def signed_in_login(tx: Transaction, token_hash: bytes) -> UUID | None:
    """Return the login of a session of the dashboard, or None. The row is not locked."""
    login_id: UUID | None = await tx.scalar(_SIGNED_IN, token_hash=token_hash)
    return login_id


async def challenged_login(tx: Transaction, token_hash: bytes) -> UUID | None:
    """Return the login of the challenge of a session of the dashboard, or None. No row is locked."""
    login_id: UUID | None = await tx.scalar(_CHALLENGED, token_hash=token_hash)
    return login_id


async def is_used_or_ended(tx: Transaction, token_hash: bytes) -> bool:
    """Return whether a session of the dashboard has a login or was ended, so that `save_session` does not change it."""
    used_or_ended = or_(session_table.c.login_id.is_not(None), session_table.c.ended_at.is_not(None))
    query = select(session_table.c.token_hash).where(
        _is_dashboard_session, session_table.c.token_hash == token_hash, used_or_ended
    )
    return (await tx.execute(query)).one_or_none() is not None


async def add_staff_session(
    tx: Transaction, token_hash: bytes, *, surface: SessionSurface, staff_id: UUID, now: datetime
) -> None:
    """Add a session of a member of the staff, who has signed in."""
    values = {"token_hash": token_hash, "surface": surface, "staff_id": staff_id, "created_at": now, "seen_at": now}
    await tx.execute(insert(session_table).values(values))


class SessionRows:
    """The sessions of one surface. Those of other surfaces are ignored, even if the browser sends their secret."""

    def __init__(self, surface: SessionSurface) -> None:
        """Take the surface."""
        self._on_surface = session_table.c.surface == surface

    async def load_session(self, tx: Transaction, token_hash: bytes) -> Session | None:
        """Return a session that was not ended, or None. Its row is locked until the transaction ends."""
        query = select(session_table).where(self._is(token_hash), session_table.c.ended_at.is_(None)).with_for_update()
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            return None
        return Session(
            challenge_id=row.challenge_id,
            login_id=row.login_id,
            staff_id=row.staff_id,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )

    async def record_session_use(self, tx: Transaction, token_hash: bytes, now: datetime) -> None:
        """Record that a session was used now."""
        await tx.execute(update(session_table).where(self._is(token_hash)).values(seen_at=now))

    async def end_session(self, tx: Transaction, token_hash: bytes, now: datetime) -> None:
        """End a session. Do nothing if there is none or it has already ended."""
        open_session = and_(self._is(token_hash), session_table.c.ended_at.is_(None))
        await tx.execute(update(session_table).where(open_session).values(ended_at=now))

    def _is(self, token_hash: bytes) -> ColumnElement[bool]:
        return and_(self._on_surface, session_table.c.token_hash == token_hash)


DASHBOARD: Final = SessionRows("public")


async def _results(
    tx: Transaction, now: datetime, window: timedelta, *conditions: ColumnElement[bool]
) -> Sequence[ChallengeSummary]:
    query = (
        select(challenge.c.created_at, challenge.c.failures, challenge.c.answered_at)
        .where(_made_within(now, window), *conditions)
        .order_by(challenge.c.created_at)
    )
    return [
        ChallengeSummary(row.created_at, row.failures, row.answered_at is not None) for row in await tx.execute(query)
    ]


async def _nth_latest(
    tx: Transaction, count: int, now: datetime, window: timedelta, condition: ColumnElement[bool]
) -> datetime | None:
    query = select(challenge.c.created_at).where(_made_within(now, window), condition)
    query = query.order_by(challenge.c.created_at.desc()).offset(count - 1).limit(1)
    return (await tx.execute(query)).scalar_one_or_none()


def _is_in_network(prefix: bytes) -> ColumnElement[bool]:
    # The hash of a network begins with those of the wider networks (`networks.network_hash`). The index has this order.
    return challenge.c.network_hash.between(prefix, prefix + _LAST)


def _made_within(now: datetime, window: timedelta) -> ColumnElement[bool]:
    # A challenge that is further in the future than the window was made before the clock was moved back. Nobody could
    # wait until it is old enough. Another process may read the clock a little later than this one.
    return and_(challenge.c.created_at > now - window, challenge.c.created_at <= now + window)


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(
        id=row.id,
        login_id=row.login_id,
        identifier_hash=row.identifier_hash,
        purpose=row.purpose,
        code_hash=row.code_hash,
        created_at=row.created_at,
        expires_at=row.expires_at,
        failures=row.failures,
        answered_at=row.answered_at,
        network_hash=row.network_hash,
        is_known_browser=row.is_known_browser,
        attempt_id=row.attempt_id,
    )
