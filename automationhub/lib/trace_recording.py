"""Spans as they are recorded and sent while traces are on. Loaded only then: it imports OpenTelemetry.

Sampler, resource, batches and sending are the library's, with all its variables. The spans themselves are not: one of the
library's costs some 60 µs until it is sent, most of it for facts that are the same in thousands of spans, and an order has
fifty of them. Here a span is a small object, and what is sent of it is put together from parts that were encoded before
(`python -m benchmarks.observing`).
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Sequence
from contextvars import ContextVar, Token
from functools import lru_cache
from random import getrandbits
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, DEFAULT_ON, ParentBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags

from automationhub.lib.spans import Fact, Span

SERVICE = "automationhub"
# A place is written as in the header `traceparent`: 00-trace-span-flags. Rows hold only those that were made here.
_LENGTH, _SAMPLED_FLAG = 55, "01"
_SAMPLED = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
_LOCAL = trace_pb2.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
_REMOTE = _LOCAL | trace_pb2.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
# Facts that repeat from span to span; those of one order come and go.
_FACTS_KEPT = 2_000

_current: ContextVar[_Under | None] = ContextVar("hub-span", default=None)


class _Under(Span):
    """What spans may be below: a place in a trace, and whether that is sampled."""

    __slots__ = ("_token", "id", "sampled", "trace")
    is_remote = True
    _token: Token[_Under | None]

    def __init__(self, trace: str, id_: str, sampled: bool) -> None:
        self.trace = trace
        self.id = id_
        self.sampled = sampled

    @property
    def place(self) -> str:
        return f"00-{self.trace}-{self.id}-{'01' if self.sampled else '00'}"

    def __enter__(self) -> Span:
        self._token = _current.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        _current.reset(self._token)


class RecordedSpan(_Under):
    """A span under way, which is sent when it is over."""

    __slots__ = ("_to", "call", "ended", "facts", "failed", "name", "parent", "started", "under_remote")
    is_remote = False
    # What the library asks of a span before it takes it: only sampled ones come here.
    context = _SAMPLED

    def __init__(
        self,
        to: BatchSpanProcessor,
        name: str,
        above: _Under | None,
        trace: str,
        id_: str,
        started: int,
        call: bool,
        facts: dict[str, Any],
    ) -> None:
        self._to = to
        self.name = name
        self.trace = trace
        self.id = id_
        self.sampled = True
        self.parent = above.id if above is not None else ""
        self.under_remote = above is not None and above.is_remote
        self.started = started
        self.ended = 0
        self.call = call
        self.facts = facts
        self.failed = False

    def set(self, name: str, value: Fact | None) -> None:
        self.facts[name] = value

    def fail(self, kind: str) -> None:
        self.failed = True
        self.facts["error.type"] = kind

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        _current.reset(self._token)
        if kind is not None:
            # Not its message, which may name people.
            self.fail(kind.__name__)
        self.end(time.time_ns())

    def end(self, at: int) -> None:
        self.ended = at
        self._to.on_end(self)  # type: ignore[arg-type] # of which it reads only `context`


class Process:
    """What this process records and sends. A process that was forked makes its own: the sending thread is not forked with it."""

    def __init__(self) -> None:
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: SERVICE}
        self.provider = TracerProvider(resource=Resource.create(named))
        self.processor = BatchSpanProcessor(_Exporter(self.provider.resource))
        self.provider.add_span_processor(self.processor)
        self._sampler = self.provider.sampler
        self._parent_decides = isinstance(self._sampler, ParentBased)
        # The usual case: the answer is known without asking the sampler.
        self._takes_all = self._sampler in (DEFAULT_ON, ALWAYS_ON)

    def new_trace(self, name: str) -> str:
        """The place of a trace that begins with a span of this name."""
        return self._root(name).place

    def span(self, name: str, parent: str, started: int | None, call: bool, facts: dict[str, Any]) -> _Under:
        """A span below `parent`, else below the one under way, else the first of a trace of its own."""
        above = self._at(parent, name) if parent else _current.get()
        if above is None:
            root = self._root(name)
            trace, id_, sampled = root.trace, root.id, root.sampled
        else:
            trace, id_, sampled = above.trace, f"{getrandbits(64) or 1:016x}", above.sampled
        if not sampled:
            return _Under(trace, id_, False)
        return RecordedSpan(self.processor, name, above, trace, id_, started or time.time_ns(), call, facts)

    def record(self, name: str, parent: str, started: int, ended: int | None, facts: dict[str, Any]) -> None:
        """A span that is over."""
        over = self.span(name, parent, started, False, facts)
        if isinstance(over, RecordedSpan):
            over.end(ended or time.time_ns())

    def first(self, name: str, place: str, started: int, facts: dict[str, Any]) -> None:
        """The first span of a trace, whose place was stored before."""
        at = self._at(place, name)
        if at is not None and at.sampled:
            RecordedSpan(self.processor, name, None, at.trace, at.id, started, call=False, facts=facts).end(
                time.time_ns()
            )

    def place(self) -> str:
        """The place of the span under way, for the system that is called."""
        under = _current.get()
        return under.place if under is not None else ""

    def _at(self, place: str, name: str) -> _Under | None:
        """The place that a row holds; None for what is none."""
        if len(place) != _LENGTH:
            return None
        trace, sampled = place[3:35], place[53:] == _SAMPLED_FLAG
        # Whether an order is traced was decided when it came. Samplers that look at no parent are asked again.
        if not self._parent_decides:
            sampled = self._is_sampled(int(trace, 16), name)
        return _Under(trace, place[36:52], sampled)

    def _root(self, name: str) -> _Under:
        trace = getrandbits(128) or 1
        sampled = self._takes_all or self._is_sampled(trace, name)
        return _Under(f"{trace:032x}", f"{getrandbits(64) or 1:016x}", sampled)

    def _is_sampled(self, trace: int, name: str) -> bool:
        return self._sampler.should_sample(None, trace, name).decision.is_sampled()


# --- what is sent -----------------------------------------------------------------------------------------------


class _Exporter(OTLPSpanExporter):
    """The library's way to a collector, with an encoder of the hub's own spans."""

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        # The library says how its resource is written; the spans are left out.
        nothing = ReadableSpan(
            "", context=_SAMPLED, resource=resource, instrumentation_scope=InstrumentationScope(SERVICE)
        )
        frame = encode_spans([nothing]).resource_spans[0]
        self._scope = trace_pb2.ScopeSpans(scope=frame.scope_spans[0].scope).SerializeToString()
        frame.ClearField("scope_spans")
        self._resource = frame.SerializeToString()

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        """Send these spans; what a collector does not take is dropped."""
        scope = self._scope + b"".join([_within(_SPANS, _encode(span)) for span in spans])
        sent = self._client.export(_within(_RESOURCE_SPANS, self._resource + _within(_SCOPE_SPANS, scope)))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


# Messages of Protocol Buffers are put together from their fields, in any order: those that repeat were written once before. The
# keys (number and kind) are those of OTLP's fields.
_RESOURCE_SPANS, _SCOPE_SPANS, _SPANS = b"\x0a", b"\x12", b"\x12"
_TRACE_ID, _SPAN_ID, _PARENT, _STARTED, _ENDED = b"\x0a\x10", b"\x12\x08", b"\x22\x08", b"\x39", b"\x41"
_ATTRIBUTE, _KEY, _VALUE = b"\x4a", b"\x0a", b"\x12"
_TEXT, _TRUTH, _NUMBER = b"\x0a", b"\x10", b"\x18"
_moments = struct.Struct("<cQcQ").pack


def _encode(span: RecordedSpan) -> bytes:
    parts = [
        _constant(span.name, span.call, span.under_remote, span.failed),
        _TRACE_ID, bytes.fromhex(span.trace), _SPAN_ID, bytes.fromhex(span.id),
        _moments(_STARTED, span.started, _ENDED, span.ended),
    ]  # fmt: skip
    if span.parent:
        parts += (_PARENT, bytes.fromhex(span.parent))
    parts += [_fact(name, value) for name, value in span.facts.items() if value is not None]
    return b"".join(parts)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as the 64 bits that it is."""
    if 0 <= number <= 0x7F:
        return _ONE_BYTE[number]
    left, written = number & 0xFFFF_FFFF_FFFF_FFFF, bytearray()
    while left > 0x7F:
        written.append(left & 0x7F | 0x80)
        left >>= 7
    written.append(left)
    return bytes(written)


_ONE_BYTE = [bytes([number]) for number in range(0x80)]


def _within(key: bytes, message: bytes) -> bytes:
    """A message or a text as a field of a message: its length comes first."""
    return key + _varint(len(message)) + message


@lru_cache(_FACTS_KEPT)
def _constant(name: str, call: bool, under_remote: bool, failed: bool) -> bytes:
    span = trace_pb2.Span(name=name, flags=_REMOTE if under_remote else _LOCAL)
    span.kind = trace_pb2.Span.SPAN_KIND_CLIENT if call else trace_pb2.Span.SPAN_KIND_INTERNAL
    if failed:
        span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
    return span.SerializeToString()


@lru_cache(_FACTS_KEPT, typed=True)
def _fact(name: str, value: Fact) -> bytes:
    if isinstance(value, str):
        written = _within(_TEXT, value.encode())
    else:
        written = (_TRUTH if isinstance(value, bool) else _NUMBER) + _varint(value)
    return _within(_ATTRIBUTE, _name(name) + _within(_VALUE, written))


@lru_cache(_FACTS_KEPT)
def _name(name: str) -> bytes:
    return _within(_KEY, name.replace("__", ".").encode())
