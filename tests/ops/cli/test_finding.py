"""`haas finding`, run as an operator runs it, against a real database."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.tables import account
from tenants.corrections import store
from tenants.corrections.models import Affected, ChangedData
from tenants.registry.models import Tenant
from tests.support.commands import Haas
from tests.support.rows import execute, run

DAY = date(2026, 3, 5)


async def test_findings_are_listed_decided_and_followed(
    haas: Haas, database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    async def haas_finding(*arguments: str, exit_code: int = 0) -> str:
        result = await haas("finding", *arguments)
        assert result.exit_code == exit_code, result.output
        return result.output

    assert "has no such findings" in await haas_finding("list", tenant.slug)
    now = clock.now()
    row = {"id": internal_id("account", "A-77"), "reference": "A-77", "open_status": "OPEN", "summary": {}}
    await execute(database, tenant, insert(account).values(**row, detail={}, updated_at=now))
    changes = [ChangedData(kind, row["id"], None, DAY, DAY) for kind in ("invoice", "transaction")]
    changes.append(ChangedData("usage", None, uuid4(), DAY, DAY))
    await run(database, tenant, store.add_findings, uuid4(), changes, now=now, due_at=now + timedelta(days=7))
    by_kind = {each.resource: str(each.id) for each in await run(database, tenant, store.findings)}
    listed = await haas_finding("list", tenant.slug)
    assert [listed.count(shown) for shown in ("A-77", "2026-03-05", *by_kind.values())] == [2, 6, 1, 1, 1]

    confirmed = await haas_finding("confirm", tenant.slug, by_kind["invoice"], "--reason", "wrong tariff")
    assert "Affected disclosures: 0. Notices: 0." in confirmed
    dismissed = by_kind["usage"], by_kind["transaction"]
    # One of the findings is decided already, so none of them is decided.
    output = await haas_finding(
        "dismiss", tenant.slug, *dismissed, by_kind["invoice"], "--reason", "estimates", exit_code=1
    )
    assert "is confirmed already" in output
    await haas_finding("dismiss", tenant.slug, *dismissed, "--reason", "estimates")
    assert "has no such findings" in await haas_finding("list", tenant.slug)
    everything = await haas_finding("list", tenant.slug, "--state", "all")
    assert (everything.count("confirmed"), everything.count("dismissed")) == (1, 2)

    affected = Affected(
        id=uuid4(),
        finding_id=UUID(by_kind["invoice"]),
        arrangement_id=uuid4(),
        account_id=row["id"],
        cluster="energy:billing:read",
        first_day=DAY,
        last_day=DAY,
        state="unreachable",
        notice_id=None,
        told_at=None,
        answered_at=None,
        corrected_at=None,
    )
    await run(database, tenant, store.add_affected, [affected])
    assert "is unreachable" in await haas_finding("answer", tenant.slug, str(affected.id), "--disclose", exit_code=1)
    await haas_finding("told", tenant.slug, str(affected.id))
    await haas_finding("answer", tenant.slug, str(affected.id), "--disclose")
    assert "wanted" in await haas_finding("affected", tenant.slug, by_kind["invoice"])
