"""How far back the data of a closed account is disclosed.

A customer with an open account also shares the closed ones. Billing and metering data of a closed account is disclosed
unless it is about something that happened more than two years before the request (CDR Rules, Schedule 4, clause 3.2;
C-P5). For example, on 1 January 2025 that is everything from 1 January 2023 on. Data of open accounts is not limited.
"""

from datetime import date
from typing import Final

from tenants.operations.filters import months_before

_MONTHS: Final = 24


def first_disclosed_day(today: date) -> date:
    """Return the first day whose billing and metering data is disclosed for a closed account, if asked for `today`."""
    return months_before(today, _MONTHS)
