"""Traces by OpenTelemetry: one per order, from its webhook to its last write-back, across processes and days.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then nothing of the library is imported, and a span costs a comparison. The
place in a trace travels as a `traceparent` (W3C Trace Context): in the order's row, and in a header to the systems called.

Spans hold numbers, names of steps, methods, route templates and states. Never a body, a query value or a person.
"""

from __future__ import annotations

import os
import re
import time
from functools import lru_cache
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from django.conf import settings

from automationhub.lib.fast_startup import let_opentelemetry_in
from automationhub.lib.spans import Span

if TYPE_CHECKING:
    from automationhub.lib.trace_recording import Process

# How long a worker that ends waits for its last spans to be sent.
LAST_SPANS = 3_000  # milliseconds
_CONSTANT = re.compile(r"[A-Za-z][A-Za-z_.-]*\d?")


# While traces are off.
NONE = Span()


def is_on() -> bool:
    """Whether traces are made."""
    return bool(settings.TRACES_ENDPOINT)


def now() -> int:
    """The beginning of a span that is recorded when it is over."""
    return time.time_ns()


def new_trace(name: str) -> str:
    """The place of a trace that begins with the span `name`, which `record_first` records; "" while traces are off."""
    return _process().new_trace(name) if is_on() else ""


def span(
    name: str, *, parent: str = "", started: int | None = None, call: bool = False, **facts: Any
) -> Span:
    """A span around a block, below `parent`, else below the span around it. `call`: to another system."""
    return _process().span(name, parent, started, call, facts) if is_on() else NONE


def record(name: str, *, parent: str = "", started: int, ended: int | None = None, **facts: Any) -> None:
    """A span that is over, now or at `ended`, below `parent`, else below the span around it."""
    if is_on():
        _process().record(name, parent, started, ended, facts)


def record_first(name: str, *, place: str, started: int, **facts: Any) -> None:
    """The first span of the trace that `new_trace` has begun."""
    if is_on() and place:
        _process().first(name, place, started, facts)


def headers() -> dict[str, str]:
    """What tells a called system the place in the trace; empty while traces are off."""
    place = _process().place() if is_on() else ""
    return {"traceparent": place} if place else {}


def route_of(path: str) -> str:
    """The template of a path: a segment that is not a constant name is an id and may name a person."""
    return _route(path.partition("?")[0])


@lru_cache(500)
def _route(path: str) -> str:
    parts = path.strip("/").split("/")
    return "/" + "/".join(part if _CONSTANT.fullmatch(part) else "{id}" for part in parts)


# --- loaded when traces are on ----------------------------------------------------------------------------------

_processes: list[Process] = []
# A forked process begins its own.
os.register_at_fork(after_in_child=_processes.clear)


def _process() -> Process:
    """What this process records."""
    return _processes[0] if _processes else _begin()


def _begin() -> Process:
    let_opentelemetry_in()
    from automationhub.lib.trace_recording import Process

    process = Process()
    _processes[:] = [process]
    # A worker of the queue ends without what other processes do at their end.
    Finalize(None, process.provider.force_flush, args=(LAST_SPANS,), exitpriority=10)
    return process


def flush() -> None:
    """Send what was recorded so far, for tests and commands that end."""
    if is_on():
        _process().provider.force_flush(LAST_SPANS)


def start_over() -> None:
    """Send what was recorded and read the environment afresh, for tests."""
    for one in _processes:
        one.provider.shutdown()
    _processes.clear()
