"""Sessions of operators at the console. They use the transactions of the role of the console."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from haas.database import Transaction
from haas.sessions import SessionLimits, Sessions
from tenants.operators import store
from tenants.operators.models import Operator

OPERATOR_SESSIONS: Final = SessionLimits(idle=timedelta(minutes=15), lifetime=timedelta(hours=12))
"""NIST SP 800-63B, Reauthentication, for authenticator assurance level 3."""
_SESSIONS = Sessions(store, OPERATOR_SESSIONS)


async def begin(tx: Transaction, secret: str, operator_id: UUID, now: datetime) -> str:
    """Begin a session of an operator who has signed in. Return its secret.

    The session with `secret`, which the browser had before, is ended. `secret` is empty if it had none.
    """
    return await _SESSIONS.replace(tx, secret, now, partial(store.begin_session, tx, operator_id=operator_id, now=now))


async def signed_in_operator(tx: Transaction, secret: str, now: datetime) -> Operator | None:
    """Return the operator who is signed in with this secret, or None. Record that the session was used.

    Return None if the session is unknown, ended, too old or idle for too long, or if the operator is disabled.
    """
    session = await _SESSIONS.current(tx, secret, now)
    operator = None if session is None else session.operator
    if operator is None or operator.state != "active":
        return None
    await _SESSIONS.record_use(tx, secret, now)
    return operator


async def sign_out(tx: Transaction, secret: str, now: datetime) -> None:
    """End a session."""
    await _SESSIONS.end(tx, secret, now)
