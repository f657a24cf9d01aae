"""Makes spans with the SDK of OpenTelemetry, and sends them with OTLP over HTTP. Only `haas.traces` imports this."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from time import time_ns
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from haas.traces import SpanName

SECONDS_TO_SEND: Final = 5
WAITING_SPANS: Final = 4_096
"""How many spans wait to be sent. Further ones are dropped, so that a server that is down costs no memory."""
_KINDS: Final = {"outbound": SpanKind.CLIENT, "database": SpanKind.CLIENT}
_CLIENT_PROPAGATION: Final = TraceContextTextMapPropagator()
_SERVER_ERRORS: Final = 500


class ShareOfRequests(Sampler):
    """Records a share of the requests, chosen by chance.

    The decision depends neither on the id of the trace nor on the flag of a parent, because both can come from outside.
    """

    def __init__(self, ratio: float) -> None:
        """`ratio` is between 0 and 1."""
        self._ratio = ratio

    def should_sample(self, *_: Any, **__: Any) -> SamplingResult:
        """Decide by chance."""
        recorded = random.random() < self._ratio  # noqa: S311 - not a secret
        return SamplingResult(Decision.RECORD_AND_SAMPLE if recorded else Decision.DROP)

    def get_description(self) -> str:
        """Return a name for the SDK's own messages."""
        return f"ShareOfRequests({self._ratio})"


class _Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def describe(
        self, *, surface: str, tenant: str | None, operation: str | None, interaction_id: str, status: int
    ) -> None:
        given = {"haas.tenant": tenant, "haas.operation": operation}
        self._span.set_attributes({name: value for name, value in given.items() if value is not None})
        self._span.set_attributes(
            {"haas.surface": surface, "haas.interaction_id": interaction_id, "http.response.status_code": status}
        )
        if status >= _SERVER_ERRORS:
            self._span.set_status(StatusCode.ERROR)


class OpenTelemetryTracer:
    """The tracer of one process."""

    def __init__(self, processor: SpanProcessor, ratio: float, process: str) -> None:
        """Give spans to `processor`. `ratio` of the requests are recorded."""
        share = ShareOfRequests(ratio)
        self._provider = TracerProvider(
            # Only the spans within this process follow the decision that was made for their request.
            sampler=ParentBased(share, remote_parent_sampled=share, remote_parent_not_sampled=share),
            resource=Resource({"service.name": "haas", "haas.process": process}),
            span_limits=SpanLimits(max_events=1, max_links=1, max_span_attributes=16, max_span_attribute_length=200),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("haas")

    @classmethod
    def open(cls, endpoint: str, ratio: float, process: str) -> "OpenTelemetryTracer":
        """Send spans to `endpoint`, in the background."""
        exporter = OTLPSpanExporter(endpoint=endpoint, timeout=SECONDS_TO_SEND)
        return cls(BatchSpanProcessor(exporter, max_queue_size=WAITING_SPANS), ratio, process)

    @contextmanager
    def request(self, traceparent: str | None, proxy_seconds: float) -> Iterator[_Span]:
        """See `haas.traces.Tracer`. A `traceparent` that is not valid is ignored (Trace Context 3.2)."""
        now = time_ns()
        began = now - int(proxy_seconds * 1e9)
        # `tracestate` has values of others, so it is not read. An empty context: a trace never continues another one.
        parent = _CLIENT_PROPAGATION.extract({"traceparent": traceparent or ""}, Context())
        with _recorded(self._tracer, "request", SpanKind.SERVER, began, parent) as recorded:
            self._tracer.start_span("proxy", start_time=began).end(now)
            yield _Span(recorded)

    @contextmanager
    def span(self, name: SpanName, kind: str) -> Iterator[None]:
        """See `haas.traces.Tracer`."""
        with _recorded(self._tracer, name, _KINDS.get(name, SpanKind.INTERNAL)) as recorded:
            recorded.set_attribute("haas.kind", kind)
            yield

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()


@contextmanager
def _recorded(
    tracer: trace.Tracer,
    name: SpanName,
    kind: SpanKind,
    began: int | None = None,
    parent: Context | None = None,
) -> Iterator[trace.Span]:
    """Record a span. Of an error it has the type only: its text can have personal data."""
    with tracer.start_as_current_span(
        name, parent, kind, start_time=began, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
