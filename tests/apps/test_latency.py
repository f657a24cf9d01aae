"""The latency of a call ends when its last byte is handed to the proxy, and does not contain the secondary holder's."""

from typing import Any

import httpx
import pytest

from apps.http.context import SCOPE_KEY, RequestContext
from haas.http import AsgiApplication
from tenants.calls import CallRecord
from tests.support.application import Application
from tests.support.counted_time import CountedTime

MILLISECOND = 1_000


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> CountedTime:
    counted = CountedTime()
    for module in ("apps.asgi", "apps.http.sent_response", "tenants.calls.secondary"):
        monkeypatch.setattr(f"{module}.perf_counter_ns", counted)
    return counted


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[CallRecord]:
    """The records of the calls in this test."""
    recorded: list[CallRecord] = []
    monkeypatch.setattr("apps.asgi.record", recorded.append)
    return recorded


async def call(application: Application, monkeypatch: pytest.MonkeyPatch, serve: Any) -> None:
    """Let `serve` answer a request in place of the application of the public host."""

    async def surface(scope: Any, _: Any, send: Any) -> None:
        found = scope[SCOPE_KEY]
        found.operation = "listElectricityServicePoints"
        await serve(found, send)

    served: dict[str, AsgiApplication] = {"public": surface}
    monkeypatch.setattr(application.asgi, "_surfaces", served)
    tenant = await application.new_tenant()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=tenant.issuer) as http:
        await http.get("/")


async def start(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def finish(send: Any) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def test_the_time_waited_for_the_secondary_holder_is_taken_off_once(
    application: Application, monkeypatch: pytest.MonkeyPatch, calls: list[CallRecord], time: CountedTime
) -> None:
    async def serve(found: RequestContext, send: Any) -> None:
        time.add(20)
        asked = found.secondary_calls
        with asked.request() as first, asked.request() as second:
            with asked.request() as third:
                time.add(200)
                third.result = "answered"
            time.add(100)
            first.result = second.result = "answered"
        await start(send)
        time.add(30)
        await finish(send)

    await call(application, monkeypatch, serve)
    [recorded] = calls
    assert (recorded.secondary_latency, recorded.latency) == (300 * MILLISECOND, 50 * MILLISECOND)
    assert (recorded.secondary_calls, recorded.secondary_errors, recorded.secondary_rejections) == (3, 0, 0)


async def test_the_latency_contains_the_whole_response_and_nothing_after_it(
    application: Application, monkeypatch: pytest.MonkeyPatch, calls: list[CallRecord], time: CountedTime
) -> None:
    async def serve(_: RequestContext, send: Any) -> None:
        await start(send)
        time.add(200)
        await finish(send)
        time.add(500)

    await call(application, monkeypatch, serve)
    [recorded] = calls
    assert recorded.latency == 200 * MILLISECOND
    assert (recorded.status, recorded.secondary_latency, recorded.secondary_calls) == (200, None, 0)


@pytest.mark.parametrize("started", [True, False])
async def test_a_response_that_was_not_completed_is_recorded_as_a_failure(
    application: Application, monkeypatch: pytest.MonkeyPatch, calls: list[CallRecord], *, started: bool
) -> None:
    async def serve(_: RequestContext, send: Any) -> None:
        if started:
            await start(send)
        raise OSError("the source has broken off")

    with pytest.raises(OSError, match="broken off"):
        await call(application, monkeypatch, serve)
    assert [recorded.status for recorded in calls] == [500]


async def test_an_error_after_a_complete_response_changes_no_status(
    application: Application, monkeypatch: pytest.MonkeyPatch, calls: list[CallRecord]
) -> None:
    async def serve(_: RequestContext, send: Any) -> None:
        await start(send)
        await finish(send)
        raise OSError("too late to matter")

    with pytest.raises(OSError, match="too late"):
        await call(application, monkeypatch, serve)
    assert [recorded.status for recorded in calls] == [200]
