"""compose.yaml: what each container may do and read, and its services started one after the other without an engine."""

import asyncio
import os
import re
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from haas.progress import NO_PROGRESS
from haas.settings import (
    ApplicationSettings,
    BackupSettings,
    CommandSettings,
    ProvisionerSettings,
    Settings,
    WorkerSettings,
)
from ops.backup import keys
from ops.backup.manifest import open_backup
from ops.pki.store import Pki
from ops.proxy.unavailable_pages import STYLESHEET_PATH
from ops.sandbox.transport import http_client
from ops.serving.server import DRAIN_SECONDS
from tests.support.compose import (
    COPIED,
    PROJECT,
    SITE_PACKAGES,
    Deployment,
    copied_programs,
    deployment,
    document,
    in_order,
    services,
)
from tests.support.revocation_lists import file_server, publish_both

DOMAIN = "haas.test"
SLUG = "kestrel"
HOSTS = [f"{label}{SLUG}.{DOMAIN}" for label in ("", "mtls.", "admin.", "api.")]
ORDER = [
    *("secrets", "postgres", "valkey", "database", "provisioner", "migrate", "app", "worker", "schedule"),
    *("proxy-configuration", "first-crl", "nginx", "crl"),
]
HELD = {
    "secrets": {
        "superuser-password",
        "superuser",
        "owner",
        "application",
        "operator",
        "backup",
        "master-key",
        "broker",
        "valkey-configuration",
    },
    "postgres": {"superuser-password"},
    "valkey": {"valkey-configuration"},
    "database": {"superuser", "owner", "application", "operator", "backup"},
    "provisioner": {"owner", "master-key"},
    "migrate": {"operator"},
    "command": {"operator"},
    "backup": {"backup", "backup_signing_key"},
    "app": {"application", "master-key", "broker"},
    "worker": {"application", "master-key", "broker", "smtp_url", "sms_url"},
    "schedule": {"application", "master-key", "broker", "smtp_url", "sms_url"},
    "proxy-configuration": set(),
    "first-crl": set(),
    "nginx": set(),
    "crl": set(),
}
FILES_OF_OPTIONS = {"backup_signing_key"}
"""The secrets whose files are named by options. Variables name those of the others."""
KINDS: dict[str, type[Settings]] = {
    "provisioner": ProvisionerSettings,
    "migrate": CommandSettings,
    "command": CommandSettings,
    "backup": BackupSettings,
    "app": ApplicationSettings,
    "worker": WorkerSettings,
    "schedule": WorkerSettings,
}


def test_no_container_has_more_rights_than_it_needs() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert str(service["user"]).partition(":")[0] not in ("root", "0"), name
        assert not service.keys() & {"cap_add", "privileged", "env_file", "devices", "ipc", "userns_mode"}, name
        assert "docker.sock" not in str(service), name


def test_each_container_holds_only_the_secrets_that_it_uses(tmp_path: Path) -> None:
    made = Deployment(tmp_path, {"HAAS_DOMAIN": DOMAIN, "CRL_ROOT": "", "CRL_INTERMEDIATE": ""})
    assert {name: made.secrets_of(name) for name in services()} == HELD
    for name, service in services().items():
        for volume in service.get("volumes", []):
            if ":/run/secrets/" in volume and name != "secrets":
                assert volume.endswith(":ro"), (name, volume)
        # A value in the environment is shown by `docker inspect`; only the names of files are there.
        given = service.get("environment", {})
        kind = KINDS.get(name)
        if kind is not None:
            secret = {variable for variable in given if kind.select({variable: "x"}) and variable.endswith("_FILE")}
            assert len(secret) == len(HELD[name] - FILES_OF_OPTIONS), name


def test_the_databases_have_no_way_to_other_machines() -> None:
    assert document()["networks"]["data"]["internal"] is True
    for name in ("postgres", "valkey", "database", "provisioner", "migrate", "command", "backup"):
        assert services()[name]["networks"] == ["data"], name
    for name in ("nginx", "crl", "first-crl"):
        assert services()[name]["networks"] == ["outside"], name


def test_each_container_of_the_application_has_a_socket_that_nginx_knows() -> None:
    application, proxy = services()["app"], services()["proxy-configuration"]
    command = application["command"]
    sockets = [path for option, path in pairwise(command) if option == "--socket"]
    known = [option.partition("=unix:")[2] for option in proxy["command"] if option.startswith("--application=")]
    assert sockets == known
    assert len(set(sockets)) == application["scale"] == 2


