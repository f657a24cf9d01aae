"""Sessions of the dashboard, each known by a secret that only the browser keeps. None stands in for consent."""

import re
import secrets
from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from haas.digest import digest
from tenants.authentication import service as authentication
from tenants.authentication import store
from tenants.authentication.errors import CodeRefused
from tenants.authentication.models import (
    SESSION_IDLE_LIMIT,
    SESSION_LIFETIME,
    AuthenticationContext,
    Challenge,
    Session,
)
from tenants.parties.directory import Directory

_SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def new_secret() -> str:
    """Return a new session's secret, 256 bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def is_well_formed_secret(secret: str) -> bool:
    """Whether this can be a secret of ours, and not something else that came in the cookie."""
    return _SECRET.match(secret) is not None


async def request_code(
    tx: Transaction, secret: str, identifier: str, *, context: AuthenticationContext, now: datetime
) -> None:
    """Send a one-time password for the browser with this secret; asked twice for one identifier, one code is sent.

    Raises IdentifierLocked.
    """
    asked = await pending_challenge(tx, secret, now)
    if (
        asked is None
        or not asked.can_be_answered(now)
        or not authentication.is_challenge_for(asked, identifier, context)
    ):
        await _save_challenge(
            tx, secret, await authentication.send_code(tx, identifier, "dashboard", context=context, now=now), now
        )


async def resend_code(
    tx: Transaction, secret: str, replaces: str, *, context: AuthenticationContext, now: datetime
) -> None:
    """Send a new code in place of challenge `replaces`; where that was replaced before, nothing is sent.

    Raises CodeRefused where there is no challenge, and IdentifierLocked.
    """
    asked = await pending_challenge(tx, secret, now)
    if asked is None:
        raise CodeRefused("closed")
    if asked.id.hex == replaces:
        await _save_challenge(tx, secret, await authentication.resend_code(tx, asked, context=context, now=now), now)


async def pending_challenge(tx: Transaction, secret: str, now: datetime) -> Challenge | None:
    """Return what the browser with this secret is to answer."""
    session = await _valid_session(tx, secret, now)
    if session is None or session.login_id is not None or session.challenge_id is None:
        return None
    return await authentication.load_challenge(tx, session.challenge_id, "dashboard")


async def sign_in(tx: Transaction, secret: str, code: str, *, context: AuthenticationContext, now: datetime) -> str:
    """Sign in by the one-time password that was sent; return the session's secret, which is another than before.

    Raises CodeRefused and IdentifierLocked.
    """
    asked = await pending_challenge(tx, secret, now)
    if asked is None:
        raise CodeRefused("closed")
    login_id = await authentication.verify_code(tx, asked.id, code, "dashboard", context=context, now=now)
    signed_in = new_secret()
    await store.end_session(tx, digest(secret), now)
    await store.save_session(tx, digest(signed_in), challenge_id=asked.id, login_id=login_id, now=now)
    return signed_in


async def signed_in_login(tx: Transaction, directory: Directory, secret: str, now: datetime) -> UUID | None:
    """Return who is signed in with this secret, and count this as the session's use.

    None when the session is idle, over, ended or nobody's, and when its login has been disabled.
    """
    session = await _valid_session(tx, secret, now)
    if session is None or session.login_id is None or await directory.login_by_id(tx, session.login_id) is None:
        return None
    await store.record_session_use(tx, digest(secret), now)
    return session.login_id


async def was_signed_in(tx: Transaction, secret: str) -> bool:
    """Whether somebody signed in with this secret and has not signed out."""
    session = await store.load_session(tx, digest(secret))
    return session is not None and session.login_id is not None


async def is_used_or_ended(tx: Transaction, secret: str) -> bool:
    """Whether somebody signed in with this secret, or its session was ended: nobody can sign in with it any more."""
    return await store.is_used_or_ended(tx, digest(secret))


async def sign_out(tx: Transaction, secret: str, now: datetime) -> None:
    """End a session."""
    await store.end_session(tx, digest(secret), now)


async def _valid_session(tx: Transaction, secret: str, now: datetime) -> Session | None:
    session = await store.load_session(tx, digest(secret)) if secret else None
    if session is None or now - session.seen_at >= SESSION_IDLE_LIMIT or now - session.created_at >= SESSION_LIFETIME:
        return None
    return session


async def _save_challenge(tx: Transaction, secret: str, challenge: Challenge, now: datetime) -> None:
    await store.save_session(tx, digest(secret), challenge_id=challenge.id, login_id=None, now=now)
