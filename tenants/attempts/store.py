"""The SQL of authorisation attempts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, LargeBinary, Text, bindparam, func, insert, literal, select, update

from haas.database import Statement, Transaction
from tenants.attempts.models import Attempt, AuthorisationRequest, Stage
from tenants.attempts.state import AttemptOutcome, Ending, Facts, ending
from tenants.attempts.tables import attempt
from tenants.authentication.tables import challenge

_PUSHED_COLUMNS: Final = (
    attempt.c.id,
    attempt.c.client_id,
    attempt.c.request_uri_hash,
    attempt.c.request_expires_at,
    attempt.c.request,
    attempt.c.stage,
    attempt.c.created_at,
    attempt.c.stage_at,
)
_PUSH: Final = Statement(
    insert(attempt).values({column.name: bindparam(column.name, type_=column.type) for column in _PUSHED_COLUMNS})
)
_ATTEMPT = (
    attempt.c.id,
    attempt.c.client_id,
    attempt.c.request,
    attempt.c.stage,
    attempt.c.stage_at,
    attempt.c.created_at,
    attempt.c.request_expires_at,
    attempt.c.request_uri_used_at,
    attempt.c.visited_at,
    attempt.c.browser_hash,
    attempt.c.challenge_id,
    attempt.c.login_id,
    attempt.c.customer_id,
    attempt.c.authenticated_at,
    attempt.c.acr,
    attempt.c.claimed_as,
    attempt.c.shown_digest,
    attempt.c.accounts,
    attempt.c.arrangement_id,
    attempt.c.authorisation_id,
    attempt.c.error,
)
# An attempt whose request was deleted cannot be continued.
_HAS_REQUEST: Final = attempt.c.request.is_not(None)
_BY_ID: Final = Statement(
    select(*_ATTEMPT).where(attempt.c.id == bindparam("id", type_=attempt.c.id.type), _HAS_REQUEST).with_for_update()
)
_LOGIN: Final = Statement(select(attempt.c.login_id).where(attempt.c.id == bindparam("id", type_=attempt.c.id.type)))
_CHALLENGED: Final = Statement(
    select(challenge.c.login_id)
    .join(attempt, attempt.c.challenge_id == challenge.c.id)
    .where(attempt.c.id == bindparam("id", type_=attempt.c.id.type))
)
_BY_REQUEST_URI: Final = Statement(
    select(*_ATTEMPT)
    .where(
        attempt.c.request_uri_hash == bindparam("request_uri_hash", type_=LargeBinary),
        attempt.c.client_id == bindparam("client_id", type_=Text),
        _HAS_REQUEST,
    )
    .with_for_update()
)
_BY_CODE: Final = Statement(
    select(*_ATTEMPT, attempt.c.code_expires_at, attempt.c.code_used_at)
    .where(attempt.c.code_hash == bindparam("code_hash", type_=LargeBinary))
    .with_for_update()
)


_FACTS: Final = tuple(attempt.c[name] for name in Facts._fields)
_MAXIMUM_ENDINGS: Final = 20_000
_ENDED: Final = (
    update(attempt)
    .where(attempt.c.id == bindparam("attempt_id", type_=attempt.c.id.type), attempt.c.outcome.is_(None))
    .values(
        outcome=bindparam("new_outcome", type_=Text),
        ended_at=bindparam("at", type_=attempt.c.ended_at.type),
        # Where a person only left, the stage says where, and the flow continues if the clock is moved back.
        stage=func.coalesce(bindparam("new_stage", type_=Text), attempt.c.stage),
    )
)


class IssuedCode(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization code that was issued, with its attempt."""

    attempt: Attempt
    expires_at: datetime
    used_at: datetime | None


