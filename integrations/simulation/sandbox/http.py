"""The HTTP server under both sandboxes: threads, keep-alive, JSON, a call log, faults and remote control.

A sandbox subclasses :class:`SandboxServer` and implements :meth:`SandboxServer.handle`. Paths that begin with
``/_sandbox/`` are the control calls of the sandbox itself; they need no credentials, because the server only ever
listens on the loopback address.
"""

from __future__ import annotations

import contextlib
import math
import socket
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote

from integrations.simulation.sandbox.faults import APPLIED_FIRST, FaultPlan, SandboxFault
from integrations.simulation.sandbox.jsonio import BadJson, dump_json, load_json
from integrations.simulation.sandbox.messages import Request, Response, SandboxCall, log_entry

__all__ = ["BadJson", "Request", "Response", "SandboxCall", "SandboxServer", "dump_json", "load_json"]

CONTROL_PREFIX: Final = "/_sandbox/"
MAX_BODY: Final = 64 * 1024 * 1024
GARBAGE: Final = "<html><body><h1>Bad Gateway</h1><p>This is no JSON.</p></body></html>"


class SandboxServer:
    """A server on 127.0.0.1 that can be started, stopped, started again (same port), and told to misbehave."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, max_calls: int = 10_000) -> None:
        self.latency = latency
        self.faults = FaultPlan()
        # What it shows who it is with; without one it speaks HTTP. To be set before the start.
        self.tls: ssl.SSLContext | None = None
        self._deaf = threading.Event()
        self._hears = threading.Event()
        self._wanted_port = port
        self._calls: deque[SandboxCall] = deque(maxlen=max_calls)
        self._calls_lock = threading.Lock()
        self._under_way = 0
        self._taken: deque[Callable[[], None]] = deque()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    # What a subclass provides

    def handle(self, request: Request) -> Response:
        """Answer one call. Runs on many threads at once."""
        raise NotImplementedError

    def error_response(self, status: int, message: str) -> Response:
        """An error as the imitated product words it; used for faults and for unexpected failures too."""
        return Response(status, {"message": message})

    def fault_answered(self, request: Request, fault: SandboxFault) -> None:
        """Called before a planned error answer goes out, for what an error has to lead to."""

    def take(self, request: Request) -> Callable[[], None]:
        """Accept a call for good, without doing it yet; what does it."""
        return lambda: self._apply_quietly(request)

    def state(self) -> Any:
        """What ``GET /_sandbox/state`` shows."""
        return {}

    def reset_state(self) -> None:
        """Bring the contents back to what they were at the beginning."""

    # Life

    def start(self) -> Self:
        """Listen and serve in the background."""
        if self._server is not None:
            raise RuntimeError("The sandbox is running already")
        self._server = _Server(("127.0.0.1", self._wanted_port), self)
        self._wanted_port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name=f"{type(self).__name__}:{self._wanted_port}",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and cut every open connection. Calls still waiting in a fault are never applied."""
        server, self._server = self._server, None
        if server is None:
            return
        server.stopping.set()
        server.shutdown()
        server.server_close()
        server.cut_connections()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def stop_listening(self) -> None:
        """Refuse connections until the next ``start()``. The call under way is answered first, as its connection's last."""
        server, self._server = self._server, None
        if server is None:
            return
        server.closing.set()
        server.shutdown()
        server.server_close()

    def stop_reading(self) -> None:
        """As a peer that has vanished: connections stay open and new ones are taken, but nothing is read any more."""
        self._hears.clear()
        self._deaf.set()

    def end_connections(self) -> None:
        """Each connection is closed with its next answer; new ones are taken, and closed with their first."""
        if self._server is not None:
            self._server.closing.set()

    def be_well(self) -> None:
        """Read again, and keep connections; what was sent meanwhile is lost, and its connection is closed."""
        self._deaf.clear()
        self._hears.set()
        if self._server is not None:
            self._server.closing.clear()

    def is_lost(self, stopping: Callable[[], bool]) -> bool:
        """Whether a request has come that is never read; returns when its connection may be closed."""
        if not self._deaf.is_set():
            return False
        while not (self._hears.wait(0.1) or stopping()):
            pass
        return True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_listening(self) -> bool:
        """Whether it takes connections."""
        return self._server is not None

    @property
    def port(self) -> int:
        """The port in use; 0 before the first start when any port was asked for."""
        return self._wanted_port

    @property
    def url(self) -> str:
        """The base address, without a trailing slash."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._wanted_port}"

    @property
    def is_at_work(self) -> bool:
        """Whether a call is under way, or accepted and not done yet."""
        with self._calls_lock:
            return self._under_way > 0 or bool(self._taken)

    @property
    def connections(self) -> int:
        """How many clients are connected; what a client sent before it hung up is answered before it stops counting."""
        return self._server.connections if self._server is not None else 0

    # The call log

    @property
    def calls(self) -> list[SandboxCall]:
        """Calls since the start or the last ``clear_calls()``, oldest first; control calls are not among them."""
        with self._calls_lock:
            return list(self._calls)

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        with self._calls_lock:
            self._calls.clear()

    def reset(self) -> None:
        """Contents as at the beginning, no faults, an empty call log."""
        self.faults.clear()
        self._taken.clear()
        self.reset_state()
        self.clear_calls()

    # Serving

    def serve(self, request: Request, wait: Callable[[float], bool]) -> Response | None:
        """Log the call, apply the fault planned for it, and answer; None closes the connection unanswered.

        ``wait`` sleeps and is true when the server was stopped meanwhile.
        """
        if request.path.startswith(CONTROL_PREFIX):
            return self._control(request)
        call = log_entry(request)
        with self._calls_lock:
            self._calls.append(call)
            self._under_way += 1
        began = time.monotonic()
        response: Response | None = None
        try:
            if not (self.latency > 0 and wait(self.latency)):
                fault = self.faults.take(request.method, request.target)
                call.fault = fault.kind if fault else None
                response = self._serve_with(request, call, fault, wait)
        finally:
            call.seconds = time.monotonic() - began
            call.status = response.status if response is not None else 0
            with self._calls_lock:
                self._under_way -= 1
        return response

    def _serve_with(
        self, request: Request, call: SandboxCall, fault: SandboxFault | None, wait: Callable[[float], bool]
    ) -> Response | None:
        """The answer to a call under a fault; None stands for a connection closed without an answer."""
        if fault is None:
            return self._apply(request, call)
        if fault.kind == "late":
            return None if wait(fault.seconds) else self._apply(request, call)
        if fault.kind == "taken":
            apply = self.take(request)
            self._taken.append(apply)
            threading.Thread(target=self._apply_later, args=(apply, wait, fault.seconds), daemon=True).start()
            return None
        if fault.kind == "cut":
            return replace(self._apply(request, call), cut=True)
        if fault.kind == "doubled":
            return replace(self._apply(request, call), copies=2)
        if fault.kind == "twice":
            self._apply(request, call)
            return self._apply(request, call)
        if fault.kind in APPLIED_FIRST:
            response = self._apply(request, call)
            if fault.kind == "hang_after":
                return None if wait(fault.seconds) else response
        elif fault.kind == "hang_before":
            wait(fault.seconds)
        answers: dict[str, Callable[[], Response]] = {
            "error_before": lambda: self.error_response(fault.status, fault.message),
            "error_after": lambda: self.error_response(fault.status, fault.message),
            "garbage": lambda: Response(200, GARBAGE, "text/html"),
            "garbage_after": lambda: Response(200, GARBAGE, "text/html"),
            "unauthorized": lambda: self.error_response(401, "Unauthorized"),
            "rate_limited": lambda: self._rate_limited(fault),
        }
        answer = answers.get(fault.kind)
        if answer is None:
            return None
        self.fault_answered(request, fault)
        return answer()

    def apply_taken(self) -> None:
        """Do now what was accepted and is not done yet, oldest first."""
        for apply in list(self._taken):
            self._apply_once(apply)

    def _apply_later(self, apply: Callable[[], None], wait: Callable[[float], bool], seconds: float) -> None:
        if not wait(seconds):
            self._apply_once(apply)

    def _apply_once(self, apply: Callable[[], None]) -> None:
        with contextlib.suppress(ValueError):  # another thread was faster, or the sandbox was reset
            self._taken.remove(apply)
            apply()

    def _apply_quietly(self, request: Request) -> None:
        with contextlib.suppress(Exception):  # nobody waits for the answer
            self.handle(request)

    def _rate_limited(self, fault: SandboxFault) -> Response:
        response = self.error_response(429, "Too many requests")
        response.headers["Retry-After"] = str(math.ceil(fault.seconds))
        return response

    def _apply(self, request: Request, call: SandboxCall) -> Response:
        call.applied = True
        try:
            return self.handle(request)
        except Exception as error:  # noqa: BLE001 - a server answers 500 to whatever goes wrong inside it
            return self.error_response(500, f"{type(error).__name__}: {error}")

    # Control over HTTP

    def _control(self, request: Request) -> Response:
        action = (request.method, request.path.removeprefix(CONTROL_PREFIX))
        match action:
            case ("POST", "faults"):
                return self._add_fault(request)
            case ("GET", "faults"):
                return Response(200, [fault.as_dict() for fault in self.faults.planned])
            case ("DELETE", "faults"):
                self.faults.clear()
                return Response(200, {"cleared": True})
            case ("GET", "calls"):
                return Response(200, [call.as_dict() for call in self.calls])
            case ("DELETE", "calls"):
                self.clear_calls()
                return Response(200, {"cleared": True})
            case ("GET", "state"):
                return Response(200, self.state())
            case ("POST", "reset"):
                self.reset()
                return Response(200, {"reset": True})
        return Response(404, {"message": f"No control call {request.method} {request.path}"})

    def _add_fault(self, request: Request) -> Response:
        try:
            wanted = request.json()
            if not isinstance(wanted, dict) or not isinstance(wanted.get("kind"), str):
                raise ValueError("Expected a JSON object with at least a kind")
            if "seconds" in wanted:
                wanted["seconds"] = float(wanted["seconds"])
            fault = self.faults.add(wanted.pop("kind"), **wanted)
        except (TypeError, ValueError) as error:
            return Response(400, {"message": str(error)})
        return Response(201, fault.as_dict())


class _Server(ThreadingHTTPServer):
    """ThreadingHTTPServer that knows its connections, so that a stop really ends them."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look its own name up, which can take seconds on a machine without a name server.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection; where certificates are shown, the first reading does it, in the thread of the connection."""
        accepted, address = super().get_request()
        if self.sandbox.tls is None:
            return accepted, address
        return self.sandbox.tls.wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False
        ), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are everyday life here: no traceback for them."""

    def remember(self, connection: socket.socket) -> None:
        with self._connections_lock:
            self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._connections_lock:
            self._connections.discard(connection)

    @property
    def connections(self) -> int:
        with self._connections_lock:
            return len(self._connections)

    def cut_connections(self) -> None:
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """Turns bytes into Request, and Response into bytes."""

    protocol_version = "HTTP/1.1"
    server_version = "Sandbox/1.0"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.remember(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the call log is the log."""

    def _serve(self) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if length < 0 or "Transfer-Encoding" in self.headers:
            self._answer(Response(411, {"message": "Content-Length required"}), close=True)
            return
        if length > MAX_BODY:
            self._answer(Response(413, {"message": "The body is too large"}), close=True)
            return
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        path, _, raw_query = self.path.partition("?")
        query = dict(parse_qsl(raw_query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, unquote(path), query, headers, body, raw_query)
        if self.server.sandbox.is_lost(self.server.stopping.is_set):
            self._hang_up()
            return
        response = self.server.sandbox.serve(request, self.server.stopping.wait)
        if response is None or (self.server.stopping.is_set()):
            self._hang_up()
        else:
            self._answer(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _answer(self, response: Response, *, close: bool = False) -> None:
        payload = response.encoded()
        # Of an answer that is cut, something is always missing.
        announced = max(len(payload), 2) if response.cut else len(payload)
        try:
            for _ in range(response.copies):
                self._write(
                    response, payload[: announced // 2] if response.cut else payload, announced, close
                )
            self.wfile.flush()
        except OSError:  # the client has gone; what was applied stays applied
            self.close_connection = True
        if response.cut:
            self._hang_up()

    def _write(self, response: Response, payload: bytes, announced: int, close: bool) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(announced))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if close or self.server.closing.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
