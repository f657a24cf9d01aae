"""`haas import` from the command line."""

import asyncio
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from haas.clock import MovableClock
from haas.database import Database
from ops.cli import main
from ops.demonstration.generator import generate
from tenants.accounts.service import accounts_of
from tenants.parties.tables import customer
from tenants.registry.models import Tenant


@pytest.fixture
def runner(variables: dict[str, str]) -> CliRunner:
    """Runs the command under the settings of the tests' deployment."""
    return CliRunner(env=variables)


def test_a_good_file_is_loaded_and_one_with_a_bad_line_is_refused(
    runner: CliRunner, tenant: Tenant, tmp_path: Path
) -> None:
    file, report = tmp_path / "holder.jsonl", tmp_path / "report.txt"
    file.write_bytes(b"".join(msgspec.json.encode(each.record) + b"\n" for each in generate("one")))
    good = runner.invoke(main, ["import", tenant.slug, str(file)])
    assert good.exit_code == 0, good.output
    assert "      15 customer\n" in good.output
    with file.open("ab") as more:
        more.write(b'{"kind":"customer"}\n')
    bad = runner.invoke(main, ["import", tenant.slug, str(file), "--report", str(report)])
    assert bad.exit_code == 1
    line = file.read_bytes().count(b"\n")
    expected = f"holder.jsonl:{line}: $: Object missing required field `reference`"
    assert f"not loaded: {expected}" in bad.output
    assert report.read_text() == f"problem: {expected}\n"


def test_an_unknown_tenant_gives_a_one_line_error(runner: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "holder.jsonl"
    file.write_bytes(b"")
    result = runner.invoke(main, ["import", "nobody", str(file)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no tenant 'nobody'")


async def test_the_example_of_the_documentation_is_a_login_with_an_account_to_share(
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
        (account,) = await accounts_of(tx, row.id, str(uuid4()), clock.now())
    assert account.unavailable is None
