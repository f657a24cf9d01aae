"""`haas import` from the command line."""

import asyncio
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from haas.clock import MovableClock
from haas.database import Database
from ops.cli import main
from ops.demonstration.generator import generate
from ops.deployment import Deployment
from ops.migrations.bootstrap import bootstrap
from tenants.accounts.service import accounts_of
from tenants.accounts.tables import account
from tenants.imports.records import ServicePointRecord
from tenants.parties.tables import customer
from tenants.provisioning.owner import owner_transaction
from tenants.registry.models import Tenant
from tenants.registry.names import Roles
from tests.support import dsb, nem12
from tests.support.import_files import Member, a_customer, a_holding, a_login, an_account, file_content


@pytest.fixture
def runner(variables: dict[str, str]) -> CliRunner:
    """Runs the command under the settings of the tests' deployment."""
    return CliRunner(env=variables)


async def test_a_tenant_whose_role_was_not_granted_is_reported_with_the_command_that_grants_it(
    runner: CliRunner, deployment: Deployment, tenant: Tenant, tmp_path: Path
) -> None:
    """As in a deployment of an earlier release, in which the provisioner has not been restarted."""
    file = tmp_path / "holder.jsonl"
    file.write_bytes(file_content(generate("one")))
    operator = Roles(deployment.settings.role_prefix).operator
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"SET LOCAL ROLE NONE; REVOKE {tenant.namespace.role} FROM {operator}")
    refused = await asyncio.to_thread(runner.invoke, main, ["import", tenant.slug, str(file)])
    assert refused.exit_code == 1
    assert "`haas migrate` grants the tenants' roles to the login of the commands" in refused.output
    await bootstrap(deployment.settings)
    loaded = await asyncio.to_thread(runner.invoke, main, ["import", tenant.slug, str(file)])
    assert loaded.exit_code == 0, loaded.output


def test_a_good_file_is_loaded_and_one_with_a_bad_line_is_refused(
    runner: CliRunner, tenant: Tenant, tmp_path: Path
) -> None:
    file, report = tmp_path / "holder.jsonl", tmp_path / "report.txt"
    file.write_bytes(file_content(generate("one")))
    good = runner.invoke(main, ["import", tenant.slug, str(file)])
    assert good.exit_code == 0, good.output
    assert "      15 customer\n" in good.output
    assert f"{tenant.slug}: MiB read: 1 of 1\n" in good.output
    with file.open("ab") as more:
        more.write(b'{"kind":"customer"}\n')
    bad = runner.invoke(main, ["import", tenant.slug, str(file), "--report", str(report)])
    assert bad.exit_code == 1
    line = file.read_bytes().count(b"\n")
    expected = f"holder.jsonl:{line}: $: Object missing required field `reference`"
    assert f"not loaded: {expected}" in bad.output
    assert report.read_text() == f"problem: {expected}\n"


def test_a_nem12_file_is_imported_with_a_bar_and_the_days_that_are_not_read_are_reported(
    runner: CliRunner, tenant: Tenant, tmp_path: Path
) -> None:
    file, points, report = tmp_path / "reads.csv", tmp_path / "points.jsonl", tmp_path / "report.txt"
    command = ["import", tenant.slug, str(file), "--format", "nem12", "--report", str(report)]
    [point, *_] = [each for each in generate("one") if isinstance(each.record, ServicePointRecord)]
    nmi = point.record.service_point.nationalMeteringId[:10]
    content = [nem12.HEADER, nem12.datastream(nmi=nmi), nem12.day([1] * 48), nem12.day([1] * 47), nem12.END]
    file.write_text("\n".join(content))
    refused = runner.invoke(main, command)
    assert refused.exit_code == 1
    assert f"not loaded: reads.csv:3: $: the service point with the NMI {nmi} is not loaded" in refused.output
    assert [line.partition(": $")[0] for line in report.read_text().splitlines()] == [
        "problem: reads.csv:4",
        "problem: reads.csv:3",
    ]
    points.write_bytes(file_content([point]))
    assert runner.invoke(main, ["import", tenant.slug, str(points)]).exit_code == 0
    del content[3]
    file.write_text("\n".join(content))
    loaded = runner.invoke(main, command)
    assert loaded.exit_code == 0, loaded.output
    assert f"{tenant.slug}: MiB read: 1 of 1\n" in loaded.output
    assert "       1 day of interval reads\n" in loaded.output


