"""The sandbox as a process of its own."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path

import httpx

from ops.pki.store import Pki
from tests.ops.sandbox.addresses import REGISTER


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def started(environment: dict[str, str], unix_socket: Path) -> Process:
    """Start the sandbox and return once it serves."""
    command = ["-m", "uvicorn", "--factory", "ops.sandbox.app:create", "--uds", str(unix_socket)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    lines = []
    async with asyncio.timeout(60):
        while line := (await process.stderr.readline()).decode():
            lines.append(line)
            if "Uvicorn running" in line:
                return process
    raise AssertionError("".join(lines))


async def test_the_state_is_the_same_after_the_process_was_killed(tmp_path: Path, pki: Pki, state_folder: Path) -> None:
    port, unix_socket = free_port(), state_folder / "sandbox-under-test"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HAAS_ENVIRONMENT": "sandbox",
        "HAAS_PUBLIC_PORT": "8443",
        "HAAS_SANDBOX_FOLDER": str(tmp_path / "state"),
        "HAAS_SANDBOX_CONTROL_PORT": str(port),
        "HAAS_SANDBOX_SMTP_PORT": str(free_port()),
        "HAAS_SANDBOX_PKI": str(pki.folder),
        "HAAS_SANDBOX_STACK_FILE": str(tmp_path / "stack.json"),
    }
    process = await started(environment, unix_socket)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as control:
            product = (await control.post("/software-products", json={"algorithm": "ES256"})).json()
            path = f"/software-products/{product['software_product_id']}"
            await control.put(f"{path}/status", json={"status": "INACTIVE"})
            assert (await control.post("/clock", json={"seconds": 1})).status_code == 409
        process.kill()
        assert await process.wait() == -signal.SIGKILL
        process = await started(environment, unix_socket)
        transport = httpx.AsyncHTTPTransport(uds=str(unix_socket))
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as control,
            httpx.AsyncClient(transport=transport) as proxied,
        ):
            assert (await control.get(path)).json()["status"] == "INACTIVE"
            assert (await control.post("/register-poll")).json()["error"] == "job_failed"
            page = await proxied.get("http://recipient.cdr-sandbox.localhost/")
            assert "No energy retailer can be reached yet" in page.text
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            _, errors = await process.communicate()
        assert "Application shutdown complete" in errors.decode()
        assert process.returncode == -signal.SIGTERM, "uvicorn raises the signal again after the shutdown"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_an_unknown_host_and_a_path_of_another_host_are_not_found(
    anonymous: httpx.AsyncClient,
) -> None:
    assert (await anonymous.get("https://elsewhere.cdr-sandbox.localhost:8443/")).status_code == 404
    url = f"{REGISTER}/cdr-register/v1/energy/data-holders/brands"
    assert (await anonymous.get(url, headers={"x-v": "3"})).status_code == 404
    assert (await anonymous.get(f"{REGISTER}/cdr-register/v1/jwks")).status_code == 200
