"""How many codes and wrong answers are allowed, by identifier, by network and by tenant (`limits`).

The budgets of an identifier are kept apart for known browsers and for other browsers. Wrong answers of strangers never
lock out a person whose browser is known. Only in a known browser does a right answer reset the counts: elsewhere, an
attacker would see from it that the identifier exists and is in use.

The same statements are executed for identifiers with and without a login. The functions that require something raise
IdentifierLocked.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple

from haas.database import Transaction
from tenants.authentication import store
from tenants.authentication.errors import IdentifierLocked
from tenants.authentication.limits import (
    ALARM_AT,
    CODES_FOR_STRANGERS,
    CODES_OF_A_NETWORK,
    CODES_OF_A_TENANT,
    CODES_OF_AN_IDENTIFIER,
    DAY,
    WRONG_ANSWERS_OF_A_NETWORK,
    WRONG_ANSWERS_OF_A_NETWORK_UNDER_ATTACK,
    WRONG_ANSWERS_OF_A_TENANT,
    WRONG_ANSWERS_OF_AN_IDENTIFIER,
    Budget,
)
from tenants.authentication.models import ChallengeSummary

logger = logging.getLogger(__name__)
_ALARM_AGAIN_AFTER: Final = timedelta(minutes=5)
_alarmed_at: Final[dict[tuple[str, str], datetime]] = {}
"""When this process last logged an alarm, by schema and name. An attack must not fill the log."""


class Asking(NamedTuple):
    """Who asks for a code, or answers one."""

    identifier_hash: bytes
    network_hash: bytes | None
    is_known_browser: bool


async def require_answers_left(tx: Transaction, asking: Asking, now: datetime) -> Sequence[ChallengeSummary]:
    """Return the identifier's challenges of the last day that count. Lock the identifier until the transaction ends.

    The requests for an identifier are counted one after the other, so parallel requests have no larger budget.
    """
    await store.lock_identifier(tx, asking.identifier_hash)
    return await _past_challenges(tx, asking, now)


async def locked_until(tx: Transaction, asking: Asking, now: datetime, *, new_code: bool) -> datetime | None:
    """Return until when no answer is accepted and, with `new_code`, no code is sent. None: both are possible now.

    It is for a page that says so: nothing is locked, so a request that is processed at the same time can change it.
    """
    try:
        past = await _past_challenges(tx, asking, now)
        if new_code:
            await require_codes_left(tx, asking, past, now)
    except IdentifierLocked as locked:
        return locked.until
    return None


async def _past_challenges(tx: Transaction, asking: Asking, now: datetime) -> Sequence[ChallengeSummary]:
    known = asking.is_known_browser
    past = await store.results_of_identifier(tx, asking.identifier_hash, now, DAY, is_known_browser=known)
    if known:
        past = _after_last_right_answer(past)
    _require_below(past, WRONG_ANSWERS_OF_AN_IDENTIFIER, now)
    if not known and asking.network_hash is not None:
        of_network = await store.failures_of_network(tx, asking.network_hash, now, DAY)
        _require_below(of_network, await _budgets_of_a_network(tx, now), now)
    return past


async def require_codes_left(tx: Transaction, asking: Asking, past: Sequence[ChallengeSummary], now: datetime) -> None:
    """Require that a code may be sent. `past` is the answer of `require_answers_left`."""
    most, window = CODES_OF_AN_IDENTIFIER
    unanswered = [each for each in _within(past, window, now) if not each.answered]
    if len(unanswered) >= most:
        raise IdentifierLocked(unanswered[-most].created_at + window)
    if not asking.is_known_browser and asking.network_hash is not None:
        most, window = CODES_OF_A_NETWORK
        at = await store.nth_latest_of_network(tx, asking.network_hash, most, now, window)
        if at is not None:
            raise IdentifierLocked(at + window)
    await _require_codes_of_tenant(tx, CODES_OF_A_TENANT if asking.is_known_browser else CODES_FOR_STRANGERS, now)


async def _budgets_of_a_network(tx: Transaction, now: datetime) -> Sequence[Budget]:
    """Return the budgets of every network, which are smaller while the tenant is under attack."""
    most, window = WRONG_ANSWERS_OF_A_TENANT
    failures = await store.number_of_failures(tx, now, window)
    if failures >= most:
        if _is_alarm_due(tx, "attack", now):
            logger.error("authentication.many_wrong_answers", extra={"answers": failures, "limit": most})
        return WRONG_ANSWERS_OF_A_NETWORK_UNDER_ATTACK
    if failures >= most * ALARM_AT and _is_alarm_due(tx, "answers", now):
        logger.warning("authentication.many_wrong_answers", extra={"answers": failures, "limit": most})
    return WRONG_ANSWERS_OF_A_NETWORK


async def _require_codes_of_tenant(tx: Transaction, budget: Budget, now: datetime) -> None:
    most, window = budget
    at = await store.nth_latest_sent(tx, most, now, window)
    if at is not None:
        if _is_alarm_due(tx, "no codes", now):
            logger.error("authentication.too_many_codes", extra={"limit": most})
        raise IdentifierLocked(at + window)
    alarm = int(CODES_OF_A_TENANT.most * ALARM_AT)
    if await store.nth_latest_sent(tx, alarm, now, window) is not None and _is_alarm_due(tx, "codes", now):
        logger.warning("authentication.many_codes", extra={"codes": alarm, "limit": most})


def _is_alarm_due(tx: Transaction, name: str, now: datetime) -> bool:
    key = (tx.namespace.schema, name)
    last = _alarmed_at.get(key)
    if last is not None and timedelta(0) <= now - last < _ALARM_AGAIN_AFTER:
        return False
    _alarmed_at[key] = now
    return True


def _require_below(past: Sequence[ChallengeSummary], budgets: Sequence[Budget], now: datetime) -> None:
    """Raise IdentifierLocked if the wrong answers have used a budget, until all budgets have something left."""
    until = max(chain.from_iterable(_used_until(past, budget, now) for budget in budgets), default=None)
    if until is not None:
        raise IdentifierLocked(until)


def _used_until(past: Sequence[ChallengeSummary], budget: Budget, now: datetime) -> list[datetime]:
    """Return when the budget has something left again, or nothing if it has something left now."""
    recent = _within(past, budget.window, now)
    failures = sum(each.failures for each in recent)
    for each in recent:
        if failures < budget.most:
            break
        failures -= each.failures
        if failures < budget.most:
            return [each.created_at + budget.window]
    return []


def _within(past: Sequence[ChallengeSummary], window: timedelta, now: datetime) -> Sequence[ChallengeSummary]:
    """Return the challenges of the last `window`. For those in the future, see `store`: the clock was moved back."""
    return [each for each in past if now - window < each.created_at <= now + window]


def _after_last_right_answer(past: Sequence[ChallengeSummary]) -> Sequence[ChallengeSummary]:
    last_right_answer = max((index for index, challenge in enumerate(past) if challenge.answered), default=-1)
    return past[last_right_answer + 1 :]
