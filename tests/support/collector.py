"""An OpenTelemetry collector's front: a real HTTP server that takes OTLP and keeps the spans it was sent."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from service import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Span:
    """A span as it was sent."""

    def __init__(self, sent: SentSpan, resource: dict[str, Any]) -> None:
        self.name = sent.name
        self.kind = SentSpan.SpanKind.Name(sent.kind)
        self.status = sent.status.code
        self.trace_id, self.span_id, self.parent_id = sent.trace_id.hex(), sent.span_id.hex(), sent.parent_span_id.hex()
        self.trace_state = sent.trace_state
        self.nanoseconds = sent.end_time_unix_nano - sent.start_time_unix_nano
        self.attributes = _plain(sent.attributes)
        self.events = len(sent.events)
        self.resource = resource


class Collector:
    """What has come in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.paths: list[str] = []
        self.spans: list[Span] = []
        self.raw = b""

    def take(self, path: str, body: bytes) -> None:
        """Keep what was sent."""
        sent = ExportTraceServiceRequest.FromString(body)
        self.paths.append(path)
        self.raw += body
        for of_resource in sent.resource_spans:
            resource = _plain(of_resource.resource.attributes)
            for of_scope in of_resource.scope_spans:
                self.spans += [Span(one, resource) for one in of_scope.spans]

    def span_of(self, request_id: str) -> Span:
        """Wait for the span of a request, and return it."""
        until(lambda: any(one.attributes.get("pressmark.request_id") == request_id for one in list(self.spans)))
        (only,) = [one for one in self.spans if one.attributes.get("pressmark.request_id") == request_id]
        return only


def _plain(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.take(self.path, gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
