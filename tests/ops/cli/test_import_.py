"""`haas import` from the command line."""

from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner

from ops.cli import main
from ops.demonstration.generator import generate


def test_a_good_file_and_then_one_with_a_bad_line(tenant: Any, variables: dict[str, str], tmp_path: Path) -> None:
    file, report = tmp_path / "holder.jsonl", tmp_path / "report.txt"
    file.write_bytes(b"".join(msgspec.json.encode(each.record) + b"\n" for each in generate("one")))
    runner = CliRunner()
    good = runner.invoke(main, ["import", tenant.slug, str(file)], env=variables)
    assert good.exit_code == 0, good.output
    assert "      15 customer\n" in good.output
    with file.open("ab") as more:
        more.write(b'{"kind":"customer"}\n')
    bad = runner.invoke(main, ["import", tenant.slug, str(file), "--report", str(report)], env=variables)
    assert bad.exit_code == 1
    line = file.read_bytes().count(b"\n")
    expected = f"holder.jsonl:{line}: $: Object missing required field `reference`"
    assert f"not loaded: {expected}" in bad.output
    assert report.read_text() == f"problem: {expected}\n"


def test_an_unknown_tenant_is_told_in_a_sentence(variables: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "holder.jsonl"
    file.write_bytes(b"")
    result = CliRunner().invoke(main, ["import", "nobody", str(file)], env=variables)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
