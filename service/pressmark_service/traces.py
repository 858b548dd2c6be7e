"""A span for each request, sent to an OpenTelemetry collector; imported only where traces are wanted.

Names are those of OpenTelemetry's conventions for HTTP. A span tells what the access log tells and no more:
neither the path as asked for nor any header, since both are the client's text, but for `traceparent` and `tracestate`,
which are there to be passed on.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import pressmark
from pressmark_service.metrics import method_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer
    from opentelemetry.util.types import AttributeValue
    from starlette.types import Scope

    from pressmark import Judge
    from pressmark_service.operation import Tally

# What has not been sent by then is lost; a stop must not wait for a collector that is gone.
_SECONDS_TO_SEND_THE_LAST = 2.0
_CARRIED = frozenset({b"traceparent", b"tracestate"})


class Traces:
    """Begins and ends spans; one for each process that serves, made after it was forked."""

    def __init__(self, url: str) -> None:
        # Whatever else is to be said (headers, certificates, sampling, delays) is said by OTEL_* variables.
        self._processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=url))
        self._propagator = TraceContextTextMapPropagator()
        self._tracer: tuple[str, Tracer] | None = None

    def begin(self, scope: Scope, judge: Judge) -> Span:
        """Begin the span of a request, below the caller's if it names one."""
        carried = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CARRIED}
        caller = self._propagator.extract(carried) if carried else None
        known: dict[str, AttributeValue] = {
            "http.request.method": method_of(scope["method"]),
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
        }
        if scope.get("client"):
            known["client.address"] = scope["client"][0]
        tracer = self._tracer_of(judge)
        return tracer.start_span(str(known["http.request.method"]), caller, SpanKind.SERVER, known)

    def end(
        self, span: Span, *, method: str, route: str, status: int, problem: str, request_id: str, tally: Tally | None
    ) -> None:
        """End the span of a request with what became of it."""
        if route:
            span.update_name(f"{method_of(method)} {route}")
            span.set_attribute("http.route", route)
        if status:
            span.set_attribute("http.response.status_code", status)
        span.set_attribute("pressmark.request_id", request_id)
        if problem:
            span.set_attribute("pressmark.problem", problem)
        if status >= 500 or not status:
            span.set_attribute("error.type", problem or str(status))
            span.set_status(StatusCode.ERROR)
        if tally is not None:
            span.set_attribute("pressmark.articles", tally.articles)
            span.set_attribute("pressmark.paragraphs", tally.paragraphs)
            span.set_attribute("pressmark.characters", tally.characters)
        span.end()

    def close(self) -> None:
        """Send what has not been sent yet, for as long as there is time."""
        sending = threading.Thread(target=self._processor.shutdown, daemon=True)
        sending.start()
        sending.join(_SECONDS_TO_SEND_THE_LAST)

    def _tracer_of(self, judge: Judge) -> Tracer:
        """Return the tracer whose resource tells this model: another is made when the model is exchanged."""
        if self._tracer is None or self._tracer[0] != judge.sha256:
            provider = TracerProvider(resource=_resource(judge), shutdown_on_exit=False)
            provider.add_span_processor(self._processor)
            self._tracer = judge.sha256, provider.get_tracer("pressmark_service", pressmark.__version__)
        return self._tracer[1]


def try_out(url: str) -> None:
    """Set up all that spans need and take it down again; raises what OpenTelemetry raises for its variables.

    Leaves no thread behind, since workers are forked afterwards.
    """
    traces = Traces(url)
    try:
        TracerProvider(shutdown_on_exit=False)
    finally:
        traces.close()


def _resource(judge: Judge) -> Resource:
    told = Resource.create(
        {
            "service.name": "pressmark",
            "service.version": pressmark.__version__,
            "pressmark.model.name": judge.name,
            "pressmark.model.version": judge.version,
            "pressmark.model.sha256": judge.sha256,
        }
    )
    return told.merge(OTELResourceDetector().detect())  # what the operator says of it wins
