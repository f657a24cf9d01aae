"""The options of `haas bench-data`."""

import pytest
from click.testing import CliRunner

from ops.bench.data.command import command


def chosen(*arguments: str) -> dict[str, object]:
    return dict(command.make_context("bench-data", list(arguments)).params)


def test_small_changes_the_defaults_and_not_what_is_given() -> None:
    assert chosen()["customers"] == 20_000
    assert (chosen()["points"], chosen()["tenants"], chosen()["months"]) == (2_000, 1_000, 24)
    small = chosen("--points", "7", "--small")
    assert (small["customers"], small["points"], small["tenants"], small["months"]) == (500, 7, 20, 24)


@pytest.mark.parametrize("arguments", [("--customers", "1"), ("--points", "0"), ("--months", "25"), ("--tenants", "0")])
def test_sizes_that_are_impossible_are_refused(arguments: tuple[str, str]) -> None:
    refused = CliRunner().invoke(command, arguments)
    assert refused.exit_code == 2
    assert f"Invalid value for '{arguments[0]}'" in refused.output
