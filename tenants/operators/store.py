"""The SQL of operators and their sessions, for the role of the console."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from haas.database import Transaction
from tenants.operators.errors import OperatorExists
from tenants.operators.models import ConsoleSession, Operator, OperatorState
from tenants.operators.tables import operator, session

_COLUMNS = tuple(operator.c[field.name] for field in msgspec.structs.fields(Operator))


async def add(tx: Transaction, new: Operator, now: datetime) -> None:
    """Add an operator. Raise OperatorExists."""
    values = {**msgspec.structs.asdict(new), "created_at": now, "state_at": now}
    added = insert(operator).values(values).on_conflict_do_nothing(index_elements=["issuer", "subject"])
    if not (await tx.execute(added)).rowcount:
        raise OperatorExists(f"{new.subject} of {new.issuer} is an operator already")


async def by_subject(tx: Transaction, issuer: str, subject: str) -> Operator | None:
    """Return the operator with the `iss` and `sub`, in any state, or None."""
    query = select(*_COLUMNS).where(operator.c.issuer == issuer, operator.c.subject == subject)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else Operator(**row)


async def set_state(tx: Transaction, operator_id: UUID, state: OperatorState, now: datetime) -> None:
    """Disable an operator and end the operator's sessions, or make the operator active again."""
    await tx.execute(update(operator).where(operator.c.id == operator_id).values(state=state, state_at=now))
    if state == "disabled":
        of_operator = and_(session.c.operator_id == operator_id, session.c.ended_at.is_(None))
        await tx.execute(update(session).where(of_operator).values(ended_at=now))


async def begin_session(tx: Transaction, token_hash: bytes, operator_id: UUID | None, now: datetime) -> None:
    """Add a session. `operator_id` is None before the sign-in. `token_hash` is the SHA-256 of the cookie's value."""
    values = {"token_hash": token_hash, "operator_id": operator_id, "created_at": now, "seen_at": now}
    await tx.execute(insert(session).values(values))


async def load_session(tx: Transaction, token_hash: bytes) -> ConsoleSession | None:
    """Return a session and lock it until the transaction ends. Return None if it is unknown or has ended."""
    query = (
        select(session.c.created_at, session.c.seen_at, session.c.operator_id, *_COLUMNS)
        .join(operator, operator.c.id == session.c.operator_id, isouter=True)
        .where(session.c.token_hash == token_hash, session.c.ended_at.is_(None))
        .with_for_update(of=session)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    return ConsoleSession(operator=_operator(row), created_at=row["created_at"], seen_at=row["seen_at"])


async def record_session_use(tx: Transaction, token_hash: bytes, now: datetime) -> None:
    """Store `now` as the time at which the session was last used."""
    await tx.execute(update(session).where(session.c.token_hash == token_hash).values(seen_at=now))


async def end_session(tx: Transaction, token_hash: bytes, now: datetime) -> None:
    """End a session. Do nothing if it is unknown or has ended."""
    open_session = and_(session.c.token_hash == token_hash, session.c.ended_at.is_(None))
    await tx.execute(update(session).where(open_session).values(ended_at=now))


async def delete_sessions(tx: Transaction, before: datetime) -> int:
    """Delete the sessions that ended or were last used before the time `before`. Return their number."""
    expired = or_(session.c.ended_at < before, session.c.seen_at < before)
    return (await tx.execute(delete(session).where(expired))).rowcount


def _operator(row: RowMapping) -> Operator | None:
    if row["operator_id"] is None:
        return None
    values: dict[str, Any] = {column.name: row[column] for column in _COLUMNS}
    return Operator(**values)
