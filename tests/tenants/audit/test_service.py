"""The audit trail: a chain of hashes that shows changed and deleted entries."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from haas.clock import MovableClock
from haas.database import Database
from haas.settings import Settings
from ops.migrations.connection import as_owner, owner_connection
from tenants.audit import service, store
from tenants.audit.models import AuditedChange, AuditEntry, ChainBreak
from tenants.audit.tables import audit, audit_head
from tenants.registry.models import Tenant
from tenants.registry.names import Roles
from tests.support.constraints import Violation, assert_violated, names

CHANGE = AuditedChange(
    actor="staff-1",
    role="customer-care",
    action="disclosure-option.set",
    subject="account-1",
    reason="asked by phone",
    before={"option": "pre-approval", "rate": 1.50, "name": "Zoë"},
    after={"option": "no-disclosure"},
)
ZEROS = bytes(32)
VIOLATIONS = (
    Violation(audit, "audit_seq_check", {"seq": 0}),
    Violation(audit, "audit_hash_check", {"hash": b"short"}),
    Violation(audit, "audit_previous_hash_check", {"previous_hash": b"short"}),
    Violation(audit_head, "audit_head_single_check", {"id": 2}),
    Violation(audit_head, "audit_head_seq_check", {"seq": -1}),
    Violation(audit_head, "audit_head_hash_check", {"hash": b"short"}),
)


class Trail:
    """The audit trail of a tenant, which the owner of the tables can change and the tenant's role cannot."""

    def __init__(self, database: Database, tenant: Tenant, settings: Settings, clock: MovableClock) -> None:
        self.database, self.tenant, self.settings, self.now = database, tenant, settings, clock.now()

    async def record(self, **changes: Any) -> int:
        values = {name: getattr(CHANGE, name) for name in CHANGE.__struct_fields__}
        async with self.database.transaction(self.tenant.namespace) as tx:
            return await service.record(tx, AuditedChange(**{**values, **changes}), now=self.now)

    async def verify(self) -> ChainBreak | None:
        async with self.database.transaction(self.tenant.namespace) as tx:
            return await service.verify(tx)

    async def entries(self) -> list[AuditEntry]:
        async with self.database.transaction(self.tenant.namespace) as tx:
            return await store.entries_after(tx, 0, 100)

    async def tamper(self, statement: str) -> None:
        """Run a statement on the tenant's schema as the owner of its tables."""
        async with owner_connection(self.settings) as connection, connection.begin():
            await as_owner(connection, Roles(self.settings.role_prefix))
            await connection.execute(text(statement.replace("$", self.tenant.namespace.schema)))


@pytest.fixture
def trail(database: Database, tenant: Tenant, settings: Settings, clock: MovableClock) -> Trail:
    return Trail(database, tenant, settings, clock)


async def test_each_entry_contains_the_hash_of_the_previous_one(trail: Trail) -> None:
    assert await trail.verify() is None
    assert [await trail.record(), await trail.record(before=None, after=None, reason=None)] == [1, 2]
    first, second = await trail.entries()
    assert (first.at, first.actor, first.role, first.subject) == (trail.now, "staff-1", "customer-care", "account-1")
    assert first.before == '{"name":"Zoë","option":"pre-approval","rate":1.5}'
    assert (second.reason, second.before, second.after) == (None, None, None)
    assert first.previous_hash == ZEROS
    assert second.previous_hash == first.hash
    assert await trail.verify() is None


async def test_concurrent_entries_form_one_chain(trail: Trail) -> None:
    numbers = await asyncio.gather(*(trail.record(subject=str(number)) for number in range(8)))
    assert sorted(numbers) == list(range(1, 9))
    assert await trail.verify() is None


async def test_a_rolled_back_entry_leaves_no_gap_in_the_numbers(trail: Trail) -> None:
    await trail.record()
    with pytest.raises(ZeroDivisionError):
        async with trail.database.transaction(trail.tenant.namespace) as tx:
            await service.record(tx, CHANGE, now=trail.now)
            raise ZeroDivisionError
    assert await trail.record() == 2
    assert await trail.verify() is None


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE $.audit SET actor = 'nobody' WHERE seq = 2", ChainBreak(2, "changed")),
        ("UPDATE $.audit SET at = at + interval '1 microsecond' WHERE seq = 2", ChainBreak(2, "changed")),
        ("UPDATE $.audit SET after = NULL WHERE seq = 2", ChainBreak(2, "changed")),
        ("UPDATE $.audit SET hash = previous_hash WHERE seq = 2", ChainBreak(2, "changed")),
        ("UPDATE $.audit SET previous_hash = hash WHERE seq = 2", ChainBreak(2, "changed")),
        ("DELETE FROM $.audit WHERE seq = 1", ChainBreak(1, "missing")),
        ("DELETE FROM $.audit WHERE seq = 2", ChainBreak(2, "missing")),
        ("DELETE FROM $.audit WHERE seq = 3", ChainBreak(3, "missing")),
        ("UPDATE $.audit_head SET seq = 2", ChainBreak(4, "head")),
        ("UPDATE $.audit_head SET hash = decode(repeat('00', 32), 'hex')", ChainBreak(4, "head")),
        ("DELETE FROM $.audit_head", ChainBreak(4, "head")),
    ],
)
async def test_a_changed_or_deleted_entry_is_found(trail: Trail, statement: str, found: ChainBreak) -> None:
    for number in range(3):
        await trail.record(subject=str(number))
    await trail.tamper(statement)
    assert await trail.verify() == found


async def test_the_trail_is_read_page_by_page(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_PAGE", 2)
    for number in range(5):
        await trail.record(subject=str(number))
    assert await trail.verify() is None
    await trail.tamper("UPDATE $.audit SET subject = 'x' WHERE seq = 5")
    assert await trail.verify() == ChainBreak(5, "changed")


@pytest.mark.parametrize("statement", ["UPDATE {}.audit SET actor = 'x'", "DELETE FROM {}.audit"])
async def test_the_role_of_a_tenant_cannot_change_or_delete_entries(trail: Trail, statement: str) -> None:
    await trail.record()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with trail.database.transaction(trail.tenant.namespace) as tx:
            await tx.driver.execute(statement.format(trail.tenant.namespace.schema))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with trail.database.transaction(trail.tenant.namespace) as tx:
            await tx.execute(audit_head.delete())
    assert await trail.verify() is None


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(trail: Trail, violation: Violation) -> None:
    entry = {"seq": 1, "at": trail.now, "actor": "a", "role": "r", "action": "x", "subject": "s"}
    rows = {
        audit: {**entry, "previous_hash": ZEROS, "hash": ZEROS},
        audit_head: {"id": 1, "seq": 0, "hash": ZEROS},
    }
    await assert_violated(trail.database, trail.tenant, rows[violation.table], violation)


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(audit, audit_head)
