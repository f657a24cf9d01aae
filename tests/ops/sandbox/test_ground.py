"""What the sandbox stands on: its settings, its store, its jobs."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from haas.settings import SettingsError
from ops.sandbox.jobs import CommandJobs, JobFailed
from ops.sandbox.settings import SandboxSettings
from ops.sandbox.store import Collection, Store
from ops.sandbox.tenants import Tenants
from ops.sandbox.used_identifiers import UsedIdentifiers

COMPLETE = {
    "HAAS_ENVIRONMENT": "sandbox",
    "HAAS_SANDBOX_FOLDER": "/var/sandbox",
    "HAAS_SANDBOX_CONTROL_PORT": "4001",
    "HAAS_SANDBOX_SMTP_PORT": "4002",
    "HAAS_SANDBOX_PKI": "/var/pki",
    "HAAS_SANDBOX_STACK_FILE": "/var/stack.json",
    "HAAS_PUBLIC_PORT": "8443",
    "HAAS_HOST_MAP": '{"*.haas.localhost": "127.0.0.1"}',
}


class Note(msgspec.Struct, frozen=True):
    text: str


def test_settings_are_read_from_the_environment() -> None:
    settings = SandboxSettings.from_environment(COMPLETE)
    assert settings.control_port == 4001
    assert settings.folder == Path("/var/sandbox")
    assert settings.host_map == {"*.haas.localhost": "127.0.0.1"}
    assert settings.origin("register") == "https://register.cdr-sandbox.localhost:8443"
    assert msgspec.structs.replace(settings, public_port=443).origin("a") == "https://a.cdr-sandbox.localhost"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HAAS_ENVIRONMENT": "production"}, "HAAS_ENVIRONMENT"),
        ({"HAAS_SANDBOX_FOLDER": ""}, "HAAS_SANDBOX_FOLDER"),
        ({"HAAS_SANDBOX_CONTROL_PORT": "many"}, "control_port"),
        ({"HAAS_HOST_MAP": "{"}, "HAAS_HOST_MAP"),
    ],
)
def test_settings_that_are_wrong_are_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        SandboxSettings.from_environment({**COMPLETE, **change})


async def test_a_document_is_kept_changed_and_removed(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    notes = Collection(store, "note", Note, limit=3)
    assert await notes.add("a", Note("1"))
    assert not await notes.add("a", Note("2"))
    assert await notes.get("a") == Note("1")
    assert await notes.change("a", lambda note: Note(note.text + "!")) == Note("1!")
    assert await notes.change("b", lambda note: note) is None
    for key in "bcde":
        await notes.put(key, Note(key))
    assert [note.text for note in await notes.all()] == ["c", "d", "e"]
    assert await notes.remove("c")
    assert not await notes.remove("c")
    store.close()


async def test_what_was_kept_outlives_a_kill(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, pathlib, signal\n"
        "from ops.sandbox.used_identifiers import UsedIdentifiers\nfrom ops.sandbox.store import Store\n"
        f"store = Store(pathlib.Path({str(tmp_path / 's.sqlite')!r}))\n"
        "asyncio.run(UsedIdentifiers(store).use('a'))\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=environment)
    assert await process.wait() == -signal.SIGKILL
    store = Store(tmp_path / "s.sqlite")
    used = UsedIdentifiers(store)
    assert not await used.use("a")
    assert await used.use("b")
    store.close()


def stack(folder: Path) -> Tenants:
    (folder / "settings.env").write_text("HAAS_DOMAIN='haas.localhost'\n", encoding="utf-8")
    document = {"settings_file": str(folder / "settings.env"), "tenants": []}
    (folder / "stack.json").write_text(json.dumps(document), encoding="utf-8")
    return Tenants(folder / "stack.json")


async def test_a_job_is_run_with_the_running_stacks_settings(tmp_path: Path) -> None:
    script = (
        "import json, os, sys; print('a log line')\n"
        "print(json.dumps({'job': sys.argv[1], 'domain': os.environ['HAAS_DOMAIN']}))"
    )
    jobs = CommandJobs(stack(tmp_path), (sys.executable, "-c", script))
    done = await jobs.run("register-poll")
    assert done.output == 'a log line\n{"job": "register-poll", "domain": "haas.localhost"}\n'
    assert done.result == {"job": "register-poll", "domain": "haas.localhost"}


async def test_a_job_that_fails_says_what_it_printed(tmp_path: Path) -> None:
    jobs = CommandJobs(stack(tmp_path), (sys.executable, "-c", "import sys; sys.exit('no Register')"))
    with pytest.raises(JobFailed, match="no Register"):
        await jobs.run("outbox-drain")
    with pytest.raises(JobFailed, match="no stack is running"):
        await CommandJobs(Tenants(tmp_path / "absent.json")).run("outbox-drain")


def test_a_stack_that_is_not_up_has_no_tenants(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path / "stack.json")
    assert tenants.all() == []
    assert tenants.holder_brands() == []
    assert tenants.find("aurora") is None
