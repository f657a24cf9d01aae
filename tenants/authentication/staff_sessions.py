"""Sessions of the retailer's staff on the admin host. The staff sign in with the retailer's OpenID provider."""

from datetime import datetime
from functools import partial
from uuid import UUID

from haas.database import Transaction
from haas.sessions import Sessions
from tenants.authentication import store
from tenants.authentication.limits import STAFF_SESSIONS
from tenants.authentication.store import SessionRows
from tenants.staff import store as staff
from tenants.staff.models import StaffMember

_SESSIONS = Sessions(SessionRows("admin"), STAFF_SESSIONS)


async def begin(tx: Transaction, secret: str, staff_id: UUID, now: datetime) -> str:
    """Begin a session of a member of the staff who has signed in. Return its secret.

    The session with `secret`, which the browser had before, is ended. `secret` is empty if it had none.
    """
    add = partial(store.add_staff_session, tx, surface="admin", staff_id=staff_id, now=now)
    return await _SESSIONS.replace(tx, secret, now, add)


async def signed_in_member(tx: Transaction, secret: str, now: datetime) -> StaffMember | None:
    """Return the member of the staff who is signed in with this secret, or None. Record that the session was used.

    Return None if the session is unknown, ended, too old or idle for too long, or if the member is disabled.
    """
    session = await _SESSIONS.current(tx, secret, now)
    member = None if session is None or session.staff_id is None else await staff.by_id(tx, session.staff_id)
    if member is None or member.disabled_at is not None:
        return None
    await _SESSIONS.record_use(tx, secret, now)
    return member


async def sign_out(tx: Transaction, secret: str, now: datetime) -> None:
    """End a session."""
    await _SESSIONS.end(tx, secret, now)