def test_the_engine_waits_until_a_process_of_the_application_has_finished_its_requests() -> None:
    assert int(services()["app"]["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS


def test_a_process_that_hangs_is_killed_and_its_container_started_again() -> None:
    for name in ("app", "worker", "schedule", "provisioner"):
        service = services()[name]
        assert service["healthcheck"]["test"] == ["CMD", "haas", "health", "--kill"], name
        assert service["init"] is True, "the kernel ignores a signal of the container to its first process"
        assert service["restart"] == "unless-stopped"


def test_the_services_can_start_in_one_order() -> None:
    assert [name for name in in_order(services()) if name in ORDER] == ORDER


@pytest.mark.parametrize(
    "path",
    [
        *(
            ".env",
            "haas.env",
            "secrets/smtp.url",
            "postgres.password",
            "certificates/kestrel.example.pem",
            "master.key",
        ),
        *("client-authorities/authorities.crt", ".haas/settings.env", ".haas/master.key"),
        *(
            "backup-keys/signing-key.pem",
            "backup-keys/identity.txt",
            "backups/haas-20261127T020000Z/control.age",
        ),
    ],
)
def test_a_secret_beside_the_sources_is_neither_committed_nor_sent_to_the_engine(path: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=PROJECT, check=False)  # noqa: S603, S607 - our own names
    assert ignored.returncode == 0
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "what is not named does not go into the image"
    assert not any(path.startswith(rule.removeprefix("!")) for rule in rules if rule.startswith("!"))


def test_the_image_is_given_all_that_it_is_built_from() -> None:
    named = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"apps", "ops", "platform", "tenants", "themes", "workers", "pyproject.toml", "requirements.lock"} <= named
    for name in named:
        assert (PROJECT / name).exists(), name


@pytest.fixture(scope="module")
async def started(state_folder: Path) -> AsyncIterator[Deployment]:
    """Every service, started in order as `docker compose up` does. Only what the comment of the file names is there."""
    pki = new_pki(state_folder / "compose-pki")
    async with file_server() as publish:
        root, intermediate = publish_both(pki, publish)
        variables = {"HAAS_DOMAIN": DOMAIN, "CRL_ROOT": root, "CRL_INTERMEDIATE": intermediate}
        async with deployment(state_folder / "compose", variables) as made:
            put_beside(made.folder, pki)
            for name in ORDER:
                await made.start(name)
            made.pki = pki
            yield made


def new_pki(folder: Path) -> Pki:
    folder.mkdir()
    return Pki(folder)


def put_beside(folder: Path, pki: Pki) -> None:
    """Put what an operator brings beside compose.yaml, readable for the users that read it."""
    keys.make_keys(folder / "backup-keys")
    for name in ("backup-keys", "backups", "secrets", "certificates", "client-authorities"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(0o755)
    (folder / "secrets" / "smtp.url").write_text("smtp://127.0.0.1:1\n")
    (folder / "secrets" / "sms.url").write_text("https://user:secret@sms.example.test/\n")
    (folder / "client-authorities" / "authorities.crt").write_bytes(pki.client_authorities_file.read_bytes())
    for host in HOSTS:
        pki.ensure_server(host, folder / "certificates")
    made = [folder / "backup-keys" / name for name in (keys.RECIPIENT, keys.SIGNING_KEY)]
    owned = {10001: [*(folder / "secrets").iterdir(), *made], 10002: (folder / "certificates").iterdir()}
    for owner, files in owned.items():
        for file in files:
            file.chmod(0o400)
            if os.geteuid() == 0:
                os.chown(file, owner, 10001)
    if os.geteuid() == 0:
        os.chown(folder / "backups", 10001, 10001)


async def test_the_deployment_that_was_started_serves_a_new_brand(started: Deployment) -> None:
    addresses = ("--public-base-uri", "https://a.test", "--secure-base-uri", "https://b.test")
    await started.run("command", "register", "put", "production", *addresses, "--jwks-uri", "https://a.test/jwks")
    names = ("--name", "Kestrel Energy", "--retailer", "Kestrel Pty Ltd", "--register-environment", "production")
    created = await started.run("command", "tenant", "create", SLUG, *names, "--register-brand-id", "brand-1")
    assert "Created Kestrel Energy: https://kestrel.haas.test" in created
    assert "1 tenants  " in await started.run("command", "migrate", "--status")
    issued = started.pki.issue_client("Budget App", "Recipient Pty Ltd")
    certificate = (issued.certificate.encode(), str(issued.key).encode())
    hosts = {f"*.{DOMAIN}": "127.0.0.1"}
    async with http_client(hosts=hosts, trusted_roots=started.pki.trusted_roots_file, certificate=certificate) as http:
        public = f"https://{SLUG}.{DOMAIN}:{started.https}"
        document_ = (await http.get(f"{public}/.well-known/openid-configuration")).json()
        assert document_["issuer"] == f"https://{SLUG}.{DOMAIN}"
        refused = await http.post(f"https://mtls.{SLUG}.{DOMAIN}:{started.https}/token")
        assert refused.json()["error"] == "invalid_request"
        async with asyncio.timeout(20):  # until the provisioner has written it
            while (style := await http.get(f"{public}{STYLESHEET_PATH}")).status_code == 404:  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.1)
        assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    async with http_client(hosts=hosts, trusted_roots=started.pki.trusted_roots_file) as http:
        without = await http.post(f"https://mtls.{SLUG}.{DOMAIN}:{started.https}/token")
        assert "certificate" in without.json()["error_description"]


async def test_a_backup_of_the_deployment_is_made_beside_the_file(started: Deployment) -> None:
    output = await started.run("backup", "--jobs", "1")
    [made] = (started.folder / "backups").iterdir()
    assert output.splitlines()[-1] == str(made)
    key = keys.read_verification_key(started.folder / "backup-keys" / keys.VERIFICATION_KEY)
    assert open_backup(made, key, NO_PROGRESS).manifest.control is not None


def test_the_image_of_backups_has_a_pg_dump_that_finds_its_libraries(tmp_path: Path) -> None:
    """Of the version of the server, and in the folder that compose.yaml names."""
    for path in copied_programs():
        source, target = SITE_PACKAGES / path, tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    folder = str(services()["backup"]["environment"]["HAAS_POSTGRES_PROGRAMS"])
    pg_dump = tmp_path / Path(folder).relative_to(COPIED) / "pg_dump"
    version = subprocess.run([pg_dump, "--version"], check=True, capture_output=True, text=True, env={})  # noqa: S603
    assert version.stdout.split()[-1].partition(".")[0] == services()["postgres"]["image"].removeprefix("postgres:")
    targets = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert services()["backup"]["build"]["target"] in {name for _, name in targets}
    assert targets[-1] == ("product", ""), "the other services are built without a target"


async def test_a_second_start_changes_no_secret(started: Deployment) -> None:
    def content() -> dict[str, bytes]:
        names = (
            "superuser-password",
            "superuser",
            "owner",
            "application",
            "operator",
            "backup",
            "master-key",
            "broker",
            "valkey-configuration",
        )
        return {str(file): file.read_bytes() for name in names for file in (started.root / name).iterdir()}

    before = content()
    assert len(before) == 9
    for name in ("secrets", "database", "migrate", "first-crl", "proxy-configuration"):
        await started.start(name)
    assert content() == before


async def test_a_deployment_of_an_earlier_release_gets_the_login_of_the_commands(started: Deployment) -> None:
    """`docker compose up` makes the secret that is missing, and the login with it."""
    file = started.root / "operator" / "url"
    before = file.read_text()
    file.unlink()
    for name in ("secrets", "database", "migrate"):
        await started.start(name)
    assert file.read_text() != before


def test_what_was_started_holds_no_other_secret(started: Deployment) -> None:
    """By the environments of the processes themselves."""
    for name, process in started.running.items():
        entries = Path(f"/proc/{process.pid}/environ").read_bytes().decode().split("\0")
        variables = {entry.partition("=")[0] for entry in entries}
        assert not {each for each in variables if each.startswith("HAAS_TEST_")}
        held = {each for each in variables if each.endswith("_FILE")}
        expected = {each for each in services()[name].get("environment", {}) if each.endswith("_FILE")}
        assert held == expected, name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes as other users")
def test_nginx_works_without_the_rights_of_root(started: Deployment) -> None:
    """It reads the private keys, connects to the application and is told to read new lists, as the user 10002."""
    assert Path(f"/proc/{started.running['nginx'].pid}").stat().st_uid == 10002
    socket = started.root / "sockets" / "app-1"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o660
    assert socket.stat().st_gid == 10001
