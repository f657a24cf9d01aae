"""The step in which a person enters a one-time password, in the consent flow and at the dashboard."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from litestar import Request

from apps.http.authentication import authentication_context
from apps.http.typed_identifiers import typed_identifier
from haas.clock import epoch
from haas.database import Transaction
from tenants.authentication import service as authentication
from tenants.authentication.errors import IdentifierLocked
from tenants.authentication.limits import CODE_LIFETIME, DAY
from tenants.authentication.models import AuthenticationContext, Challenge
from themes import wording
from themes.problems import problem

IDENTIFIER_LOCKED: Final = "identifier-locked"
"""The problem after which the page that asks for an identifier says until when no code is sent for it."""
_LOCKED: Final = "code-locked"
_NOT_SENT: Final = "code-not-sent"


class CodeEntry(NamedTuple):
    """What a page of the step needs that does not come from the database."""

    context: AuthenticationContext
    typed: str | None
    """What the person has typed as identifier in this flow or session, if the browser still has it."""


async def code_entry(request: Request[Any, Any, Any], secret: str) -> CodeEntry:
    """Return the entry of the flow or session with this secret. Call this while no transaction is open."""
    return CodeEntry(await authentication_context(request), typed_identifier(request, secret))


async def code_values(
    tx: Transaction, entry: CodeEntry, challenge: Challenge, problem_name: str | None, *, now: datetime
) -> dict[str, Any]:
    """Return the values of a page that asks for the code of a challenge.

    They are the same for identifiers with and without a login. An error about an answer is shown only as long as the
    code can be entered: afterwards, the page says what the person can do.
    """
    locked = problem_name == _LOCKED
    status = await authentication.code_status(tx, challenge, context=entry.context, now=now, new_code=locked)
    is_open = status.state == "open"
    if not is_open:
        problem_name = None
    elif locked:
        problem_name = None if status.locked_until is None else _NOT_SENT
    typed = entry.typed
    if typed is not None and not authentication.is_challenge_for(challenge, typed, entry.context):
        typed = None
    return {
        "challenge": challenge.id.hex,
        "state": status.state,
        "locked_until": None if status.locked_until is None else wording.next_minute(status.locked_until),
        "typed": typed,
        "sent_at": challenge.created_at,
        "replaces": await authentication.has_replaced_another(tx, challenge),
        "expires_at": challenge.expires_at,
        "lifetime": wording.duration(int(CODE_LIFETIME.total_seconds())),
        "problem": problem(problem_name, tries_left=challenge.tries_left),
    }


def lock_parameters(error: IdentifierLocked) -> dict[str, str]:
    """Return the parameter of the address of a page that says until when no code is sent, in seconds since 1970."""
    return {"until": str(epoch(wording.next_minute(error.until)))}


def locked_until(text: str | None, now: datetime) -> datetime | None:
    """Return the time of `lock_parameters`, or None if it is malformed, over, or too far away."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > len("99999999999"):
        return None
    until = datetime.fromtimestamp(int(text), UTC)
    return until if now < until <= now + DAY + timedelta(minutes=1) else None
