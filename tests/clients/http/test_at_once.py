"""Calls that are made at the same time: they overlap on the wire, and are told by the thread that asked, in order."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from automationhub.lib.logs import _about, logging_about
from integrations.clients.http.answers import Answer, CallRecord
from integrations.clients.http.at_once import MOST, answers, at_once
from integrations.clients.http.door import HttpDoor
from integrations.clients.http.transport import moment_in, sent_by
from integrations.errors import HubError, TransientError
from tests.clients.conftest import Handler, WireServer, door_to


def asked(door: HttpDoor, count: int) -> list[Answer | HubError]:
    return door.at_once([partial(door.call, "GET", f"/{number}", what="read") for number in range(count)])


def test_the_calls_are_under_way_at_the_same_time(wire: WireServer, door: HttpDoor) -> None:
    together = threading.Barrier(MOST, timeout=0.25)

    def once_all_are_there(call: Handler) -> None:
        together.wait()
        call.answer(f'{{"path": "{call.path}"}}')

    wire.script = once_all_are_there
    found = answers(asked(door, MOST))
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
    asked(door_to(wire.url, [], observer=hear), 2)
    assert heard == [("/0", threading.current_thread()), ("/1", threading.current_thread())]


def test_one_that_fails_takes_no_other_along(wire: WireServer, door: HttpDoor) -> None:
    wire.script = lambda call: call.drop() if call.path == "/0" else call.answer()
    failed, answered = asked(door, 2)
    assert isinstance(failed, TransientError)
    assert isinstance(answered, Answer)


def test_the_first_error_is_the_one_that_is_raised(wire: WireServer, door: HttpDoor) -> None:
    wire.script = lambda call: call.answer('{"message": "no"}', status=500 + int(call.path[1:]))
    with pytest.raises(TransientError) as raised:
        answers(asked(door, 3))
    assert raised.value.evidence is not None
    assert raised.value.evidence.status == 500


def test_where_calls_are_limited_each_waits_for_its_turn_on_the_thread_that_asked(wire: WireServer) -> None:
    turns: list[threading.Thread] = []
    door = door_to(wire.url, [], before_call=lambda: turns.append(threading.current_thread()))
    asked(door, 3)
    assert turns == 3 * [threading.current_thread()]


def test_a_call_that_is_too_late_is_not_sent_by_another_thread_either(
    wire: WireServer, door: HttpDoor
) -> None:
    with sent_by(moment_in(-1)):
        found = asked(door, 2)
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
