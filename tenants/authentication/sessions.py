"""Sessions of the dashboard, each known by a secret that only the browser keeps. None stands in for consent."""

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from haas.database import Transaction
from tenants.authentication import store
from tenants.authentication.models import SESSION_IDLE, SESSION_LIFETIME, Session

_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new session's secret, 256 bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


async def open_session(
    tx: Transaction, *, challenge_id: UUID | None = None, login_id: UUID | None = None, now: datetime
) -> str:
    """Begin a session, with a challenge to be answered or with a login; return its secret."""
    secret = new_secret()
    await store.put_session(tx, _hash(secret), challenge_id=challenge_id, login_id=login_id, now=now)
    return secret


async def resume(tx: Transaction, secret: str, now: datetime) -> Session | None:
    """Return a session that is still good, and count this as its use. None when it is idle, over, ended or nobody's."""
    session = await store.session(tx, _hash(secret))
    if session is None:
        return None
    if now - session.seen_at >= SESSION_IDLE or now - session.created_at >= SESSION_LIFETIME:
        return None
    await store.touch_session(tx, _hash(secret), now)
    return session


async def close(tx: Transaction, secret: str, now: datetime) -> None:
    """End a session."""
    await store.end_session(tx, _hash(secret), now)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
