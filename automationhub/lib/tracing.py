"""Traces by OpenTelemetry: one per order, from its webhook to its last write-back, across processes and days.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then nothing of the library is imported, and a span costs a comparison. The
place in a trace travels as a `traceparent` (W3C Trace Context): in the order's row, and in a header to the systems called.

Spans hold numbers, names of steps, methods, route templates and states. Never a body, a query value or a person.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from multiprocessing.util import Finalize
from typing import Any

from django.conf import settings

from automationhub.lib.quick_start import let_opentelemetry_in

logger = logging.getLogger(__name__)

SERVICE = "automationhub"
# How long a worker that ends waits for its last spans to be sent.
LAST_SPANS = 3_000  # milliseconds
_PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_CONSTANT = re.compile(r"[A-Za-z][A-Za-z_.-]*\d?")


class Span:
    """A span under way. This one is of a hub without traces: it does nothing."""

    def set(self, name: str, value: str | int | bool | None) -> None:
        """Note a fact; None is left out."""

    def fail(self, kind: str) -> None:
        """It failed, in this way (the name of a class or of a failure mode, never a message)."""


class _Recorded(Span):
    """A span that is recorded."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def set(self, name: str, value: str | int | bool | None) -> None:
        if value is not None:
            self._span.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_status(StatusCode.ERROR)
        self._span.set_attribute("error.type", kind)


_OFF: AbstractContextManager[Span] = nullcontext(Span())


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
) -> AbstractContextManager[Span]:
    """A span around a block, below `parent`, else below the span around it. `call`: to another system."""
    return _process().span(name, parent, started, call, facts) if is_on() else _OFF


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
    parts = path.partition("?")[0].strip("/").split("/")
    return "/" + "/".join(part if _CONSTANT.fullmatch(part) else "{id}" for part in parts)


# --- the library, loaded when traces are on ---------------------------------------------------------------------


class _Process:
    """The tracer of this process. A process that was forked makes its own: the sending thread is not forked with it."""

    def __init__(self) -> None:
        let_opentelemetry_in()
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        chosen: ContextVar[tuple[int, int] | None] = ContextVar("hub-span-ids", default=None)

        class Ids(RandomIdGenerator):
            """Random ones, but for the first span of an order: its place was stored before."""

            def generate_trace_id(self) -> int:
                ids = chosen.get()
                return ids[0] if ids else super().generate_trace_id()

            def generate_span_id(self) -> int:
                ids = chosen.get()
                return ids[1] if ids else super().generate_span_id()

        self._chosen = chosen
        self._ids = RandomIdGenerator()
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: SERVICE}
        self.provider = TracerProvider(id_generator=Ids(), resource=Resource.create(named))
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self.provider.get_tracer(SERVICE)
        # A worker of the queue ends without what other processes do at their end.
        Finalize(None, self.provider.force_flush, args=(LAST_SPANS,), exitpriority=10)

    def new_trace(self, name: str) -> str:
        trace_id, span_id = self._ids.generate_trace_id(), self._ids.generate_span_id()
        sampled = self.provider.sampler.should_sample(None, trace_id, name).decision.is_sampled()
        return f"00-{trace_id:032x}-{span_id:016x}-{int(sampled):02x}"

    def first(self, name: str, place: str, started: int, facts: dict[str, Any]) -> None:
        found = _PARENT.fullmatch(place)
        if found is None:
            return
        token = self._chosen.set((int(found[1], 16), int(found[2], 16)))
        try:
            first = self._tracer.start_span(name, context=_nothing_above(), start_time=started)
        finally:
            self._chosen.reset(token)
        _set_all(_Recorded(first), facts)
        first.end()

    def record(self, name: str, parent: str, started: int, ended: int | None, facts: dict[str, Any]) -> None:
        over = self._tracer.start_span(name, context=_below(parent) if parent else None, start_time=started)
        _set_all(_Recorded(over), facts)
        over.end(ended)

    @contextmanager
    def span(
        self, name: str, parent: str, started: int | None, call: bool, facts: dict[str, Any]
    ) -> Iterator[Span]:
        from opentelemetry.trace import SpanKind

        kind = SpanKind.CLIENT if call else SpanKind.INTERNAL
        begun = self._tracer.start_as_current_span(
            name,
            context=_below(parent) if parent else None,
            kind=kind,
            start_time=started,
            # The message of an exception may name people.
            record_exception=False,
            set_status_on_exception=False,
        )
        with begun as inner:
            recorded = _Recorded(inner)
            _set_all(recorded, facts)
            try:
                yield recorded
            except BaseException as error:
                recorded.fail(type(error).__name__)
                raise

    def place(self) -> str:
        from opentelemetry.trace import get_current_span

        context = get_current_span().get_span_context()
        if not context.is_valid:
            return ""
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _set_all(span: Span, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        span.set(name.replace("__", "."), value)


def _nothing_above() -> Any:
    from opentelemetry.context import Context

    return Context()


def _below(place: str) -> Any:
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    found = _PARENT.fullmatch(place)
    if found is None:
        return _nothing_above()
    context = SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(int(found[3], 16))
    )
    return set_span_in_context(NonRecordingSpan(context), _nothing_above())


_processes: dict[int, _Process] = {}


def _process() -> _Process:
    pid = os.getpid()
    if pid not in _processes:
        _processes.clear()
        _processes[pid] = _Process()
    return _processes[pid]


def flush() -> None:
    """Send what was recorded so far, for tests and commands that end."""
    if is_on():
        _process().provider.force_flush(LAST_SPANS)


def start_over() -> None:
    """Send what was recorded and read the environment afresh, for tests."""
    for one in _processes.values():
        one.provider.shutdown()
    _processes.clear()
