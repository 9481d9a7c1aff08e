"""A collector of traces on loopback: what OpenTelemetry sends over real HTTP, decoded."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """One span as it was sent."""

    name: str
    trace: str
    id: str
    parent: str
    started: int
    ended: int
    failed: bool
    facts: dict[str, Any]
    service: str


@dataclass
class Collector:
    """The spans that came."""

    address: str
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Seen]:
        return [seen for body in self.raw for seen in _spans(body)]

    def named(self, begin: str) -> list[Seen]:
        return [seen for seen in self.spans if seen.name.startswith(begin)]


def _spans(body: bytes) -> Iterator[Seen]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        about = {one.key: one.value.string_value for one in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                facts = {
                    one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes
                }
                yield Seen(
                    span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.start_time_unix_nano,
                    span.end_time_unix_nano, span.status.code == 2, facts, about.get("service.name", ""),
                )  # fmt: skip


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that answers while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            collector.raw.append(gzip.decompress(body) if packed else body)
            collector.headers.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
