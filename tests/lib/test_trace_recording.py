"""What is sent of a span, read with the library's own messages."""

from types import ModuleType
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from automationhub.lib.fast_startup import let_opentelemetry_in

TRACE, PARENT, ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
STARTED, ENDED = 1_790_000_000_000_000_001, 1_790_000_000_123_456_789


@pytest.fixture(scope="module")
def recording() -> ModuleType:
    let_opentelemetry_in()
    from automationhub.lib import trace_recording

    return trace_recording


def sent(
    recording: ModuleType, above: Any = None, *, call: bool = False, failed: str = "", **facts: Any
) -> trace_pb2.Span:
    span = recording.RecordedSpan(None, "step plan", above, TRACE, ID, STARTED, call, facts)
    if failed:
        span.fail(failed)
    span.ended = ENDED
    return trace_pb2.Span.FromString(recording._encode(span))


def test_a_span_says_where_and_when_it_was(recording: ModuleType) -> None:
    above = recording.RecordedSpan(None, "attempt", None, TRACE, PARENT, STARTED, False, {})
    assert sent(recording, above, call=True) == trace_pb2.Span(
        name="step plan",
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(ID),
        parent_span_id=bytes.fromhex(PARENT),
        start_time_unix_nano=STARTED,
        end_time_unix_nano=ENDED,
        kind=trace_pb2.Span.SPAN_KIND_CLIENT,
        flags=recording._LOCAL,
    )


def test_the_first_span_of_a_trace_has_no_parent(recording: ModuleType) -> None:
    assert sent(recording).parent_span_id == b""
    assert sent(recording).kind == trace_pb2.Span.SPAN_KIND_INTERNAL


def test_a_span_under_another_process_says_so(recording: ModuleType) -> None:
    assert sent(recording, recording._Under(TRACE, PARENT, True)).flags == recording._REMOTE


def test_facts_keep_their_kinds_and_one_without_a_value_is_left_out(recording: ModuleType) -> None:
    found = sent(
        recording,
        automationhub__order=1,
        retried=True,
        automationhub__attempt=-1,
        http__route="/ü",
        peer__service=None,
    )
    assert list(found.attributes) == [
        KeyValue(key="automationhub.order", value=AnyValue(int_value=1)),
        KeyValue(key="retried", value=AnyValue(bool_value=True)),
        KeyValue(key="automationhub.attempt", value=AnyValue(int_value=-1)),
        KeyValue(key="http.route", value=AnyValue(string_value="/ü")),
    ]


def test_a_failed_span_says_how(recording: ModuleType) -> None:
    found = sent(recording, failed="transient")
    assert found.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    assert found.attributes[0].value.string_value == "transient"


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 2_097_152])
def test_a_message_within_another_has_its_length_before_it(recording: ModuleType, length: int) -> None:
    # `trace_state`, the third field of a span, is a text.
    name = "x" * length
    assert trace_pb2.Span.FromString(recording._within(b"\x1a", name.encode())).trace_state == name
