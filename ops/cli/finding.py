"""`haas finding`: decide whether changed data was wrong when it was disclosed, and follow the notices."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar, get_args
from uuid import UUID

import click

from haas.database import Transaction
from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import actor, columns
from ops.operator_access import OperatorAccess
from tenants.corrections import service, store
from tenants.corrections.models import Affected, DisclosureFinding, FindingState
from tenants.registry.models import Tenant

_Result = TypeVar("_Result")
_Work = Callable[[Transaction, Tenant, datetime], Awaitable[_Result]]
_slug = click.argument("slug")
_findings = click.argument("finding_ids", nargs=-1, required=True, type=click.UUID)
_affected = click.argument("affected_id", type=click.UUID)
_reason = click.option("--reason", required=True, help="Why, for the audit trail. Do not write any data of a customer.")


@click.group("finding")
def command() -> None:
    """Decide about findings: an import has changed data that was disclosed before."""


@command.command("list")
@_slug
@click.option("--state", type=click.Choice((*get_args(FindingState), "all")), default="open", show_default=True)
def list_(slug: str, state: str) -> None:
    """List the findings of the tenant SLUG, oldest first.

    DUE is when the consumers must be told, if the data was wrong (CDR Rules 7.10).
    """

    async def read(tx: Transaction, _: Tenant, __: datetime) -> tuple[list[DisclosureFinding], dict[UUID, str]]:
        found = await store.findings(tx, None if state == "all" else state)  # type: ignore[arg-type]
        return found, await store.references_of(tx, found)

    tenant, (found, references) = asyncio.run(_run(command_settings(), slug, read))
    if not found:
        click.echo(f"{tenant.name} has no such findings.")
        return
    rows = [
        (
            str(each.id),
            each.state,
            each.resource,
            references.get(each.account_id or each.service_point_id or each.id, "-"),
            str(each.first_day),
            str(each.last_day),
            _local(each.found_at, tenant),
            _local(each.due_at, tenant),
        )
        for each in found
    ]
    _table(("ID", "STATE", "DATA", "OF", "FIRST DAY", "LAST DAY", "FOUND", "DUE"), rows)


@command.command("confirm")
@_slug
@_findings
@_reason
def confirm(slug: str, finding_ids: tuple[UUID, ...], reason: str) -> None:
    """State that the data was wrong when it was disclosed. Everybody who authorised its disclosure is told."""

    async def decide(tx: Transaction, tenant: Tenant, now: datetime) -> list[list[Affected]]:
        decision: dict[str, Any] = {"actor": actor(), "reason": reason, "brand_name": tenant.name, "now": now}
        return [await service.confirm(tx, each, **decision) for each in finding_ids]

    _, confirmed = asyncio.run(_run(command_settings(), slug, decide))
    for finding_id, affected in zip(finding_ids, confirmed, strict=True):
        told = sum(each.told_at is not None for each in affected)
        click.echo(f"Confirmed {finding_id}. Affected disclosures: {len(affected)}. Notices: {told}.")
        if told < len(affected):
            click.echo(
                f"Tell {len(affected) - told} by other means: haas finding affected {slug} {finding_id}", err=True
            )


@command.command("dismiss")
@_slug
@_findings
@_reason
def dismiss(slug: str, finding_ids: tuple[UUID, ...], reason: str) -> None:
    """State that the data was right when it was disclosed, for example because an estimate was replaced by a read."""

    async def decide(tx: Transaction, _: Tenant, now: datetime) -> None:
        for each in finding_ids:
            await service.dismiss(tx, each, actor=actor(), reason=reason, now=now)

    asyncio.run(_run(command_settings(), slug, decide))
    click.echo(f"Dismissed {len(finding_ids)}.")


@command.command("affected")
@_slug
@click.argument("finding_id", type=click.UUID)
def affected(slug: str, finding_id: UUID) -> None:
    """List the disclosures that a confirmed finding affects, and what the consumers have answered."""

    async def read(tx: Transaction, _: Tenant, __: datetime) -> list[Affected]:
        return await store.affected_by(tx, finding_id)

    tenant, found = asyncio.run(_run(command_settings(), slug, read))
    rows = [
        (
            str(each.id),
            each.state,
            str(each.arrangement_id),
            str(each.first_day),
            str(each.last_day),
            _local(each.told_at, tenant),
            _local(each.answered_at, tenant),
            _local(each.corrected_at, tenant),
        )
        for each in found
    ]
    _table(("ID", "STATE", "ARRANGEMENT", "FIRST DAY", "LAST DAY", "TOLD", "ANSWERED", "CORRECTED"), rows)


@command.command("told")
@_slug
@_affected
def told(slug: str, affected_id: UUID) -> None:
    """State that a person who could not be reached by email or text message was told, for example by a letter."""

    async def change(tx: Transaction, _: Tenant, now: datetime) -> None:
        await service.mark_told(tx, affected_id, actor=actor(), now=now)

    asyncio.run(_run(command_settings(), slug, change))
    click.echo(f"Recorded for {affected_id}.")


@command.command("answer")
@_slug
@_affected
@click.option("--disclose/--decline", required=True, help="Whether the corrected data shall be disclosed.")
def answer(slug: str, affected_id: UUID, *, disclose: bool) -> None:
    """Record what a consumer has answered to the notice, for example by phone."""

    async def change(tx: Transaction, _: Tenant, now: datetime) -> None:
        await service.answer(tx, affected_id, wants_correction=disclose, actor=actor(), now=now)

    asyncio.run(_run(command_settings(), slug, change))
    click.echo(f"Recorded for {affected_id}.")


async def _run(settings: CommandSettings, slug: str, work: _Work[_Result]) -> tuple[Tenant, _Result]:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        async with access.database.transaction(tenant.namespace) as tx:
            return tenant, await work(tx, tenant, access.clock.now())


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for line in columns(header, rows):
        click.echo(line)


def _local(moment: datetime | None, tenant: Tenant) -> str:
    return "-" if moment is None else f"{moment.astimezone(tenant.time_zone):%Y-%m-%d %H:%M %Z}"
