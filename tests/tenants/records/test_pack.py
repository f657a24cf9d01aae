"""The records of one consumer are complete, and have nothing that a harm flag conceals from another account holder."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, update

from haas.clock import MovableClock
from haas.database import Database
from haas.language import using_language
from tenants.accounts.tables import harm_flag, refusal
from tenants.arrangements import service as arrangements
from tenants.holders.service import tell_of_end
from tenants.notices.tables import outbox
from tenants.records import complaints, copies, corrections, pack
from tenants.records.errors import UnknownCustomer
from tenants.records.models import NewComplaint, RecordPack
from tenants.registry.models import Tenant
from tenants.tables import tenant as schema
from tests.support.outside_messages import outside
from tests.support.pseudo_language import marked
from tests.support.rows import execute, run
from tests.tenants.records.conftest import Household
from themes.record_document import record_document

CONCEALED = ("Secret Recipient", "Budget Helper", "Ada", "Our home", "boat")


async def build(database: Database, tenant: Tenant, customer_id: Any, clock: MovableClock) -> RecordPack:
    found: RecordPack = await run(database, tenant, pack.build, tenant, customer_id, clock.now())
    return found


def everything(made: RecordPack) -> str:
    """Return all that the consumer is given, in both forms."""
    return msgspec.json.encode(made).decode() + record_document(made)


async def test_the_pack_has_every_kind_of_record_of_the_consumer(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    of = {"customer_id": household.ada}
    by = {"actor": "operator:grace", "now": clock.now()}
    reported = NewComplaint(kind="consumer", type="dashboard", received_at=household.authorised_at, **of)
    await run(database, tenant, complaints.receive, reported, **by)
    await run(database, tenant, corrections.receive, tenant, household.ada, "billing", "phone", **by)
    await run(database, tenant, copies.request, tenant, household.ada, "post", **by)
    refused = {"reason": "harm", "rule": "4.7(1)(a)", "refused_by": "staff", "since": clock.now()}
    await execute(database, tenant, insert(refusal).values(id=household.joint, **of, **refused))
    clock.move(timedelta(hours=1))
    await run(
        database,
        tenant,
        arrangements.end,
        household.arrangement_id,
        by="consumer",
        login_id=household.ada_login,
        tell=tell_of_end(tenant),
        now=clock.now(),
    )
    delivered_at = clock.now()
    await execute(database, tenant, update(outbox).values(done_at=delivered_at, payload={}))

    made = await build(database, tenant, household.ada, clock)
    (sharing,) = made.sharing
    assert (sharing.recipient, sharing.software_product) == ("Secret Recipient Pty Ltd", "Budget Helper")
    assert [version.what for version in sharing.versions] == ["authorisation", "amendment"]
    assert sharing.versions[1].data[-1] == "Billing payments and history"
    assert len(sharing.versions[1].accounts) == 2
    assert sharing.ended == "You stopped sharing on the dashboard."
    assert [version.authorised_by for version in sharing.versions] == ["You or somebody who may act for you", "You"]
    billing = [each for each in sharing.disclosures if each.data == "Billing payments and history"]
    assert {each.account and each.account.split(" (ending")[0]: each.times for each in billing} == {
        "Our home": 6,
        "Adas boat": 3,
    }
    assert [each.data for each in sharing.disclosures if each.account is None] == ["Name and occupation"]
    (notice,) = sharing.notices
    assert notice.delivered_at == delivered_at
    assert (made.refusals[0].rule, made.complaints[0].type) == ("4.7(1)(a)", "dashboard")
    assert (made.corrections[0].data, made.record_requests[0].channel) == ("billing", "post")
    assert made.sharing_by_others == []
    written = everything(made)
    assert tenant.name in record_document(made)
    for personal in ("operator:grace", str(household.ada), str(household.joint)):
        assert personal not in written
    with using_language(marked()):
        (translated,) = (await build(database, tenant, household.ada, clock)).sharing
    texts = [translated.ended, *(each.what for each in translated.notices), *translated.versions[0].data]
    assert [text for text in texts if text is None or outside(text)] == []


async def test_an_authorisation_whose_code_was_not_exchanged_is_a_record_too(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    """K-6."""
    for table in ("arrangement", "authorisation"):
        await run(database, tenant, _clear_active_at, table)
    (sharing,) = (await build(database, tenant, household.ada, clock)).sharing
    assert [version.in_force_from for version in sharing.versions] == [None, None]
    assert ">Never<" in record_document(await build(database, tenant, household.ada, clock))


async def _clear_active_at(tx: Any, table: str) -> None:
    (found,) = [each for each in schema.tables.values() if each.name == table]
    await tx.execute(update(found).values(active_at=None))


async def test_a_joint_holder_is_told_of_the_joint_account_only(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    made = await build(database, tenant, household.bob, clock)
    assert made.sharing == []
    (shared,) = made.sharing_by_others
    assert shared.account.startswith("Our home")
    assert shared.recipient == "Secret Recipient Pty Ltd"
    assert "Billing payments and history" in shared.data
    assert not {"Name", "Name and occupation"} & set(shared.data)
    assert [(each.data, each.times) for each in shared.disclosures] == [("Billing payments and history", 6)]
    written = everything(made)
    for other in ("Ada", "boat", str(household.arrangement_id)):
        assert other not in written


@pytest.mark.parametrize("cleared", [False, True])
async def test_nothing_of_a_sharing_that_a_harm_flag_conceals_reaches_the_other_holder(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household, *, cleared: bool
) -> None:
    """K-14: also after the flag was cleared. The words before the flag are those of the test above."""
    flag = {"customer_id": household.ada, "account_id": household.joint, "set_by": "staff"}
    clock.move(timedelta(hours=1))
    until = clock.now() + timedelta(hours=1) if cleared else None
    await execute(database, tenant, insert(harm_flag).values(since=clock.now(), until=until, **flag))
    clock.move(timedelta(days=1))
    await run(
        database,
        tenant,
        arrangements.end,
        household.arrangement_id,
        by="harm",
        tell=tell_of_end(tenant),
        now=clock.now(),
    )
    made = await build(database, tenant, household.bob, clock)
    assert made.sharing_by_others == []
    written = everything(made)
    for concealed in (*CONCEALED, str(household.arrangement_id), "harm"):
        assert concealed not in written
    assert len((await build(database, tenant, household.ada, clock)).sharing) == 1


async def test_a_sharing_that_began_after_the_flag_was_cleared_is_shown(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    before = household.authorised_at - timedelta(days=2)
    flag = {"customer_id": household.ada, "account_id": household.joint, "set_by": "staff", "since": before}
    until = household.authorised_at - timedelta(days=1)
    await execute(database, tenant, insert(harm_flag).values(until=until, **flag))
    assert len((await build(database, tenant, household.bob, clock)).sharing_by_others) == 1


async def test_an_unknown_customer_has_no_records(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    with pytest.raises(UnknownCustomer):
        await build(database, tenant, household.joint, clock)
