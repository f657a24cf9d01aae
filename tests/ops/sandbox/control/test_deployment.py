"""Control API: jobs of the product, the clock, and preset one-time codes."""

import json

import httpx

from tests.ops.sandbox.conftest import RunningSandbox


async def test_the_clock_is_moved_and_reset(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    assert (await control.get("/clock")).json()["offset_seconds"] == 0
    assert (await control.post("/clock", json={"seconds": 3600})).json()["offset_seconds"] == 3600
    assert sandbox.clock.offset.total_seconds() == 3600
    assert (await control.post("/clock", json={"reset": True})).json()["offset_seconds"] == 0


async def test_a_preset_code_is_written_to_the_file_that_the_product_reads(
    sandbox: RunningSandbox, control: httpx.AsyncClient
) -> None:
    url = "/preset-codes/aurora/ada%40example.test"
    assert (await control.put(url, json={"code": "000789"})).json()["code"] == "000789"
    file = sandbox.settings.preset_codes
    assert file is not None
    assert json.loads(file.read_bytes()) == {"aurora": {"ada@example.test": "000789"}}
    assert (await control.get("/preset-codes")).json()["preset_codes"]["aurora"] == {"ada@example.test": "000789"}
    assert (await control.delete(url)).status_code == 204
    assert json.loads(file.read_bytes()) == {"aurora": {}}


async def test_jobs_of_the_product_are_run_and_their_results_returned(stack_control: httpx.AsyncClient) -> None:
    polled = await stack_control.post("/register-poll")
    assert polled.status_code == 200, polled.text
    assert [poll["environment"] for poll in polled.json()["result"]["polls"]] == ["sandbox"]
    drained = await stack_control.post("/outbox-drain")
    assert drained.status_code == 200, drained.text
    assert drained.json()["result"]["tenants_failed"] == []


async def test_a_job_that_fails_is_answered_with_its_output(control: httpx.AsyncClient) -> None:
    """The settings file of the sandbox in this process lacks every setting but one."""
    refused = await control.post("/register-poll")
    assert refused.status_code == 502
    assert refused.json()["error"] == "job_failed"
    assert "HAAS_" in refused.json()["detail"]
