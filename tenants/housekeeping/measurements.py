"""What is read from the database for those who watch the deployment: one transaction for each tenant, and two more."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from haas.database import Database, Namespace
from tenants.authentication import budgets
from tenants.authentication import store as authentication
from tenants.authentication.limits import CODES_OF_A_TENANT
from tenants.corrections import store as corrections
from tenants.market import store as market
from tenants.market.models import AccessState
from tenants.notices import store as notices
from tenants.notices.models import ReportCounts
from tenants.register import store as register
from tenants.registry.models import Tenant

REPORTS_COUNTED: Final = timedelta(hours=1)


class TenantMeasurement(msgspec.Struct, frozen=True):
    """The state of one tenant."""

    longest_overdue_seconds: float
    """For how long the notice that has waited longest is due, or zero if none is due."""
    code_budget_used: float
    """The share of the one-time passwords of an hour that were sent in the last hour, from 0 to 1."""
    wrong_answers: float
    """The wrong answers, without those in known browsers, as a share of those of an attack; it can exceed 1."""
    findings_overdue: int
    """How many findings about changed data, and persons who must be told of them, are past the time limit."""
    reports: ReportCounts
    """How many text messages the brand's own gateway has reported as delivered, and as failed, in the last hour."""


async def measure_tenant(database: Database, tenant: Tenant, now: datetime) -> TenantMeasurement:
    """Read the state of a tenant. Raises Unavailable."""
    async with database.transaction(tenant.namespace) as tx:
        overdue = await notices.longest_overdue(tx, now)
        codes = await authentication.codes_sent(tx, now, CODES_OF_A_TENANT.window)
        wrong_answers = await budgets.share_of_an_attack(tx, now)
        findings = await corrections.owed(tx, now)
        reports = await notices.reports_since(tx, now - REPORTS_COUNTED)
    return TenantMeasurement(
        longest_overdue_seconds=overdue.total_seconds(),
        code_budget_used=codes / CODES_OF_A_TENANT.most,
        wrong_answers=wrong_answers,
        findings_overdue=findings.total,
        reports=reports,
    )


async def poll_times(database: Database, control: Namespace) -> dict[str, datetime | None]:
    """Return when each Register was read last, by the id of its environment. Raises Unavailable."""
    async with database.transaction(control) as tx:
        return await register.poll_times(tx)


async def access_states(database: Database, market_change: Namespace) -> list[AccessState]:
    """Return until when each participant has access to AEMO. Raises Unavailable."""
    async with database.transaction(market_change) as tx:
        return await market.access_states(tx)
