"""The SQL of legal holds, and of deleting records that are old enough.

A purge deletes at most BATCH rows of a table in one transaction. The next sweep deletes more.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, false, func, literal, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.tables import (
    disclosure_proposal,
    harm_flag,
    ineligibility,
    refusal,
    secondary_user_instruction,
    sharing_block,
)
from tenants.arrangements.tables import arrangement
from tenants.calls.tables import disclosure_day, refused_day
from tenants.clients.tables import client
from tenants.corrections.tables import affected_disclosure, disclosure_finding
from tenants.notices.outbox import MESSAGE_KINDS
from tenants.notices.tables import outbox
from tenants.parties.tables import customer
from tenants.records.tables import complaint, correction_request, record_request
from tenants.retention.models import LegalHold
from tenants.retention.tables import legal_hold

BATCH: Final = 5_000
SqlCondition = ColumnElement[bool]


async def exists(tx: Transaction, customer_id: UUID | None, arrangement_id: UUID | None) -> bool:
    """Return whether the customer or the arrangement exists. True if both are None."""
    for table, wanted in ((customer, customer_id), (arrangement, arrangement_id)):
        if wanted is not None and (await tx.execute(select(table.c.id).where(table.c.id == wanted))).first() is None:
            return False
    return True


async def add_hold(tx: Transaction, new: LegalHold) -> LegalHold:
    """Add a hold, or return the one about the same that is in force."""
    values = {name: getattr(new, name) for name in new.__struct_fields__}
    await tx.execute(insert(legal_hold).values(values).on_conflict_do_nothing())
    same = [legal_hold.c[name].is_not_distinct_from(values[name]) for name in ("customer_id", "arrangement_id")]
    found = await tx.execute(select(legal_hold).where(*same, legal_hold.c.until.is_(None)))
    return LegalHold(**found.mappings().one())


async def end_hold(tx: Transaction, hold_id: UUID, *, actor: str, now: datetime) -> LegalHold | None:
    """End a hold that is in force, and return it. Return None if there is none."""
    is_open = and_(legal_hold.c.id == hold_id, legal_hold.c.until.is_(None))
    found = await tx.execute(update(legal_hold).where(is_open).values(until=now, ended_by=actor).returning(legal_hold))
    row = found.mappings().one_or_none()
    return None if row is None else LegalHold(**row)


async def holds(tx: Transaction) -> list[LegalHold]:
    """Return all holds, the oldest first."""
    found = await tx.execute(select(legal_hold).order_by(legal_hold.c.since, legal_hold.c.id))
    return [LegalHold(**row) for row in found.mappings()]


async def locked_holds(tx: Transaction) -> list[UUID]:
    """Return the ids of the holds in force. None is set or ended until the transaction ends.

    Return an empty list if the schema has no table of holds, because its creation was interrupted or it is old.
    """
    table = f'"{tx.namespace.schema}".{legal_hold.name}'
    if (await tx.execute(select(func.to_regclass(table)))).scalar_one() is None:
        return []
    await tx.driver.execute(f"LOCK TABLE {table} IN SHARE MODE")
    found = await tx.execute(select(legal_hold.c.id).where(legal_hold.c.until.is_(None)).order_by(legal_hold.c.since))
    return list(found.scalars())


def is_held(customer_id: Any = None, arrangement_id: Any = None) -> SqlCondition:
    """Return the condition that a legal hold is in force for the customer or the arrangement in these columns.

    A row that names only its arrangement is also held by a hold of the customer of the arrangement.
    """
    about = [and_(legal_hold.c.customer_id.is_(None), legal_hold.c.arrangement_id.is_(None))]
    if customer_id is not None:
        about.append(legal_hold.c.customer_id == customer_id)
    if arrangement_id is not None:
        about.append(legal_hold.c.arrangement_id == arrangement_id)
        if customer_id is None:
            owner = select(arrangement.c.customer_id).where(arrangement.c.id == arrangement_id)
            about.append(legal_hold.c.customer_id == owner.correlate_except(arrangement).scalar_subquery())
    return select(true()).where(legal_hold.c.until.is_(None), or_(*about)).exists()


class Purge(NamedTuple):
    """Deletes old rows of a table. `is_old` is given the last moment, and the day of it, of what is old enough."""

    table: Table
    is_old: Callable[[datetime, date], SqlCondition]
    held: SqlCondition | None

    async def run(self, tx: Transaction, limit: datetime) -> int:
        """Delete at most BATCH rows that are old and not held. Return their number."""
        is_old = self.is_old(limit, limit.date())
        keep = false() if self.held is None else self.held
        key = tuple_(*self.table.primary_key)
        chosen = select(*self.table.primary_key).where(is_old, ~keep).limit(BATCH)
        result: Any = await tx.execute(delete(self.table).where(key.in_(chosen)))
        return int(result.rowcount)


def _until(table: Table, column: str, *, customer_id: str | None = "customer_id") -> Purge:
    held = is_held(None if customer_id is None else table.c[customer_id])
    return Purge(table, lambda limit, _: table.c[column] <= literal(limit), held)


_is_finding_held = or_(
    is_held(),
    select(true())
    .where(
        affected_disclosure.c.finding_id == disclosure_finding.c.id,
        is_held(arrangement_id=affected_disclosure.c.arrangement_id),
    )
    .exists(),
)
_of_client = select(arrangement.c.id).where(arrangement.c.client_id == client.c.client_id).exists()
AFTER_SIX_YEARS: Final = (
    # The rows of authorisations, their accounts and the holders' approvals are deleted with the arrangement. One whose
    # code was never exchanged has no end.
    Purge(
        arrangement,
        lambda limit, _: or_(
            arrangement.c.ended_at <= limit, and_(arrangement.c.active_at.is_(None), arrangement.c.created_at <= limit)
        ),
        is_held(arrangement.c.customer_id, arrangement.c.id),
    ),
    Purge(
        disclosure_day,
        lambda _, day: disclosure_day.c.day <= day,
        is_held(arrangement_id=disclosure_day.c.arrangement_id),
    ),
    Purge(
        outbox,
        lambda limit, _: or_(
            outbox.c.done_at <= limit,
            outbox.c.handled_at <= limit,
            and_(outbox.c.given_up_at <= limit, outbox.c.kind.in_(MESSAGE_KINDS)),
        ),
        or_(is_held(arrangement_id=outbox.c.arrangement_id), is_held(outbox.c.customer_id)),
    ),
    _until(refusal, "until"),
    Purge(
        refused_day,
        lambda _, day: refused_day.c.day <= day,
        is_held(arrangement_id=refused_day.c.arrangement_id),
    ),
    Purge(disclosure_finding, lambda limit, _: disclosure_finding.c.decided_at <= limit, _is_finding_held),
    _until(complaint, "resolved_at"),
    _until(correction_request, "decided_at"),
    _until(record_request, "delivered_at"),
    _until(sharing_block, "until"),
    _until(harm_flag, "until"),
    _until(secondary_user_instruction, "withdrawn_at"),
    Purge(
        disclosure_proposal,
        lambda limit, _: and_(disclosure_proposal.c.state != "open", disclosure_proposal.c.state_at <= limit),
        is_held(disclosure_proposal.c.proposed_by),
    ),
    Purge(ineligibility, lambda _, day: ineligibility.c.valid_to <= day, is_held(ineligibility.c.customer_id)),
    Purge(client, lambda limit, _: and_(client.c.removed_at <= limit, ~_of_client), is_held()),
    _until(legal_hold, "until", customer_id=None),
)
"""What is deleted six years after its end (CDR Rules 9.3(5)), in this order. What has not ended is kept."""
