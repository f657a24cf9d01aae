"""Sessions of the dashboard. Persons sign in with a one-time password.

A session does not authenticate a person in the consent flow.
"""

from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from haas.database import Transaction
from haas.digest import digest
from haas.sessions import Sessions
from tenants.authentication import service as authentication
from tenants.authentication import store
from tenants.authentication.errors import CodeRefused
from tenants.authentication.limits import DASHBOARD_SESSIONS
from tenants.authentication.models import AuthenticationContext, Challenge
from tenants.parties.models import NOBODY, Login, Person

_SESSIONS = Sessions(store.DASHBOARD, DASHBOARD_SESSIONS)


class SignedIn(NamedTuple):
    """What the browser keeps after a sign-in."""

    secret: str
    """The secret of the new session."""
    known_browser: str
    """The value of the cookie by which the browser is known from now on."""


class OpenSession(NamedTuple):
    """A session in which a person is signed in."""

    login_id: UUID
    ends_at: datetime
    """When it ends if it is not used again."""
    can_last_longer: bool
    """Whether using it later moves its end."""


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
    session = await _SESSIONS.current(tx, secret, now)
    if session is None or session.login_id is not None or session.challenge_id is None:
        return None
    return await authentication.load_challenge(tx, session.challenge_id, "dashboard", now)


async def sign_in(
    tx: Transaction, secret: str, code: str, *, person: Person, context: AuthenticationContext, now: datetime
) -> SignedIn:
    """Sign in with a one-time password. The old session is ended.

    `person` is the directory's answer for `challenged_login_to_ask_for`. Raise CodeRefused or IdentifierLocked.
    """
    challenge = await _required_challenge(tx, secret, now)
    login_id = await authentication.verify_code(
        tx, challenge.id, code, "dashboard", person=person, context=context, now=now
    )
    return await _signed_in(tx, secret, challenge, login_id, context=context, now=now)


async def sign_in_by_link(
    tx: Transaction, secret: str, token: str, *, person: Person, context: AuthenticationContext, now: datetime
) -> SignedIn:
    """Sign in with the link of the message. The old session is ended.

    `person` is the directory's answer for `challenged_login_to_ask_for`. Raise CodeRefused or IdentifierLocked.
    """
    challenge = await _required_challenge(tx, secret, now)
    login_id = await authentication.verify_link(tx, challenge.id, token, person=person, context=context, now=now)
    return await _signed_in(tx, secret, challenge, login_id, context=context, now=now)


async def is_link_right(
    tx: Transaction, secret: str, token: str, *, context: AuthenticationContext, now: datetime
) -> bool:
    """Return whether `sign_in_by_link` would accept the link with this token. Nothing is changed."""
    challenge = await pending_challenge(tx, secret, now)
    return challenge is not None and authentication.is_link_of(challenge, token, context=context, now=now)


async def _required_challenge(tx: Transaction, secret: str, now: datetime) -> Challenge:
    challenge = await pending_challenge(tx, secret, now)
    if challenge is None:
        raise CodeRefused("closed")
    return challenge


async def _signed_in(
    tx: Transaction,
    secret: str,
    challenge: Challenge,
    login_id: UUID,
    *,
    context: AuthenticationContext,
    now: datetime,
) -> SignedIn:
    add = partial(store.save_session, tx, challenge_id=challenge.id, login_id=login_id, now=now)
    new_secret = await _SESSIONS.replace(tx, secret, now, add)
    return SignedIn(new_secret, authentication.mark_of(challenge, context, now))


async def login_if_right(
    tx: Transaction, secret: str, code: str, *, person: Person, context: AuthenticationContext, now: datetime
) -> UUID | None:
    """Return the login that `sign_in` would sign in with this code, or None. Nothing is changed.

    `person` is as for `sign_in`.
    """
    challenge = await pending_challenge(tx, secret, now)
    if challenge is None:
        return None
    return await authentication.login_if_right(
        tx, challenge.id, code, "dashboard", person=person, context=context, now=now
    )


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


async def open_session(tx: Transaction, person: Person | None, secret: str, now: datetime) -> OpenSession | None:
    """Return the session in which somebody is signed in with this secret, or None. Record that it was used.

    `person` is the directory's answer for `login_to_ask_for`. Return None if the session is unknown, ended, too old,
    idle for too long or not signed in, or its login is disabled.
    """
    session = await _SESSIONS.current(tx, secret, now)
    if session is None or person is None or person.login is None or session.login_id != person.login_id:
        return None
    await _SESSIONS.record_use(tx, secret, now)
    ends_at = _SESSIONS.times_out_at(session, now)
    return OpenSession(person.login_id, ends_at, ends_at < session.created_at + _SESSIONS.limits.lifetime)


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