async def insert_attempt(
    tx: Transaction,
    attempt_id: UUID,
    request: AuthorisationRequest,
    *,
    request_uri_hash: bytes,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Add an attempt at its first stage."""
    await tx.rows(
        _PUSH,
        id=attempt_id,
        client_id=request.client_id,
        request_uri_hash=request_uri_hash,
        request_expires_at=expires_at,
        request=msgspec.json.encode(request).decode(),
        stage="preIdentification",
        created_at=now,
        stage_at=now,
    )


async def by_id(tx: Transaction, attempt_id: UUID) -> Attempt | None:
    """Return the attempt with this id, or None. Its row is locked until the transaction ends."""
    row = await tx.row(_BY_ID, id=attempt_id)
    return None if row is None else _attempt(row)


async def login_of(tx: Transaction, attempt_id: UUID) -> UUID | None:
    """Return the login that has authenticated in an attempt, or None. The row is not locked."""
    login_id: UUID | None = await tx.scalar(_LOGIN, id=attempt_id)
    return login_id


async def challenged_login(tx: Transaction, attempt_id: UUID) -> UUID | None:
    """Return the login of the challenge of an attempt, or None. No row is locked."""
    login_id: UUID | None = await tx.scalar(_CHALLENGED, id=attempt_id)
    return login_id


async def by_request_uri(tx: Transaction, client_id: str, request_uri_hash: bytes) -> Attempt | None:
    """Return a client's attempt by its request_uri's hash, or None. The row is locked until the transaction ends."""
    row = await tx.row(_BY_REQUEST_URI, client_id=client_id, request_uri_hash=request_uri_hash)
    return None if row is None else _attempt(row)


async def by_code(tx: Transaction, code_hash: bytes) -> IssuedCode | None:
    """Return a code and its attempt by the hash of the code, or None. The row is locked until the transaction ends."""
    row = await tx.row(_BY_CODE, code_hash=code_hash)
    if row is None:
        return None
    return IssuedCode(attempt=_attempt(row), expires_at=row["code_expires_at"], used_at=row["code_used_at"])


async def set_columns(tx: Transaction, attempt_id: UUID, **values: object) -> None:
    """Set columns of an attempt; `values` maps column names to values."""
    await tx.execute(update(attempt).where(attempt.c.id == attempt_id).values(**values))


async def set_stage(tx: Transaction, attempt_id: UUID, stage: Stage, *, now: datetime, **values: object) -> None:
    """Set the stage of an attempt that has not ended and, with `values`, other columns."""
    await set_columns(tx, attempt_id, stage=stage, stage_at=now, outcome=None, ended_at=None, **values)


async def end(
    tx: Transaction, attempt_id: UUID, stage: Stage, outcome: AttemptOutcome, *, now: datetime, **values: object
) -> None:
    """Store that an attempt has ended, with its last stage and, with `values`, other columns."""
    await set_columns(tx, attempt_id, stage=stage, stage_at=now, outcome=outcome, ended_at=now, **values)


async def endings_to_store(tx: Transaction, now: datetime) -> list[tuple[UUID, Ending]]:
    """Return the attempts that have ended by themselves and are not stored as ended, at most `_MAXIMUM_ENDINGS`."""
    query = select(attempt.c.id, *_FACTS).where(attempt.c.outcome.is_(None)).order_by(attempt.c.created_at)
    found = []
    for row in await tx.execute(query.limit(_MAXIMUM_ENDINGS)):
        ended = ending(Facts._make(row[1:]), now)
        if ended is not None:
            found.append((row.id, ended))
    return found


async def store_endings(tx: Transaction, now: datetime) -> int:
    """Store how the attempts have ended that ended by themselves; return their number."""
    ended = await endings_to_store(tx, now)
    if not ended:
        return 0
    stages = {"failedTokenExchange": "failedTokenExchange", "completed": "completed", "rejected": "rejected"}
    rows = [
        {"attempt_id": id_, "new_outcome": each.outcome, "at": each.at, "new_stage": stages.get(each.outcome)}
        for id_, each in ended
    ]
    await tx.execute(_ENDED, rows)
    return len(ended)


async def outcomes(tx: Transaction, edges: Sequence[datetime]) -> list[tuple[int, AttemptOutcome, int]]:
    """Return how many attempts ended, by period and outcome. Period `n` is from `edges[n]` to `edges[n + 1]`."""
    times = literal(list(edges), type_=ARRAY(attempt.c.ended_at.type))
    period = (func.width_bucket(attempt.c.ended_at, times) - 1).label("period")
    query = (
        select(period, attempt.c.outcome, func.count())
        .where(attempt.c.ended_at >= edges[0], attempt.c.ended_at < edges[-1])
        .group_by(period, attempt.c.outcome)
    )
    return [tuple(row) for row in await tx.execute(query)]


def _attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(
        id=row["id"],
        client_id=row["client_id"],
        request=msgspec.convert(row["request"], AuthorisationRequest),
        stage=row["stage"],
        stage_at=row["stage_at"],
        created_at=row["created_at"],
        request_expires_at=row["request_expires_at"],
        request_uri_used_at=row["request_uri_used_at"],
        visited_at=row["visited_at"],
        browser_hash=row["browser_hash"],
        challenge_id=row["challenge_id"],
        login_id=row["login_id"],
        customer_id=row["customer_id"],
        authenticated_at=row["authenticated_at"],
        acr=row["acr"],
        claimed_as=row["claimed_as"],
        shown_digest=row["shown_digest"],
        accounts=None if row["accounts"] is None else tuple(row["accounts"]),
        arrangement_id=row["arrangement_id"],
        authorisation_id=row["authorisation_id"],
        error=row["error"],
    )
