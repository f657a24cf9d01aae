"""`haas report`: the figures that a data holder reports."""

from datetime import datetime

import click
import msgspec

from haas.database import Transaction
from ops.cli._in_tenant import in_tenant
from tenants.records import half_year
from tenants.records.models import HalfYearReport
from tenants.registry.models import Tenant


@click.group("report")
def command() -> None:
    """Print the figures that a data holder reports."""


@command.command("9.4")
@click.argument("slug")
@click.option("--period", required=True, help="A half year: 2026-H1 or 2026-H2.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rule_9_4(slug: str, *, period: str, as_json: bool) -> None:
    """Print the figures of the tenant SLUG for the report under rule 9.4 of the CDR Rules."""

    async def read(tx: Transaction, tenant: Tenant, now: datetime) -> HalfYearReport:
        return await half_year.report(tx, tenant, period, now)

    report = in_tenant(slug, read)
    click.echo(msgspec.json.encode(report).decode() if as_json else _text(report))


def _text(report: HalfYearReport) -> str:
    complaints = report.complaints
    days = complaints.average_days_to_resolve
    lines = [
        f"{report.brand} ({report.retailer}), {report.first_day} to {report.last_day}, due on {report.due_on}",
        "",
        f"Consumer data requests from accredited persons: {report.requests_of_accredited_persons}",
        f"Refused requests: {sum(report.refused_requests_by_rule.values())}",
        *(f"  rule {rule}: {number}" for rule, number in report.refused_requests_by_rule.items()),
        f"Decisions to refuse: {sum(report.refusal_decisions_by_rule.values())}",
        *(f"  rule {rule}: {number}" for rule, number in report.refusal_decisions_by_rule.items()),
        f"Consumer complaints received: {complaints.consumer_complaints_received}",
        *(f"  {own_type}: {number}" for own_type, number in complaints.by_type.items()),
        f"Consumer complaints resolved: {complaints.resolved}",
        f"Average days to resolve: {'none' if days is None else days}",
        f"Referred to the ombudsman: {complaints.referred_to_ombudsman}",
        f"Resolved by the ombudsman: {complaints.resolved_by_ombudsman}",
        f"Product data complaints received: {complaints.product_complaints_received}",
    ]
    if not report.is_complete:
        lines += ["", "The period is not over, or the counts of its first days are not stored any more."]
    return "\n".join(lines)
