"""A small server for what only a wire shows, and doors to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.clients.http.answers import AnswerLimits, CallRecord
from integrations.clients.http.classifier import Vendor
from integrations.clients.http.gateway import HttpGateway
from integrations.clients.pressero.session import forget_tokens


class Handler(BaseHTTPRequestHandler):
    """Lets the test answer each request as it likes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: WireServer

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(self)
        self.server.script(self)

    do_GET = do_POST = do_PUT = serve

    def answer(self, body: bytes | str = b"{}", status: int = 200, **headers: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    def drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class WireServer(ThreadingHTTPServer):
    """Counts connections and keeps requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = 0
        self.requests: list[Handler] = []
        self.script: Callable[[Handler], None] = Handler.answer
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is part of the test."""


@pytest.fixture
def wire() -> Iterator[WireServer]:
    server = WireServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join(2)


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def gateway(wire: WireServer, records: list[CallRecord]) -> HttpGateway:
    return gateway_to(wire.url, records)


def gateway_to(url: str, records: list[CallRecord], **options: object) -> HttpGateway:
    settings: dict[str, object] = {
        "vendor": Vendor.PACE,
        "system": "Pace server demo",
        "base_url": url,
        "limits": AnswerLimits(connect=1.0, read=0.3, total=0.6, size=100_000),
        "observer": records.append,
    }
    return HttpGateway(**{**settings, **options})  # type: ignore[arg-type]


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _no_tokens() -> Iterator[None]:
    forget_tokens()
    yield
    forget_tokens()
