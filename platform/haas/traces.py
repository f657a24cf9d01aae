"""Traces of requests with OpenTelemetry: off unless a deployment sets where they are sent (decision 0048).

The packages of OpenTelemetry are an optional extra, `traces`. Without a tracer, a span costs one function call. A span
has only the attributes that the functions of this module name. No error text is recorded: it can have personal data.
"""

import importlib
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Final, Literal, Protocol

from haas.settings import Settings, SettingsError

SpanName = Literal["request", "proxy", "database", "outbound"]
TRACEPARENT: Final = b"traceparent"
PROXY_SECONDS: Final = b"haas-proxy-seconds"
"""How long the proxy had the request before it sent it on, in seconds."""
_LONGEST_PROXY_SECONDS: Final = 3_600.0


class RequestSpan(Protocol):
    """The span of a request."""

    def describe(
        self, *, surface: str, tenant: str | None, operation: str | None, interaction_id: str, status: int
    ) -> None:
        """Set the attributes of the span, when the request is answered."""
        ...


class Tracer(Protocol):
    """Makes spans; `haas.open_telemetry` has the one of OpenTelemetry."""

    def request(self, traceparent: str | None, proxy_seconds: float) -> AbstractContextManager[RequestSpan]:
        """Begin the span of a request, `proxy_seconds` ago, and the span of the proxy in it."""
        ...

    def span(self, name: SpanName, kind: str) -> AbstractContextManager[object]:
        """Begin a span of the request that is processed."""
        ...

    def close(self) -> None:
        """Send what was not sent yet. This can take some seconds."""
        ...


class _NoSpan:
    def describe(
        self, *, surface: str, tenant: str | None, operation: str | None, interaction_id: str, status: int
    ) -> None:
        pass


_OFF: Final = nullcontext(_NoSpan())
_tracer: Tracer | None = None


@asynccontextmanager
async def tracing(settings: Settings, process: str) -> AsyncIterator[None]:
    """Send traces until the block ends, if the settings say where. `process` names the kind of process.

    Raises SettingsError if the packages are not installed.
    """
    if settings.traces is None:
        yield
        return
    try:
        module = importlib.import_module("haas.open_telemetry")
    except ImportError as error:
        raise SettingsError("HAAS_TRACES needs the packages of the extra `traces`: install them") from error
    with using(module.OpenTelemetryTracer.open(settings.traces, settings.traces_ratio, process)):
        yield


class using:  # noqa: N801 - it is used like a function
    """Make spans with a tracer until the block ends, and then close it."""

    def __init__(self, tracer: Tracer) -> None:
        """Take the tracer."""
        self._tracer = tracer

    def __enter__(self) -> None:
        """Begin to use the tracer."""
        global _tracer  # noqa: PLW0603 - one for each process, so that no module must pass it on
        _tracer = self._tracer

    def __exit__(self, *_: object) -> None:
        """Stop using the tracer."""
        global _tracer  # noqa: PLW0603
        _tracer = None
        self._tracer.close()


def request_span(headers: Iterable[tuple[bytes, bytes]]) -> AbstractContextManager[RequestSpan]:
    """Begin the span of a request with these headers, which the proxy has set or removed."""
    if _tracer is None:
        return _OFF
    found = dict(headers)
    traceparent = found.get(TRACEPARENT)
    return _tracer.request(
        None if traceparent is None else traceparent.decode("ascii", "replace"),
        _seconds(found.get(PROXY_SECONDS, b"0")),
    )


def span(name: SpanName, kind: str) -> AbstractContextManager[object]:
    """Begin a span of a part of the work. `kind` is a word of the product's own, such as the purpose of a pool."""
    return _OFF if _tracer is None else _tracer.span(name, kind)


def _seconds(text: bytes) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if 0.0 <= seconds <= _LONGEST_PROXY_SECONDS else 0.0
