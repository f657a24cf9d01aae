"""`haas import` from the command line."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.demonstration.generator import generate
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
