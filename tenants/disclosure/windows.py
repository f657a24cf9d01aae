"""The days of a service point for which a request is given meter reads (C-P5 to C-P10).

- A service point that supplies an open account today: the days that the recipient asks for, unchanged. The beginning of
  the supply does not limit them: the market's consumer change date does, where the source has one (C-P7).
- A service point of a closed account, or one whose supply of an open account has ended: the days on which the customer
  held the account and the service point supplied it, but nothing from more than two years before the request (C-P5).
- A service point of several accounts: the union of both. Periods that touch or overlap become one, so a read is in at
  most one of the windows, and each read is given once (C-P10).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from tenants.accounts.closed_accounts import first_disclosed_day
from tenants.disclosure.models import SupplyPeriod
from tenants.sources.contract import EVERY_DAY, Days, Window

_DAY: Final = timedelta(days=1)

Control = Mapping[UUID, Sequence[Days]]
"""The periods in which the customer controls each service point, in ascending order and with days between them."""


def control_of(periods: Iterable[SupplyPeriod], today: date) -> Control:
    """Return the periods of control of every service point of `periods`. `today` is the day of the request.

    A service point whose periods are too old has none.
    """
    oldest = first_disclosed_day(today)
    found: dict[UUID, list[Days]] = {}
    for point, _, is_current, first, last in periods:
        days = EVERY_DAY if is_current else Days(max(first, oldest), last or date.min)
        found.setdefault(point, []).append(days)
    return {point: _united(days) for point, days in found.items()}


def windows_of(control: Control, owners: Iterable[UUID], asked: Days) -> dict[UUID, list[Window]]:
    """Return the windows of `owners` for a request that asks for some days. Owners without a window are left out."""
    found = {owner: _windows(control[owner], asked) for owner in owners}
    return {owner: windows for owner, windows in found.items() if windows}


def _windows(periods: Iterable[Days], asked: Days) -> list[Window]:
    limited = (Window(max(asked.first, each.first), min(asked.last, each.last), each) for each in periods)
    return [window for window in limited if window.first <= window.last]


def _united(periods: Iterable[Days]) -> list[Days]:
    """Return periods with the same days, in ascending order, none of which touches another one."""
    united: list[Days] = []
    for days in sorted(days for days in periods if days.first <= days.last):
        if united and (days.first <= united[-1].last or days.first - _DAY == united[-1].last):
            united[-1] = Days(united[-1].first, max(united[-1].last, days.last))
        else:
            united.append(days)
    return united
