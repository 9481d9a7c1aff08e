"""One call to a sandbox: the request, the response, and its entry in the call log."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from integrations.simulation.sandbox.jsonio import BadJson, dump_json, load_json

STORED_BODY: Final = 100_000
"""Longer bodies are cut in the call log."""
LOGGED_HEADERS: Final = (
    "Accept",
    "Authorization",
    "Content-Type",
    "User-Agent",
    "Host",
    "X-Request-ID",
    "traceparent",
)


@dataclass(frozen=True)
class Request:
    """One call as the sandbox sees it. Path and query are decoded; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    raw_query: str = ""

    @property
    def target(self) -> str:
        """Decoded path and query, as faults match it and as it reads best in a log."""
        return f"{self.path}?{unquote_plus(self.raw_query)}" if self.raw_query else self.path

    def json(self) -> Any:
        """The body parsed as JSON (None when empty); raises BadJson."""
        return load_json(self.body) if self.body.strip() else None


@dataclass
class Response:
    """An answer. A body that is a str with a content type other than JSON goes out as that text.

    `copies`: how often it is sent. `cut`: the connection breaks in the middle of it.
    """

    status: int = 200
    body: Any = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    copies: int = 1
    cut: bool = False

    def encoded(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str) and not self.content_type.startswith("application/json"):
            return self.body.encode()
        return dump_json(self.body).encode()


@dataclass
class SandboxCall:
    """One entry of the call log, made when the call arrives and completed when it ends."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    status: int = 0
    """HTTP status of the answer; 0 when no answer was sent (or not yet)."""
    seconds: float = 0.0
    fault: str | None = None
    applied: bool = False
    """Whether the call reached the sandbox's own logic, whatever the client was told."""

    def as_dict(self) -> dict[str, Any]:
        """For the control calls over HTTP."""
        return asdict(self) | {"at": self.at.isoformat(), "seconds": round(self.seconds, 4)}


def log_entry(request: Request) -> SandboxCall:
    """A log entry for a call; passwords and tokens stay out of it."""
    text = request.body[:STORED_BODY].decode("utf-8", "replace")
    body: Any = text
    if text and len(request.body) <= STORED_BODY:
        with contextlib.suppress(BadJson):
            body = load_json(text)
    headers = {}
    for name in LOGGED_HEADERS:
        value = request.headers.get(name.lower())
        if value is not None:
            headers[name] = f"{value.split(' ')[0]} ***" if name == "Authorization" else value
    return SandboxCall(datetime.now(UTC), request.method, request.path, dict(request.query), body, headers)
