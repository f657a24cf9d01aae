"""Requests that would have to wait too long are refused in the shape of their route; other hosts go on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from litestar import Request, get, post

from apps.http.admission import Admission
from apps.surfaces import MAXIMUM_BODY_BYTES, application_with
from tenants.oauth import endpoints
from tenants.operations.models import BASE_PATH
from tenants.registry.models import Tenant
from tests.support.application import Application, client_cert_header
from tests.support.deployments import REGISTER

SECURE = {"Client-Cert": client_cert_header("certificate"), "HAAS-Register-Environment": REGISTER.id}
STATUS = f"{BASE_PATH}/discovery/status"


class Held:
    """A route `/held` that answers when the test allows it, and a route `/body` that returns the size of its body."""

    def __init__(self) -> None:
        self.running, self.released = asyncio.Semaphore(0), asyncio.Event()

        @get("/held")
        async def hold() -> str:
            self.running.release()
            await self.released.wait()
            return "released"

        @post("/body", status_code=200)
        async def measure(request: Request[Any, Any, Any]) -> int:
            return len(await request.body())

        self.routes = (hold, measure)


@pytest.fixture
def held(application: Application, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """The routes in place of those of the management host. One request of a host is processed, and none waits."""
    held = Held()
    surfaces = {**application.asgi._surfaces, "management": application_with(held.routes)}
    monkeypatch.setattr(application.asgi, "_surfaces", surfaces)
    admission = Admission(requests=8, of_one_host=1, waiting=0, seconds_for_a_body=0.05)
    monkeypatch.setattr(application.asgi, "_admission", admission)
    yield held
    held.released.set()


@pytest.fixture
async def http(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi)) as http:
        yield http


@asynccontextmanager
async def all_slots_of(application: Application, tenant: Tenant) -> AsyncIterator[None]:
    """Hold the slot of the public and of the secure host."""
    slots = application.asgi._admission._slots
    hosts = [(tenant.id, "public"), (tenant.id, "secure")]
    for host in hosts:
        await slots.take(host)
    yield
    for host in hosts:
        slots.give_back(host)


async def test_a_host_without_a_free_slot_refuses_and_another_brand_answers(
    held: Held, http: httpx.AsyncClient, aurora: Tenant, banksia: Tenant
) -> None:
    first = asyncio.create_task(http.get(f"{aurora.management_base}/held"))
    await held.running.acquire()
    refused = await http.get(f"{aurora.management_base}/held")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    others = asyncio.create_task(http.get(f"{banksia.management_base}/held"))
    await held.running.acquire()
    assert (await http.get(f"{aurora.issuer}{STATUS}", headers={"x-v": "1"})).status_code == 200
    held.released.set()
    assert [(await each).status_code for each in (first, others)] == [200, 200]
    assert (await http.get(f"{aurora.management_base}/held")).text == "released"


@pytest.mark.usefixtures("held")
async def test_the_refusal_has_the_shape_of_the_route(
    application: Application, http: httpx.AsyncClient, aurora: Tenant
) -> None:
    async with all_slots_of(application, aurora):
        data = await http.get(f"{aurora.secure_base}{BASE_PATH}/energy/accounts", headers=SECURE)
        oauth = await http.post(f"{aurora.secure_base}{endpoints.TOKEN}", headers=SECURE)
        page = await http.get(f"{aurora.issuer}/dashboard")
    assert {answer.status_code for answer in (data, oauth, page)} == {503}
    assert all(answer.headers["retry-after"] for answer in (data, oauth, page))
    assert data.json()["errors"][0]["code"] == "urn:au-cds:error:cds-all:Service/Unavailable"
    assert oauth.json()["error"] == "temporarily_unavailable"
    assert page.headers["content-type"].startswith("text/html")
    assert (await http.get(f"{aurora.issuer}/dashboard")).status_code != 503


@pytest.mark.usefixtures("held")
async def test_many_refusals_are_one_line_in_the_log(
    application: Application, http: httpx.AsyncClient, aurora: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    async with all_slots_of(application, aurora):
        for _ in range(5):
            await http.get(f"{aurora.issuer}{STATUS}", headers={"x-v": "1"})
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == ["requests.refused"]


async def _send_slowly(application: Application, tenant: Tenant) -> tuple[int, bytes]:
    """Send the start of a body and never the rest. Return the status and the content of the response."""
    sent: list[dict[str, Any]] = []
    parts = iter([{"type": "http.request", "body": b"a", "more_body": True}])

    async def receive() -> Any:
        return next(parts, None) or await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/body", "raw_path": b"/body", "query_string": b"", "root_path": "",
        "scheme": "https", "http_version": "1.1", "server": ("127.0.0.1", 443), "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", tenant.management_base.removeprefix("https://").encode()),
            (b"content-length", b"2"),
        ],
    }  # fmt: skip
    await application.asgi(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


async def test_a_body_that_does_not_arrive_in_time_is_refused_and_holds_no_slot(
    held: Held, http: httpx.AsyncClient, application: Application, aurora: Tenant
) -> None:
    slow = asyncio.create_task(_send_slowly(application, aurora))
    await asyncio.sleep(0)
    assert (await http.post(f"{aurora.management_base}/body", content=b"abc")).text == "3"
    status, problem = await slow
    assert status == 408
    assert b"took too long to arrive" in problem
    assert application.asgi._admission._slots.free == 8


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(("size", "status"), [(0, 200), (MAXIMUM_BODY_BYTES, 200), (MAXIMUM_BODY_BYTES + 1, 413)])
async def test_a_whole_body_is_passed_on_up_to_its_maximum(
    http: httpx.AsyncClient, aurora: Tenant, size: int, status: int
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield bytes(min(65_536, size - start))

    answer = await http.post(f"{aurora.management_base}/body", content=parts())
    assert answer.status_code == status
    if status == 200:
        assert answer.text == str(size)


async def test_a_client_that_leaves_while_it_sends_its_body_holds_no_slot(
    held: Held, application: Application, aurora: Tenant
) -> None:
    leaving = asyncio.create_task(_send_slowly(application, aurora))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert application.asgi._admission._slots.free == 8
