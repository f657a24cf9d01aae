"""Control API: its listener, its list of operations, and who may call it."""

import httpx

from tests.ops.sandbox.conftest import RunningSandbox


async def test_requests_from_web_pages_are_refused(control: httpx.AsyncClient) -> None:
    assert (await control.get("/clock", headers={"Host": "rebound.test"})).status_code == 403
    assert (await control.get("/clock", headers={"Origin": "https://evil.test"})).status_code == 403
    assert (await control.get("/clock", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    plain = {"Content-Type": "text/plain"}
    assert (await control.post("/clock", content=b'{"seconds": 5}', headers=plain)).status_code == 400
    assert (await control.get("/clock", headers={"Host": "localhost"})).json()["offset_seconds"] == 0


async def test_the_root_lists_all_operations(control: httpx.AsyncClient) -> None:
    operations = {entry["operation"]: entry["does"] for entry in (await control.get("/")).json()["operations"]}
    assert operations["POST /software-products"].startswith("Add a software product")
    assert len(operations) >= 25


async def test_the_listener_uses_the_loopback_interface_only(sandbox: RunningSandbox) -> None:
    control = sandbox.application.control
    assert control is not None
    addresses = [s.getsockname()[0] for server in control.servers for s in server.sockets]
    assert addresses == ["127.0.0.1"]
