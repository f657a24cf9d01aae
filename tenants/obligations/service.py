"""Where each obligation stands, which tenants it touches, and the daily warning."""

import logging
from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from tenants.obligations.calendar import obligations
from tenants.obligations.models import Obligation, ObligationState
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

_SHOWN: Final = 50


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An obligation on a day."""

    id: str
    state: ObligationState
    day: date | None
    days_left: int | None
    """The days until it is owed. Negative: it has been owed for so long."""
    what: str
    who: str
    source: str
    is_announced: bool
    met_by: str | None
    needs_work: bool
    tenants: list[str] | None
    """The slugs of the tenants that it touches. None: the tenants were not asked for."""


def standings(
    today: date, tenants: Iterable[Tenant] | None = None, listed: Iterable[Obligation] | None = None
) -> list[Standing]:
    """Return where each obligation stands on a day, with the tenants that it touches."""
    asked = None if tenants is None else list(tenants)
    return [_standing(each, today, asked) for each in (obligations() if listed is None else listed)]


def warn_of(today: date, tenants: Iterable[Tenant], listed: Iterable[Obligation] | None = None) -> int:
    """Log a warning for each obligation that is owed or due soon, touches a tenant and is not met. Return their number.

    With no tenant, there is nobody who owes anything.
    """
    due = [each for each in standings(today, tenants, listed) if each.needs_work and each.tenants]
    for each in due:
        touched = each.tenants or []
        logger.warning(
            "obligation.due",
            extra={
                "obligation": each.id,
                "day": str(each.day),
                "days_left": each.days_left,
                "number": len(touched),
                "touched": touched[:_SHOWN],
            },
        )
    return len(due)


def _standing(obligation: Obligation, today: date, tenants: list[Tenant] | None) -> Standing:
    touched = None if tenants is None else [each.slug for each in tenants if obligation.touches(each.settings)]
    return Standing(
        id=obligation.id,
        state=obligation.state(today),
        day=obligation.day,
        days_left=None if obligation.day is None else (obligation.day - today).days,
        what=obligation.what,
        who=obligation.who,
        source=obligation.source,
        is_announced=obligation.is_announced,
        met_by=obligation.met_by,
        needs_work=obligation.needs_work(today),
        tenants=touched,
    )
