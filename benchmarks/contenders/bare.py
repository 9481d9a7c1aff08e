"""The least a web application can do: read the body and answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = b'{"event": 1, "duplicate": false}'
    start_response(
        "202 Accepted", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    )
    return [answer]
