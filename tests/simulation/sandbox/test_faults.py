"""The base server of the sandboxes: faults, the call log, control over HTTP, starting and stopping."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.simulation.sandbox.faults import KINDS, FaultPlan
from integrations.simulation.sandbox.http import (
    BadJson,
    Request,
    Response,
    SandboxServer,
    dump_json,
    load_json,
)


class Counter(SandboxServer):
    """Counts what it was asked to count."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.counted: list[Any] = []

    def handle(self, request: Request) -> Response:
        if request.path == "/broken":
            raise RuntimeError("a bug in the sandbox")
        self.counted.append(request.json())
        return Response(200, {"count": len(self.counted), "query": request.query})

    def state(self) -> Any:
        return {"counted": self.counted}

    def reset_state(self) -> None:
        self.counted.clear()


@pytest.fixture
def server() -> Iterator[Counter]:
    with Counter() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as used:
        used.trust_env = False
        yield used


def post(session: requests.Session, server: SandboxServer, path: str = "/count", **options: Any) -> Any:
    options.setdefault("timeout", 5)
    return session.post(f"{server.url}{path}", json=options.pop("json", {"n": 1}), **options)


def until(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Wait for something that happens on another thread."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


# What each kind of fault does


def test_without_a_fault_the_call_is_applied_and_answered(server: Counter, session: requests.Session) -> None:
    assert post(session, server).json() == {"count": 1, "query": {}}


def test_error_before_answers_the_error_and_applies_nothing(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("error_before", status=503, message="Maintenance")
    response = post(session, server)
    assert (response.status_code, response.json(), server.counted) == (503, {"message": "Maintenance"}, [])


def test_error_after_answers_the_error_although_it_applied(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("error_after")
    assert post(session, server).status_code == 500
    assert len(server.counted) == 1


@pytest.mark.parametrize(("kind", "applied"), [("drop_before", 0), ("drop_after", 1)])
def test_a_drop_closes_the_connection_without_an_answer(
    server: Counter, session: requests.Session, kind: str, applied: int
) -> None:
    server.faults.add(kind)
    with pytest.raises(requests.ConnectionError):
        post(session, server)
    assert len(server.counted) == applied


def test_hang_before_keeps_silent_and_applies_nothing(server: Counter, session: requests.Session) -> None:
    server.faults.add("hang_before", seconds=0.1)
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        post(session, server)
    assert time.monotonic() - began >= 0.1
    assert server.counted == []


def test_hang_after_has_applied_before_the_client_gives_up(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("hang_after", seconds=5)
    with pytest.raises(requests.ReadTimeout):
        post(session, server, timeout=0.1)
    assert len(server.counted) == 1


def test_late_applies_only_after_the_client_has_given_up(server: Counter, session: requests.Session) -> None:
    server.faults.add("late", seconds=0.2)
    with pytest.raises(requests.ReadTimeout):
        post(session, server, timeout=0.05)
    assert server.counted == []
    assert until(lambda: len(server.counted) == 1)


def test_late_still_answers_a_patient_client(server: Counter, session: requests.Session) -> None:
    server.faults.add("late", seconds=0.05)
    assert post(session, server).json()["count"] == 1


@pytest.mark.parametrize(("kind", "applied"), [("garbage", 0), ("garbage_after", 1)])
def test_garbage_is_a_200_without_json(
    server: Counter, session: requests.Session, kind: str, applied: int
) -> None:
    server.faults.add(kind)
    response = post(session, server)
    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert len(server.counted) == applied


def test_unauthorized_is_a_401_and_applies_nothing(server: Counter, session: requests.Session) -> None:
    server.faults.add("unauthorized")
    assert post(session, server).status_code == 401
    assert server.counted == []


def test_rate_limited_says_when_to_come_back(server: Counter, session: requests.Session) -> None:
    server.faults.add("rate_limited", seconds=2)
    response = post(session, server)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2")


def test_down_refuses_every_call_until_cleared(server: Counter, session: requests.Session) -> None:
    server.faults.add("down")
    for _ in range(3):
        with pytest.raises(requests.ConnectionError):
            post(session, server)
    server.faults.clear()
    assert post(session, server).json()["count"] == 1


# Which calls a fault meets


def test_a_fault_fires_at_the_nth_matching_call_and_as_often_as_planned() -> None:
    plan = FaultPlan()
    plan.add("error_before", nth=2, times=2)
    assert [plan.take("GET", "/x") is not None for _ in range(5)] == [False, True, True, False, False]


def test_zero_times_means_until_cleared() -> None:
    plan = FaultPlan()
    plan.add("error_before", times=0)
    assert all(plan.take("GET", "/x") for _ in range(20))


def test_a_fault_meets_only_its_method_and_path() -> None:
    plan = FaultPlan()
    plan.add("error_before", method="post", path=r"createJob\?.*txnId=a b")
    assert plan.take("GET", "/createJob?txnId=a b") is None
    assert plan.take("POST", "/createJob") is None
    assert plan.take("POST", "/createJob?txnId=a b") is not None


def test_the_path_of_a_fault_is_compared_with_the_decoded_query(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("error_before", path='xpath=@id = "1"')
    assert post(session, server, "/find", params={"xpath": '@id = "1"'}).status_code == 500


def test_of_two_faults_for_one_call_the_older_one_fires() -> None:
    plan = FaultPlan()
    plan.add("error_before")
    plan.add("drop_before")
    fired = [plan.take("GET", "/x"), plan.take("GET", "/x")]
    assert [fault.kind if fault else None for fault in fired] == ["error_before", None]


def test_the_plan_tells_what_fired_and_on_which_call(server: Counter, session: requests.Session) -> None:
    server.faults.add("error_before")
    post(session, server, "/count?a=1")
    assert [(fired.kind, fired.method, fired.target) for fired in server.faults.fired] == [
        ("error_before", "POST", "/count?a=1")
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "explode"},
        {"kind": "down", "nth": 0},
        {"kind": "down", "path": "("},
        {"kind": "late", "seconds": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        FaultPlan().add(**wanted)


def test_every_kind_of_fault_is_described() -> None:
    assert all(KINDS.values())


# Control over HTTP


def test_another_process_can_plan_and_clear_faults(server: Counter, session: requests.Session) -> None:
    control = f"{server.url}/_sandbox/faults"
    planned = session.post(control, json={"kind": "error_before", "times": 0, "seconds": 0.5}, timeout=5)
    assert (planned.status_code, planned.json()["times"]) == (201, 0)
    assert post(session, server).status_code == 500
    session.delete(control, timeout=5)
    assert post(session, server).status_code == 200


@pytest.mark.parametrize(
    "body", [b"nonsense", b"[]", b'{"kind": "explode"}', b'{"kind": "late", "wings": 2}']
)
def test_a_bad_plan_over_http_is_a_400(server: Counter, session: requests.Session, body: bytes) -> None:
    assert session.post(f"{server.url}/_sandbox/faults", data=body, timeout=5).status_code == 400


def test_the_server_can_be_controlled_while_it_is_down(server: Counter, session: requests.Session) -> None:
    server.faults.add("down")
    assert session.get(f"{server.url}/_sandbox/state", timeout=5).json() == {"counted": []}


def test_a_reset_brings_back_the_beginning(server: Counter, session: requests.Session) -> None:
    post(session, server)
    server.faults.add("down")
    session.post(f"{server.url}/_sandbox/reset", timeout=5)
    assert (server.counted, server.calls, server.faults.planned) == ([], [], [])


def test_an_unknown_control_call_is_a_404(server: Counter, session: requests.Session) -> None:
    assert session.get(f"{server.url}/_sandbox/unknown", timeout=5).status_code == 404


# The call log


def test_the_log_keeps_what_was_asked_and_answered(server: Counter, session: requests.Session) -> None:
    post(session, server, "/count?a=1", json={"price": 1.25})
    call = server.calls[0]
    assert (call.method, call.path, call.query, call.body, call.status, call.applied) == (
        "POST",
        "/count",
        {"a": "1"},
        {"price": Decimal("1.25")},
        200,
        True,
    )


def test_a_call_without_an_answer_is_logged_with_status_0(server: Counter, session: requests.Session) -> None:
    server.faults.add("drop_after")
    with pytest.raises(requests.ConnectionError):
        post(session, server)
    assert until(lambda: server.calls[0].seconds > 0)
    assert (server.calls[0].status, server.calls[0].fault) == (0, "drop_after")


def test_passwords_stay_out_of_the_log(server: Counter, session: requests.Session) -> None:
    session.auth = ("someone", "secret")
    post(session, server)
    assert server.calls[0].headers["Authorization"] == "Basic ***"


def test_control_calls_are_not_logged(server: Counter, session: requests.Session) -> None:
    session.get(f"{server.url}/_sandbox/state", timeout=5)
    assert server.calls == []


def test_the_log_forgets_the_oldest_calls_first(session: requests.Session) -> None:
    with Counter(max_calls=2) as server:
        for number in range(3):
            post(session, server, f"/{number}")
        assert [call.path for call in server.calls] == ["/1", "/2"]


def test_the_log_can_be_read_and_cleared_over_http(server: Counter, session: requests.Session) -> None:
    post(session, server, json={"price": 1.25})
    address = f"{server.url}/_sandbox/calls"
    assert session.get(address, timeout=5).json()[0]["body"] == {"price": 1.25}
    session.delete(address, timeout=5)
    assert server.calls == []


# The server


def test_one_connection_serves_many_calls(server: Counter) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.connect()
    first = connection.sock
    for _ in range(5):
        connection.request("POST", "/count", body="1")
        connection.getresponse().read()
    assert connection.sock is first
    connection.close()


def test_calls_at_the_same_time_are_served_at_the_same_time() -> None:
    with Counter(latency=0.1) as server:
        began = time.monotonic()
        threads = [
            threading.Thread(target=lambda: requests.post(f"{server.url}/c", json=1, timeout=5))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.counted) == 8
        assert time.monotonic() - began < 0.6


def test_a_stopped_server_cuts_its_connections(session: requests.Session) -> None:
    server = Counter().start()
    post(session, server)
    server.stop()
    with pytest.raises(requests.ConnectionError):
        post(session, server)


def test_a_call_that_was_still_waiting_is_not_applied_after_a_stop(session: requests.Session) -> None:
    server = Counter().start()
    server.faults.add("late", seconds=0.15)
    with pytest.raises(requests.ReadTimeout):
        post(session, server, timeout=0.05)
    server.stop()
    time.sleep(0.2)
    assert server.counted == []


def test_a_server_comes_back_on_its_port_with_what_it_had(session: requests.Session) -> None:
    server = Counter().start()
    first = server.port
    post(session, server)
    server.stop()
    with server:
        assert server.port == first
        assert post(session, server).json()["count"] == 2


class LastCall(Counter):
    """Stops listening while it is at its first call."""

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        self.stop_listening()
        return response


def test_a_server_that_stops_listening_answers_the_call_under_way_and_refuses_the_next(
    session: requests.Session,
) -> None:
    server = LastCall().start()
    assert post(session, server).json()["count"] == 1
    assert not server.is_listening
    with pytest.raises(requests.ConnectionError, match="refused"):
        post(session, server)
    with server:
        assert post(session, server).json()["count"] == 2


def test_the_server_listens_on_the_loopback_address_only(server: Counter) -> None:
    assert server._server is not None
    assert server._server.socket.getsockname()[0] == "127.0.0.1"


def test_an_unexpected_failure_is_a_500(server: Counter, session: requests.Session) -> None:
    response = post(session, server, "/broken")
    assert (response.status_code, response.json()["message"]) == (500, "RuntimeError: a bug in the sandbox")


def test_a_body_without_a_length_is_refused(server: Counter, session: requests.Session) -> None:
    chunks = session.post(f"{server.url}/count", data=(part for part in [b"{}"]), timeout=5)
    assert chunks.status_code == 411


def test_a_client_that_hangs_up_in_the_middle_of_its_body_applies_nothing(server: Counter) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(0.05)
    assert server.counted == []


# JSON


def test_money_survives_json_unchanged() -> None:
    assert load_json(dump_json({"a": Decimal("0.10"), "b": [Decimal("1E+2")]})) == {
        "a": Decimal("0.10"),
        "b": [Decimal(100)],
    }


def test_json_is_written_as_others_write_it() -> None:
    value: dict[str, Any] = {
        "text": 'a "quote" ä\n',
        "none": None,
        "yes": True,
        "list": [1, 2.5],
        "empty": {},
        "nothing": [],
    }
    assert dump_json(value) == (
        '{"text":"a \\"quote\\" \\u00e4\\n","none":null,"yes":true,"list":[1,2.5],"empty":{},"nothing":[]}'
    )


@pytest.mark.usefixtures("stack_used_up")
@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        load_json(text)


# --- answers that are cut, doubled or never read ------------------------------------------------------------------


def test_an_answer_that_is_cut_breaks_off_after_the_call_was_applied(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("cut")
    with pytest.raises(requests.RequestException):
        post(session, server)
    assert len(server.counted) == 1


def test_an_answer_that_is_sent_twice_is_followed_by_the_right_one(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("doubled")
    assert [post(session, server).json()["count"] for _ in range(3)] == [1, 2, 3]


def test_a_call_that_a_proxy_repeats_is_applied_twice_and_answered_once(
    server: Counter, session: requests.Session
) -> None:
    server.faults.add("twice")
    assert post(session, server).json()["count"] == 2
    assert post(session, server).json()["count"] == 3


def test_nothing_is_read_by_a_peer_that_has_vanished_until_it_is_well_again(
    server: Counter, session: requests.Session
) -> None:
    post(session, server)
    server.stop_reading()
    with pytest.raises(requests.ReadTimeout):
        post(session, server, timeout=0.2)
    server.be_well()
    assert post(session, server).json()["count"] == 2
    assert len(server.calls) == 2


def test_connections_that_are_to_end_do_so_with_their_next_answer(
    server: Counter, session: requests.Session
) -> None:
    server.end_connections()
    assert post(session, server).headers["Connection"] == "close"
    server.be_well()
    assert "Connection" not in post(session, server).headers
