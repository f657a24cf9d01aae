"""Sessions of the dashboard. Persons sign in with a one-time password.

A session does not authenticate a person in the consent flow.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from haas.database import Transaction
from haas.digest import digest
from haas.sessions import Sessions
from tenants.authentication import service as authentication
from tenants.authentication import store
from tenants.authentication.errors import CodeRefused
from tenants.authentication.limits import DASHBOARD_SESSIONS
from tenants.authentication.models import AuthenticationContext, Challenge
from tenants.parties.directory import Directory

_SESSIONS = Sessions(store.DASHBOARD, DASHBOARD_SESSIONS)


async def request_code(
    tx: Transaction, secret: str, identifier: str, *, context: AuthenticationContext, now: datetime
) -> None:
    """Send a one-time password for the session with this secret. Raise IdentifierLocked.

    Send nothing if the session already has a challenge for this identifier that can be answered.
    """
    challenge = await pending_challenge(tx, secret, now)
    if (
        challenge is None
        or not challenge.can_be_answered(now)
        or not authentication.is_challenge_for(challenge, identifier, context)
    ):
        await _save_challenge(
            tx, secret, await authentication.send_code(tx, identifier, "dashboard", context=context, now=now), now
        )


async def resend_code(
    tx: Transaction, secret: str, replaces: str, *, context: AuthenticationContext, now: datetime
) -> None:
    """Send a new code in place of challenge `replaces` (its id in hex). Send nothing if it was already replaced.

    Raise CodeRefused if the session has no challenge. Raise IdentifierLocked.
    """
    challenge = await pending_challenge(tx, secret, now)
    if challenge is None:
        raise CodeRefused("closed")
    if challenge.id.hex == replaces:
        await _save_challenge(
            tx, secret, await authentication.resend_code(tx, challenge, context=context, now=now), now
        )


async def pending_challenge(tx: Transaction, secret: str, now: datetime) -> Challenge | None:
    """Return the challenge that the session with this secret must answer, or None."""
    session = await _SESSIONS.current(tx, secret, now)
    if session is None or session.login_id is not None or session.challenge_id is None:
        return None
    return await authentication.load_challenge(tx, session.challenge_id, "dashboard")


async def sign_in(tx: Transaction, secret: str, code: str, *, context: AuthenticationContext, now: datetime) -> str:
    """Sign in with a one-time password. Return the secret of a new session; the old session is ended.

    Raise CodeRefused or IdentifierLocked.
    """
    challenge = await pending_challenge(tx, secret, now)
    if challenge is None:
        raise CodeRefused("closed")
    login_id = await authentication.verify_code(tx, challenge.id, code, "dashboard", context=context, now=now)
    add = partial(store.save_session, tx, challenge_id=challenge.id, login_id=login_id, now=now)
    return await _SESSIONS.replace(tx, secret, now, add)


async def signed_in_login(tx: Transaction, directory: Directory, secret: str, now: datetime) -> UUID | None:
    """Return the login that is signed in with this secret, or None. Record that the session was used.

    Return None if the session is unknown, ended, too old, idle for too long or not signed in, or its login is disabled.
    """
    session = await _SESSIONS.current(tx, secret, now)
    if session is None or session.login_id is None or await directory.login_by_id(tx, session.login_id) is None:
        return None
    await _SESSIONS.record_use(tx, secret, now)
    return session.login_id


async def was_signed_in(tx: Transaction, secret: str) -> bool:
    """Return whether a person signed in with this secret and has not signed out, even if the session has timed out."""
    session = await _SESSIONS.not_ended(tx, secret)
    return session is not None and session.login_id is not None


async def is_used_or_ended(tx: Transaction, secret: str) -> bool:
    """Return whether the session with this secret has a login or was ended, so that it cannot be used for a sign-in."""
    return await store.is_used_or_ended(tx, digest(secret))


async def sign_out(tx: Transaction, secret: str, now: datetime) -> None:
    """End a session."""
    await _SESSIONS.end(tx, secret, now)


async def _save_challenge(tx: Transaction, secret: str, challenge: Challenge, now: datetime) -> None:
    await store.save_session(tx, digest(secret), challenge_id=challenge.id, login_id=None, now=now)
