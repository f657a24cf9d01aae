"""The benchmark of NEM12 files: what its file has in it, and what it counts."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.bench.nem12 import FORMS, NumberForm, lines, main, measure
from tenants.usage.models import ReadQuality
from tenants.usage.nem12 import ReadDay, read_nem12

READS = 288 * 400


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_the_file_has_all_kinds_of_records(form: NumberForm, tmp_path: Path) -> None:
    speed = measure(tmp_path / "reads.csv", form, READS, seed=1)
    assert speed.days + speed.refused == READS * form.minutes // 1440
    assert speed.refused == (speed.days + speed.refused) // 100
    assert speed.reads == speed.days * (1440 // form.minutes)
    content = b"".join(lines(form, READS, seed=1)).splitlines()
    found = [entry.day for entry in read_nem12(enumerate(content, 1)) if isinstance(entry, ReadDay)]
    assert {day.register_suffix for day in found} == {"E1", "B1"}
    assert {quality for day in found for _, _, quality in day.qualities} == set(ReadQuality)
    assert {line[:3] for line in content} == {b"100", b"200", b"300", b"400", b"500", b"900"}


def test_the_same_seed_gives_the_same_file() -> None:
    first, again, other = (b"".join(lines(FORMS[0], READS, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_command_prints_a_table_and_says_whether_the_target_is_met() -> None:
    result = CliRunner().invoke(main, ["--reads", "20000"])
    assert result.exit_code == 0
    assert "| 30 minutes, three decimal places " in result.output
    assert result.output.count("at least 30 million reads in a minute of the busier processor: ") == 6
    rows = [line.split("|")[1:5] for line in result.output.splitlines() if line.startswith("|") and ", again" in line]
    assert [[int(number) for number in row[1:]] for row in rows] == [[0, 70, 0], [0, 413, 4], [0, 70, 0]]
