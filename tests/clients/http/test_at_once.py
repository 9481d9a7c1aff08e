"""Calls that are made at the same time: they overlap on the wire, and are told by the thread that asked, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from automationhub.lib.logs import _about, logging_about
from integrations.clients.http.answers import Answer, AnswerLimits, CallRecord
from integrations.clients.http.at_once import MOST, answers, at_once
from integrations.clients.http.gateway import HttpGateway
from integrations.clients.http.transport import moment_in, sent_by
from integrations.errors import HubError, TransientError
from tests.clients.conftest import Handler, WireServer, gateway_to


@pytest.fixture
def patient(wire: WireServer, records: list[CallRecord]) -> HttpGateway:
    """A door for calls that a busy machine may answer late."""
    return gateway_to(
        wire.url, records, limits=AnswerLimits(connect=20.0, read=20.0, total=40.0, size=100_000)
    )


def asked(gateway: HttpGateway, count: int) -> list[Answer | HubError]:
    return gateway.at_once(
        [partial(gateway.call, "GET", f"/{number}", what="read") for number in range(count)]
    )


def test_the_calls_are_under_way_at_the_same_time(wire: WireServer, patient: HttpGateway) -> None:
    together = threading.Barrier(MOST, timeout=10)

    def once_all_are_there(call: Handler) -> None:
        together.wait()
        call.answer(f'{{"path": "{call.path}"}}')

    wire.script = once_all_are_there
    found = answers(asked(patient, MOST))
    assert [one.data["path"] for one in found] == [f"/{number}" for number in range(MOST)]


def test_the_records_come_in_the_order_of_the_calls_on_the_thread_that_asked(wire: WireServer) -> None:
    second_is_answered = threading.Event()

    def first_last(call: Handler) -> None:
        if call.path == "/0":
            second_is_answered.wait(0.25)
        call.answer()
        second_is_answered.set()

    heard: list[tuple[str, threading.Thread]] = []

    def hear(record: CallRecord) -> None:
        heard.append((record.url[-2:], threading.current_thread()))

    wire.script = first_last
    asked(gateway_to(wire.url, [], observer=hear), 2)
    assert heard == [("/0", threading.current_thread()), ("/1", threading.current_thread())]


def test_one_that_fails_takes_no_other_along(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.drop() if call.path == "/0" else call.answer()
    failed, answered = asked(gateway, 2)
    assert isinstance(failed, TransientError)
    assert isinstance(answered, Answer)


def cut_off(call: Handler) -> None:
    call.send_response(200)
    call.send_header("Content-Length", "50")
    call.end_headers()
    call.wfile.write(b'{"numb')
    call.wfile.flush()
    call.drop()


def be_silent(call: Handler) -> None:
    call.server.released.wait(2)


FAULTS: dict[str, Callable[[Handler], None]] = {
    "cut": cut_off,
    "dropped": Handler.drop,
    "silent": be_silent,
    "no JSON": lambda call: call.answer("<html>"),
    "too many": lambda call: call.answer(status=429, Retry_After="7"),
    "not allowed": lambda call: call.answer(status=401),
    "broken": lambda call: call.answer('{"message": "no"}', status=500),
}


def described(outcome: Answer | HubError) -> tuple[object, ...]:
    assert isinstance(outcome, HubError), outcome
    return type(outcome), outcome.failure_mode, getattr(outcome, "surely_not_sent", None)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", [0, 2, MOST - 1])
def test_a_fault_among_calls_at_the_same_time_is_the_fault_of_that_call_alone(
    wire: WireServer,
    gateway: HttpGateway,
    patient: HttpGateway,
    records: list[CallRecord],
    fault: str,
    at: int,
) -> None:
    def call(number: int) -> Callable[[], Answer]:
        asking = gateway if number == at and fault == "silent" else patient
        return partial(asking.call, "GET", f"/{number}", what="read")

    wire.script = lambda call: FAULTS[fault](call) if call.path == f"/{at}" else call.answer()
    [alone] = patient.at_once([call(at)])
    records.clear()
    found = patient.at_once([call(number) for number in range(MOST)])
    assert described(found[at]) == described(alone)
    assert [isinstance(one, Answer) for one in found] == [number != at for number in range(MOST)]
    assert [record.url[-2:] for record in records] == [f"/{number}" for number in range(MOST)]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_all_calls_meet_is_told_of_each(
    wire: WireServer, gateway: HttpGateway, patient: HttpGateway, records: list[CallRecord], fault: str
) -> None:
    asking = gateway if fault == "silent" else patient
    wire.script = FAULTS[fault]
    [alone] = asked(asking, 1)
    records.clear()
    assert {described(one) for one in asked(asking, MOST)} == {described(alone)}
    assert len(records) == MOST


def test_calls_that_are_refused_were_surely_not_sent(closed_port: int, records: list[CallRecord]) -> None:
    found = asked(gateway_to(f"http://127.0.0.1:{closed_port}", records), MOST)
    assert [isinstance(one, TransientError) and one.surely_not_sent for one in found] == [True] * MOST
    assert len(records) == MOST


def test_after_a_fault_the_same_threads_make_good_calls(wire: WireServer, patient: HttpGateway) -> None:
    wire.script = cut_off
    asked(patient, MOST)
    wire.script = Handler.answer
    assert [isinstance(one, Answer) for one in asked(patient, MOST)] == [True] * MOST


def test_the_first_error_is_the_one_that_is_raised(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer('{"message": "no"}', status=500 + int(call.path[1:]))
    with pytest.raises(TransientError) as raised:
        answers(asked(gateway, 3))
    assert raised.value.evidence is not None
    assert raised.value.evidence.status == 500


def test_where_calls_are_limited_each_waits_for_its_turn_on_the_thread_that_asked(wire: WireServer) -> None:
    turns: list[threading.Thread] = []
    gateway = gateway_to(wire.url, [], before_call=lambda: turns.append(threading.current_thread()))
    asked(gateway, 3)
    assert turns == 3 * [threading.current_thread()]


def test_a_call_that_is_too_late_is_not_sent_by_another_thread_either(
    wire: WireServer, gateway: HttpGateway
) -> None:
    with sent_by(moment_in(-1)):
        found = asked(gateway, 2)
    assert [isinstance(one, TransientError) and one.surely_not_sent for one in found] == [True, True]
    assert wire.requests == []


def test_what_log_lines_are_about_goes_along() -> None:
    with logging_about(order=17):
        assert at_once([_about.get, _about.get]) == 2 * [{"order": 17}]


def test_a_fault_of_ours_is_raised_when_all_are_over() -> None:
    over = threading.Event()

    def slow() -> None:
        threading.Event().wait(0.05)
        over.set()

    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        at_once([wrong, slow])
    assert over.is_set()
