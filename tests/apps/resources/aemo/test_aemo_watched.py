"""What traces and logs say about a call that asks AEMO: nothing about a person, also when AEMO or the program fails."""

import logging
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from haas.logs import JsonLines
from haas.open_telemetry import OpenTelemetryTracer
from haas.traces import using
from tenants.sources.aemo import AemoSource
from tests.apps.resources.aemo.conftest import USAGE, Shared, assert_no_nmi, forget_answers
from tests.apps.resources.conftest import Brand
from tests.support.aemo import ScriptedHub, refusal

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01"
ATTRIBUTES = {
    *("haas.tenant", "haas.operation", "haas.surface", "haas.interaction_id", "haas.kind"),
    *("http.response.status_code", "error.type"),
}
NAME = "Quillon Zebrowitz"


class Traced:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    def using(self, ratio: float) -> Any:
        self.exporter = InMemorySpanExporter()  # the one before was closed
        return using(OpenTelemetryTracer(SimpleSpanProcessor(self.exporter), ratio, "application"))

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())


@pytest.fixture
def traced() -> Traced:
    return Traced()


async def test_a_request_has_spans_of_the_proxy_the_database_and_aemo(
    brand: Brand, hub: ScriptedHub, shared: Shared, traced: Traced
) -> None:
    headers = {"traceparent": SAMPLED, "tracestate": "a=b", "HAAS-Proxy-Seconds": "0.250"}
    with traced.using(1.0):
        response = await shared.get(headers=headers)
    assert response.status_code == 200
    # The application writes its counts at the same time, which is a trace of its own.
    spans = [span for span in traced.spans if f"{span.context.trace_id:032x}" == TRACE]
    [request] = [span for span in spans if span.name == "request"]
    assert {span.name for span in spans} == {"request", "proxy", "database", "outbound"}
    parts = [span for span in spans if span is not request]
    assert {span.parent.span_id for span in parts if span.parent} == {request.context.span_id}
    [proxy] = [span for span in parts if span.name == "proxy"]
    assert (proxy.end_time or 0) - (proxy.start_time or 0) == 250_000_000
    [outbound] = [span for span in parts if span.name == "outbound"]
    assert outbound.attributes == {"haas.kind": "aemo"}
    assert request.attributes == {
        "haas.tenant": brand.tenant.slug,
        "haas.operation": "listElectricityServicePoints",
        "haas.surface": "secure",
        "haas.interaction_id": response.headers["x-fapi-interaction-id"],
        "http.response.status_code": 200,
    }
    assert request.context.trace_state.to_header() == ""
    assert not [name for name in hub.requests[-1].headers if name.startswith(("trace", "baggage"))]


@pytest.mark.parametrize("traceparent", [SAMPLED, "", "00-0-0-01", "x" * 5_000])
async def test_nobody_outside_decides_what_is_recorded(shared: Shared, traced: Traced, traceparent: str) -> None:
    headers = {"traceparent": traceparent, "HAAS-Proxy-Seconds": "-inf"}
    with traced.using(0.0):
        assert (await shared.get(headers=headers)).status_code == 200
    assert traced.spans == []
    with traced.using(1.0):
        assert (await shared.get(headers=headers)).status_code == 200
    assert traced.spans


async def test_failures_of_aemo_and_of_the_program_say_nothing_about_a_person(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    traced: Traced,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG, "haas")
    caplog.set_level(logging.INFO)
    said = f"{NAME} of {shared.nmis[0]} at zebrowitz@planted.test"
    answers: list[tuple[int, object]] = [
        (400, refusal("urn:au-cds:error:cds-energy:Authorisation/InvalidServicePoint", said, said)),
        (500, f"<html>{said}</html>".encode()),
        (200, f'{{"data": "{said}'.encode()),
        (200, {"data": {"servicePoints": [{"servicePointId": said, "nationalMeteringId": said}]}, "meta": said}),
    ]
    planted = {"User-Agent": NAME, "x-fapi-customer-ip-address": "203.0.113.77", "Referer": f"https://x.test/?a={said}"}
    with traced.using(1.0):
        for answer in answers:
            forget_answers(brand)
            hub.answer = lambda _, answer=answer: answer
            response = await shared.get(headers=planted)
            assert response.status_code in (200, 500, 503), answer
        hub.answer = hub.items

        refused = await shared.post(USAGE, [said, *shared.nmis])
        assert refused.status_code in (400, 404, 422)

        async def fail(*_: object) -> None:
            raise ValueError(f"invalid literal for int() with base 10: '{said}'")

        monkeypatch.setattr(AemoSource, "read", fail)
        assert (await shared.get(headers=planted)).status_code == 500
    lines = [JsonLines().format(record) for record in caplog.records if record.name != "httpx"]
    assert [line for line in lines if "ValueError" in line], "the error of the program is logged"
    spans = [span.to_json() for span in traced.spans]
    assert {name for span in traced.spans for name in span.attributes or {}} == ATTRIBUTES
    assert not [span for span in traced.spans if span.events or span.links or span.status.description]
    for text in (*lines, *spans):
        assert_no_nmi(shared, text)
        for value in ("Zebrowitz", "zebrowitz", "203.0.113.77", shared.sharing.tokens.access_token):
            assert value not in text
