"""Jobs of the product that the sandbox runs."""

import json
from pathlib import Path

import pytest

from ops.sandbox.jobs import JobFailed, ProductJobs
from ops.sandbox.tenants import Tenants
from ops.stack.embedded import Stack


async def test_a_job_is_run_with_the_settings_of_the_running_stack(stack: Stack) -> None:
    done = await ProductJobs(Tenants(stack.folder.description)).run("register-poll")
    assert [poll["environment"] for poll in done.result["polls"]] == ["sandbox"]


async def test_the_error_of_a_failed_job_has_its_output(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("HAAS_DOMAIN='haas.localhost'\n", encoding="utf-8")
    document = {"settings_file": str(tmp_path / "settings.env"), "tenants": []}
    (tmp_path / "stack.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(JobFailed, match=r"(?s)outbox-drain ended with 1: .*HAAS_"):
        await ProductJobs(Tenants(tmp_path / "stack.json")).run("outbox-drain")


async def test_a_job_without_a_running_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="no stack is running"):
        await ProductJobs(Tenants(tmp_path / "absent.json")).run("outbox-drain")
