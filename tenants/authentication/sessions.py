"""Sessions of the dashboard. A session is identified by a secret that only the browser stores.

A session does not authenticate a person in the consent flow.
"""

import re
import secrets
from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from haas.digest import digest
from tenants.authentication import service as authentication
from tenants.authentication import store
from tenants.authentication.errors import CodeRefused
from tenants.authentication.limits import SESSION_IDLE_LIMIT, SESSION_LIFETIME
from tenants.authentication.models import AuthenticationContext, Challenge, Session
from tenants.parties.models import NOBODY, Login, Person

_SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def new_secret() -> str:
    """Return a secret of 256 bits for a new session."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def is_well_formed_secret(secret: str) -> bool:
    """Return whether a cookie's value has the form of a session secret."""
    return _SECRET.match(secret) is not None


async def request_code(
    tx: Transaction,
    secret: str,
    identifier: str,
    login: Login | None,
    *,
    context: AuthenticationContext,
    now: datetime,
) -> None:
    """Send a one-time password for the session with this secret. Raise IdentifierLocked.

    `login` is the directory's answer for the identifier. Send nothing if the session already has a challenge for this
    identifier that can be answered.
    """
    challenge = await pending_challenge(tx, secret, now)
    if (
        challenge is None
        or not challenge.can_be_answered(now)
        or not authentication.is_challenge_for(challenge, identifier, context)
    ):
        sent = await authentication.send_code(tx, identifier, login, "dashboard", context=context, now=now)
        await _save_challenge(tx, secret, sent, now)


async def resend_code(
    tx: Transaction, secret: str, replaces: str, *, person: Person, context: AuthenticationContext, now: datetime
) -> None:
    """Send a new code in place of challenge `replaces` (its id in hex). Send nothing if it was already replaced.

    `person` is the directory's answer for `challenged_login_to_ask_for`. Raise CodeRefused if the session has no
    challenge. Raise IdentifierLocked.
    """
    challenge = await pending_challenge(tx, secret, now)
    if challenge is None:
        raise CodeRefused("closed")
    if challenge.id.hex == replaces:
        sent = await authentication.resend_code(tx, challenge, person, context=context, now=now)
        await _save_challenge(tx, secret, sent, now)


async def pending_challenge(tx: Transaction, secret: str, now: datetime) -> Challenge | None:
    """Return the challenge that the session with this secret must answer, or None."""
    session = await _valid_session(tx, secret, now)
    if session is None or session.login_id is not None or session.challenge_id is None:
        return None
    return await authentication.load_challenge(tx, session.challenge_id, "dashboard")


async def sign_in(
    tx: Transaction, secret: str, code: str, *, person: Person, context: AuthenticationContext, now: datetime
) -> str:
    """Sign in with a one-time password. Return the secret of a new session; the old session is ended.

    `person` is the directory's answer for `challenged_login_to_ask_for`. Raise CodeRefused or IdentifierLocked.
    """
    challenge = await pending_challenge(tx, secret, now)
    if challenge is None:
        raise CodeRefused("closed")
    login_id = await authentication.verify_code(
        tx, challenge.id, code, "dashboard", person=person, context=context, now=now
    )
    signed_in = new_secret()
    await store.end_session(tx, digest(secret), now)
    await store.save_session(tx, digest(signed_in), challenge_id=challenge.id, login_id=login_id, now=now)
    return signed_in


async def login_to_ask_for(tx: Transaction, secret: str) -> UUID | None:
    """Return the login for which the directory must be asked before a request of this session is processed, or None.

    Whether the session is still valid is checked later.
    """
    return await store.signed_in_login(tx, digest(secret)) if secret else None


async def challenged_login_to_ask_for(tx: Transaction, secret: str) -> UUID:
    """Return the login for which the directory must be asked before a code is sent again or answered.

    It is `NOBODY` where the challenge has no login, so that the directory is asked in every case.
    """
    return (await store.challenged_login(tx, digest(secret)) if secret else None) or NOBODY


async def signed_in_login(tx: Transaction, person: Person | None, secret: str, now: datetime) -> UUID | None:
    """Return the login that is signed in with this secret, or None. Record that the session was used.

    `person` is the directory's answer for `login_to_ask_for`. Return None if the session is unknown, ended, too old,
    idle for too long or not signed in, or its login is disabled.
    """
    session = await _valid_session(tx, secret, now)
    if session is None or person is None or person.login is None or session.login_id != person.login_id:
        return None
    await store.record_session_use(tx, digest(secret), now)
    return session.login_id


async def was_signed_in(tx: Transaction, secret: str) -> bool:
    """Return whether a person signed in with this secret and has not signed out, even if the session has timed out."""
    session = await store.load_session(tx, digest(secret))
    return session is not None and session.login_id is not None


async def is_used_or_ended(tx: Transaction, secret: str) -> bool:
    """Return whether the session with this secret has a login or was ended, so that it cannot be used for a sign-in."""
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
