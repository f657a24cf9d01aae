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
from typing import Final, NamedTuple

from haas.database import Transaction
from tenants.authentication import store
from tenants.authentication.errors import IdentifierLocked
from tenants.authentication.limits import (
    ALARM_AT,
    CODES_OF_A_TENANT,
    CODES_OF_AN_IDENTIFIER,
    DAY,
    STRANGERS,
    STRANGERS_UNDER_ATTACK,
    WRONG_ANSWERS_OF_A_TENANT,
    WRONG_ANSWERS_OF_AN_IDENTIFIER,
    Budget,
    StrangerLimits,
)
from tenants.authentication.models import ChallengeSummary
from tenants.authentication.networks import networks_of

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
    used_until = _used_until(past, WRONG_ANSWERS_OF_AN_IDENTIFIER, now)
    if not known and asking.network_hash is not None:
        limits = await limits_of_strangers(tx, now)
        for network in networks_of(asking.network_hash):
            of_network = await store.failures_of_network(tx, network.prefix, now, DAY)
            shares = [_times(budget, network.share) for budget in limits.wrong_answers_of_a_network]
            used_until += _used_until(of_network, shares, now)
    if used_until:
        raise IdentifierLocked(max(used_until))
    return past


async def require_codes_left(tx: Transaction, asking: Asking, past: Sequence[ChallengeSummary], now: datetime) -> None:
    """Require that a code may be sent. `past` is the answer of `require_answers_left`."""
    most, window = CODES_OF_AN_IDENTIFIER
    unanswered = [each for each in _within(past, window, now) if not each.answered]
    if len(unanswered) >= most:
        raise IdentifierLocked(unanswered[-most].created_at + window)
    if asking.is_known_browser:
        return await _require_codes_of_tenant(tx, CODES_OF_A_TENANT, now)
    limits = await limits_of_strangers(tx, now)
    for network in [] if asking.network_hash is None else networks_of(asking.network_hash):
        most, window = _times(limits.codes_of_a_network, network.share)
        at = await store.nth_latest_of_network(tx, network.prefix, most, now, window)
        if at is not None:
            raise IdentifierLocked(at + window)
    return await _require_codes_of_tenant(tx, limits.codes_of_a_tenant, now)


async def limits_of_strangers(tx: Transaction, now: datetime) -> StrangerLimits:
    """Return the limits of browsers that are not known. They are smaller while the tenant is under attack."""
    share = await share_of_an_attack(tx, now)
    if share >= 1:
        if _is_alarm_due(tx, "attack", now):
            logger.error("authentication.many_wrong_answers", extra={"share": share})
        return STRANGERS_UNDER_ATTACK
    if share >= ALARM_AT and _is_alarm_due(tx, "answers", now):
        logger.warning("authentication.many_wrong_answers", extra={"share": share})
    return STRANGERS


async def share_of_an_attack(tx: Transaction, now: datetime) -> float:
    """Return the tenant's wrong answers as a share of those from which on it is under attack, which is then at least 1.

    Each challenge that is counted has a wrong answer, so there is no need to count more of them than the budget.
    """
    return max([
        await store.number_of_failures(tx, now, window, most) / most for most, window in WRONG_ANSWERS_OF_A_TENANT
    ])  # fmt: skip


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


def _times(budget: Budget, share: int) -> Budget:
    return Budget(budget.most * share, budget.window)


def _used_until(past: Sequence[ChallengeSummary], budgets: Sequence[Budget], now: datetime) -> list[datetime]:
    """Return when each budget that the wrong answers have used has something left again."""
    return [until for budget in budgets if (until := _budget_used_until(past, budget, now)) is not None]


def _budget_used_until(past: Sequence[ChallengeSummary], budget: Budget, now: datetime) -> datetime | None:
    recent = _within(past, budget.window, now)
    failures = sum(each.failures for each in recent)
    for each in recent:
        if failures < budget.most:
            return None
        failures -= each.failures
        if failures < budget.most:
            return each.created_at + budget.window
    return None


def _within(past: Sequence[ChallengeSummary], window: timedelta, now: datetime) -> Sequence[ChallengeSummary]:
    """Return the challenges of the last `window`. For those in the future, see `store`: the clock was moved back."""
    return [each for each in past if now - window < each.created_at <= now + window]


def _after_last_right_answer(past: Sequence[ChallengeSummary]) -> Sequence[ChallengeSummary]:
    last_right_answer = max((index for index, challenge in enumerate(past) if challenge.answered), default=-1)
    return past[last_right_answer + 1 :]
