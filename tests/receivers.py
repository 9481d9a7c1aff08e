"""Receivers of what the hub sends: real HTTP servers on loopback that keep what they got and answer as they are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from integrations.models import Subscription


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The content, checked as a receiver does. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """A server that answers 204 unless a test says otherwise: `answers` are used up one by one, then `usual`."""

    got: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    usual: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Called with each request before it is answered, for tests that watch or hold it.
    on_request: Callable[[Received], None] | None = None

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                heard = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                receiver.got.append(heard)
                if receiver.on_request is not None:
                    receiver.on_request(heard)
                status = receiver.answers.pop(0) if receiver.answers else receiver.usual
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                if receiver.body:
                    self.send_header("Content-Length", str(len(receiver.body)))
                elif status != 204:  # or the sender waits for a body until its time is up
                    self.send_header("Content-Length", "0")
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/orders"

    @property
    def types(self) -> list[str]:
        return [one.json["type"] for one in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def loopback_allowed(settings: Any) -> None:
    """Receivers on this machine may be reached, as if they were a system of the plant."""
    settings.OUTGOING_INTERNAL_HOSTS = ["127.0.0.1"]


@pytest.fixture
def receiver(loopback_allowed: None) -> Iterator[Receiver]:
    """A system that hears of orders."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def subscribe(db: None, receiver: Receiver) -> Callable[..., Subscription]:
    """Subscriptions of the receiver."""

    def make(**columns: Any) -> Subscription:
        made = Subscription(**{"name": "ERP", "url": receiver.url} | columns)
        made.full_clean()
        made.save()
        return made

    return make