def test_a_file_with_meter_reads_is_no_snapshot(runner: CliRunner, tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "reads.csv"
    file.write_text(nem12.HEADER)
    result = runner.invoke(main, ["import", tenant.slug, str(file), "--format", "nem12", "--snapshot"])
    assert result.exit_code == 2
    assert "a file with meter reads cannot be a snapshot" in result.output


def test_an_unknown_tenant_gives_a_one_line_error(runner: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "holder.jsonl"
    file.write_bytes(b"")
    result = runner.invoke(main, ["import", "nobody", str(file)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no tenant 'nobody'")


def test_a_holder_that_is_not_in_the_file_gives_the_exit_status_1(
    runner: CliRunner, tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "dsb.json"
    file.write_text(dsb.text([dsb.customer(1)]))
    command = ["import", tenant.slug, str(file), "--format", "dsb", "--holder"]
    assert runner.invoke(main, [*command, "0"]).exit_code == 0
    missing = runner.invoke(main, [*command, "7"])
    assert missing.exit_code == 1
    assert "not loaded: dsb.json:1: $.holders[7]: the file has no customers of this holder" in missing.output


def test_ends_and_snapshots_remove_access_and_a_duplicate_identifier_is_refused(
    runner: CliRunner, tenant: Tenant, tmp_path: Path
) -> None:
    """The files of a retailer: a holding that ended, then the same without an end, then a snapshot, then a clash."""

    def load(name: str, *records: Member, options: tuple[str, ...] = ()) -> Result:
        file = tmp_path / name
        file.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
        return runner.invoke(main, ["import", tenant.slug, str(file), *options])

    ann, ben = a_login("P-1", "Strauß"), a_login("P-2", "ben")
    ended = a_holding("C-1", "A-1", "2020-01-01", validTo="2024-06-30")
    first = load("first.jsonl", a_customer("C-1"), an_account("A-1"), ended, ann, ben)
    assert first.exit_code == 0, first.output
    again = load("again.jsonl", a_holding("C-1", "A-1", "2020-01-01"))
    assert again.exit_code == 0, again.output
    snapshot = load("snapshot.jsonl", ann, options=("--snapshot",))
    assert (snapshot.exit_code, snapshot.output.splitlines()[-2:]) == (0, ["       1 end of login", "       1 login"])
    clash = load("clash.jsonl", a_login("P-3", "STRAUSS"))
    assert clash.exit_code == 1
    expected = "clash.jsonl:1: $: the identifier 'STRAUSS' belongs to the login 'P-1' (snapshot.jsonl:1)"
    assert f"not loaded: {expected}" in clash.output


async def test_the_example_of_the_documentation_gives_a_customer_with_an_account_to_share(
    runner: CliRunner, database: Database, clock: MovableClock, tenant: Tenant, tmp_path: Path
) -> None:
    example = (
        (Path(__file__).parents[3] / "docs" / "import.md").read_text().partition("```json\n")[2].partition("```")[0]
    )
    file = tmp_path / "example.jsonl"
    file.write_text(example)
    done = await asyncio.to_thread(runner.invoke, main, ["import", tenant.slug, str(file)])
    assert done.exit_code == 0, done.output
    async with database.transaction(tenant.namespace) as tx:
        row = (await tx.execute(select(customer.c.id).where(customer.c.reference == "C-1001"))).one()
        (shared,) = await accounts_of(tx, row.id, str(uuid4()), clock.now())
    assert shared.unavailable is None


async def test_stored_items_that_do_not_follow_the_standards_are_listed(
    runner: CliRunner, tenant: Tenant, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "holder.jsonl"
    reference = f"checked-{uuid4()}"
    file.write_bytes(msgspec.json.encode(an_account(reference)))

    async def haas(*arguments: str) -> Result:
        return await asyncio.to_thread(runner.invoke, main, arguments)

    assert (await haas("import", tenant.slug, str(file))).exit_code == 0
    checked = await haas("tenant", "check-data", tenant.slug)
    assert checked.exit_code == 0, checked.output
    assert "All stored items follow the standards." in checked.output
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(update(account).where(account.c.reference == reference).values(detail=[{"nickname": 5}]))
    refused = await haas("tenant", "check-data", tenant.slug)
    assert refused.exit_code == 1
    assert f"account {reference}, account detail: Expected `str" in refused.output
    assert "Items that do not follow the standards and are not disclosed: 1" in refused.output
    assert (await haas("import", tenant.slug, str(file))).exit_code == 0
    assert (await haas("tenant", "check-data", tenant.slug)).exit_code == 0
