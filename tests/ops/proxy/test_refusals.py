"""The proxy counts the requests that it refuses itself, and sends the counts to the application."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ops.stack.ports import Ports
from tests.support.proxy import PUBLIC, SECURE, Proxy, running_proxy

STATUS = "/cds-au/v1/discovery/status"


async def request(proxy: Proxy, host: str, line: str, headers: str = "", **options: Any) -> int:
    sent = f"{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n".encode()
    return (await proxy.ask(host, request=sent, **options)).status


async def test_requests_that_nginx_refuses_are_counted_by_host_operation_and_status(
    state_folder: Path, tmp_path: Path
) -> None:
    """F-64: each refusal of a limit, a size and a protocol error once; paths that the standards do not define never."""
    health = Ports(tmp_path / "ports.json").obtain("health")
    limits = {"request_rate": "1r/m", "request_burst": 1, "requests_of_a_certificate": 10}
    async with running_proxy(
        state_folder / "proxy-refusals", application="tests.support.echo:create_counts", health_port=health, **limits
    ) as proxy:
        client = proxy.pki.issue_client("Budget App", "Recipient Pty Ltd")
        for _ in range(2):
            assert await request(proxy, PUBLIC, f"GET {STATUS}?query=secret") == 200
        refused = await asyncio.gather(*(request(proxy, PUBLIC, f"GET {STATUS}?query=secret") for _ in range(40)))
        assert set(refused) == {429}
        assert await request(proxy, PUBLIC, "GET /dashboard/me@example.test") == 429
        assert await request(proxy, PUBLIC, "GET /cds-au/v1/energy/accounts/123") == 429  # not on this host
        large = f"Content-Length: {600 * 1024}\r\n"
        assert await request(proxy, SECURE, "POST /token", large, client=client) == 413
        path = "/cds-au/v1/energy/accounts"
        assert await request(proxy, SECURE, f"POST {path}/balances", large, client=client) == 413
        assert await request(proxy, SECURE, f"GET {path}/a1", f"X: {'x' * 40_000}\r\n", client=client) == 400
        assert await request(proxy, SECURE, f"PUT {path}/a1", large, client=client) == 413  # no operation
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{health}") as http:
            assert (await http.get("/refusals")).status_code == 204  # the application takes none yet
            assert (await http.post("/deliver", json=[])).status_code == 404
        assert (await proxy.ask(SECURE, client=client, method="PUT", headers={"HAAS-Refusals": "1"})).status == 200
        async with asyncio.timeout(20):
            taken: list[Any] = []
            while sum(each["number"] for each in taken) < 44:  # each question takes some milliseconds
                taken = await answered(proxy, client)
    counted: Counter[tuple[str, str, int]] = Counter()
    for each in taken:
        assert 0 <= each["age"] < 60
        counted[each["host"], each["operation"], each["status"]] += each["number"]
    assert counted == {
        (PUBLIC, "getStatus", 429): 40,
        (PUBLIC, "getEnergyAccountDetail", 429): 1,  # the application leaves it out: another surface has the operation
        (SECURE, "token", 413): 1,
        (SECURE, "listEnergyAccountBalancesSpecificAccounts", 413): 1,
        (SECURE, "getEnergyAccountDetail", 400): 1,
    }
    assert "secret" not in str(taken)


async def answered(proxy: Proxy, client: Any) -> list[Any]:
    found: list[Any] = msgspec.json.decode((await proxy.ask(SECURE, client=client)).body)
    return found
