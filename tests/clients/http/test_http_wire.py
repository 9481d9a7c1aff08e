"""The HTTP gateway against a real socket: what mocks cannot show."""

import gzip
import os
import socket
import threading
import time
from ipaddress import ip_network

import pytest

from integrations.clients.http.addresses import normalise_address
from integrations.clients.http.answers import CallRecord, Expect
from integrations.clients.http.classifier import Verb
from integrations.clients.http.gateway import HttpGateway
from integrations.errors import ConfigError, CredentialError, OutcomeUnknown, TransientError
from tests.clients.conftest import Handler, WireServer, gateway_to


def test_a_good_answer_comes_back_with_its_numbers_exact(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer('{"price": 96.50}')
    answer = gateway.call("GET", "/x", what="read")
    assert str(answer.json()["price"]) == "96.50"
    assert answer.status == 200


def test_many_calls_share_one_connection(wire: WireServer, gateway: HttpGateway) -> None:
    for _ in range(20):
        gateway.call("GET", "/x", what="read")
    assert (len(wire.requests), wire.connections) == (20, 1)


def test_doors_to_the_same_place_share_connections(wire: WireServer, records: list[CallRecord]) -> None:
    for _ in range(5):
        gateway_to(wire.url, records).call("GET", "/x", what="read")
    assert wire.connections == 1


def test_error_answers_keep_the_connection(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer('{"message": "no"}', status=500)
    for _ in range(3):
        with pytest.raises(TransientError):
            gateway.call("GET", "/x", what="read")
    assert wire.connections == 1


def test_threads_can_share_a_door(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer(f'{{"path": "{call.path}"}}')
    seen: dict[int, str] = {}

    def ask(number: int) -> None:
        for _ in range(5):
            seen[number] = gateway.call("GET", f"/{number}", what="read").data["path"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: f"/{number}" for number in range(8)}


def test_a_forked_process_does_not_use_its_parents_connection(wire: WireServer, gateway: HttpGateway) -> None:
    gateway.call("GET", "/parent", what="read")
    child = os.fork()
    if child == 0:
        ok = 1
        try:
            gateway.call("GET", "/child", what="read")
            ok = 0
        finally:
            os._exit(ok)
    assert os.waitpid(child, 0)[1] == 0
    gateway.call("GET", "/parent", what="read")
    assert wire.connections == 2


def test_nobody_listening_means_surely_not_sent(closed_port: int, records: list[CallRecord]) -> None:
    gateway = gateway_to(f"http://127.0.0.1:{closed_port}", records)
    with pytest.raises(TransientError, match="Nothing was sent") as caught:
        gateway.call("POST", "/x", what="create a Job", verb=Verb.COMMIT, json={})
    assert f"127.0.0.1:{closed_port}" in caught.value.message


def test_unknown_host_means_surely_not_sent(
    records: list[CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TransientError, match=r"host name in nowhere\.invalid is not known"):
        gateway_to("http://nowhere.invalid", records).call("POST", "/x", what="write", verb=Verb.WRITE)


@pytest.mark.parametrize("address", ["http://", "ftp://h", "no address", "http://h:99999", "http://[::1"])
def test_an_unusable_address_is_a_matter_of_settings(address: str, records: list[CallRecord]) -> None:
    with pytest.raises(ConfigError, match="address"):
        gateway_to(address, records).call("GET", "/x", what="read")


def test_speaking_tls_to_a_plain_server_is_surely_not_sent(
    wire: WireServer, records: list[CallRecord]
) -> None:
    gateway = gateway_to(wire.url.replace("http:", "https:"), records)
    with pytest.raises(TransientError, match="TLS"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)


@pytest.mark.parametrize(("verb", "error"), [(Verb.READ, TransientError), (Verb.WRITE, OutcomeUnknown)])
def test_a_connection_dropped_before_the_answer(
    wire: WireServer, gateway: HttpGateway, verb: Verb, error: type[Exception]
) -> None:
    wire.script = Handler.drop
    with pytest.raises(error, match="broke off"):
        gateway.call("POST", "/x", what="write", verb=verb, json={})
    assert len(wire.requests) == 1


@pytest.mark.parametrize(("verb", "error"), [(Verb.READ, TransientError), (Verb.WRITE, OutcomeUnknown)])
def test_an_answer_that_comes_too_late(
    wire: WireServer, gateway: HttpGateway, verb: Verb, error: type[Exception]
) -> None:
    def silent(call: Handler) -> None:
        wire.released.wait(3)

    wire.script = silent
    started = time.monotonic()
    with pytest.raises(error, match="in time"):
        gateway.call("POST", "/x", what="write", verb=verb, json={})
    assert time.monotonic() - started < 1


def test_an_answer_cut_short_is_no_answer(wire: WireServer, gateway: HttpGateway) -> None:
    def half(call: Handler) -> None:
        call.send_response(200)
        call.send_header("Content-Length", "100")
        call.end_headers()
        call.wfile.write(b'{"a": 1}')
        call.wfile.flush()
        call.drop()

    wire.script = half
    with pytest.raises(OutcomeUnknown, match="broke off"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)


def test_an_answer_with_nonsensical_headers_is_no_answer(wire: WireServer, gateway: HttpGateway) -> None:
    def two_lengths(call: Handler) -> None:
        call.send_response(200)
        call.send_header("Content-Length", "8")
        call.send_header("Content-Length", "100")
        call.end_headers()

    wire.script = two_lengths
    with pytest.raises(OutcomeUnknown):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)


@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00\xff" * 50])
def test_an_answer_that_is_not_http_is_no_answer(
    wire: WireServer, gateway: HttpGateway, answer: bytes
) -> None:
    def nonsense(call: Handler) -> None:
        call.wfile.write(answer)
        call.wfile.flush()
        call.drop()

    wire.script = nonsense
    with pytest.raises(OutcomeUnknown):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)


def test_a_dripping_server_does_not_hold_us(wire: WireServer, gateway: HttpGateway) -> None:
    def drip(call: Handler) -> None:
        call.send_response(200)
        call.send_header("Content-Length", "1000")
        call.end_headers()
        for _ in range(100):
            call.wfile.write(b" ")
            call.wfile.flush()
            if wire.released.wait(0.05):
                return

    wire.script = drip
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown, match="not complete after"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-Long: "], ids=["status line", "a header"])
def test_a_server_that_drips_its_headers_does_not_hold_us(
    wire: WireServer, gateway: HttpGateway, start: bytes
) -> None:
    def drip(call: Handler) -> None:
        call.wfile.write(start)
        for _ in range(100):
            call.wfile.write(b"H")
            call.wfile.flush()
            if wire.released.wait(0.05):
                return

    wire.script = drip
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown, match="did not come in time"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)
    assert time.monotonic() - started < 1.5


def test_a_slow_answer_leaves_the_next_call_its_own_time(wire: WireServer, gateway: HttpGateway) -> None:
    def slow(call: Handler) -> None:
        time.sleep(0.25)
        call.answer()

    wire.script = slow
    for _ in range(4):  # together longer than the whole time of one
        gateway.call("GET", "/x", what="read")
    assert wire.connections == 1


def test_a_chunked_answer_is_read_whole(wire: WireServer, gateway: HttpGateway) -> None:
    def chunked(call: Handler) -> None:
        call.send_response(200)
        call.send_header("Transfer-Encoding", "chunked")
        call.end_headers()
        call.wfile.write(b'5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n')

    wire.script = chunked
    assert gateway.call("GET", "/x", what="read").data == {"a": 1}
    gateway.call("GET", "/x", what="read")
    assert wire.connections == 1


def test_a_compressed_answer_is_read(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")
    assert gateway.call("GET", "/x", what="read").data == {"a": 1}


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_larger_than_the_limit_is_not_read_on(
    wire: WireServer, gateway: HttpGateway, packed: bool
) -> None:
    body = b'"' + b"x" * 3_000_000 + b'"'
    coding = "gzip" if packed else "identity"
    wire.script = lambda call: call.answer(gzip.compress(body) if packed else body, Content_Encoding=coding)
    with pytest.raises(TransientError, match="larger than 100,000 bytes"):
        gateway.call("GET", "/x", what="read")


def test_broken_compression_is_no_answer(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer(b"not gzip", Content_Encoding="gzip")
    with pytest.raises(TransientError):
        gateway.call("GET", "/x", what="read")


def test_a_redirect_is_not_followed(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer(status=302, Location=f"{wire.url}/elsewhere/x")
    with pytest.raises(ConfigError, match=f"set the address to {wire.url}/elsewhere"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("location", ["http://[broken", "//", "", "http://h:99999/", "\x01"])
def test_a_redirect_to_nowhere_is_a_matter_of_settings_too(
    wire: WireServer, gateway: HttpGateway, location: str
) -> None:
    wire.script = lambda call: call.answer(status=302, Location=location)
    with pytest.raises(ConfigError, match="redirect"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)


def test_the_environment_gives_no_proxy_and_no_credentials(
    wire: WireServer, gateway: HttpGateway, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    gateway.call("GET", "/x", what="read")
    assert "Authorization" not in wire.requests[0].headers


def test_cookies_are_not_kept(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer(Set_Cookie="JSESSIONID=1; Path=/")
    gateway.call("GET", "/x", what="read")
    gateway.call("GET", "/x", what="read")
    assert "Cookie" not in wire.requests[1].headers


def test_calls_carry_user_agent_and_request_id(wire: WireServer, records: list[CallRecord]) -> None:
    gateway_to(wire.url, records, correlation_id="abc 1\r\n").call("GET", "/x", what="read")
    headers = wire.requests[0].headers
    assert headers["User-Agent"].startswith("AutomationHub/")
    assert headers["X-Request-ID"] == "abc1"


def test_a_connection_closed_while_idle_is_replaced(wire: WireServer, gateway: HttpGateway) -> None:
    def answer_and_close(call: Handler) -> None:
        call.answer()
        call.close_connection = True

    wire.script = answer_and_close
    gateway.call("GET", "/x", what="read")
    time.sleep(0.05)
    gateway.call("POST", "/x", what="write", verb=Verb.WRITE, json={})
    assert wire.connections == 2


def test_credentials_that_cannot_be_sent_are_a_matter_of_settings(
    wire: WireServer, records: list[CallRecord]
) -> None:
    gateway = gateway_to(wire.url, records, headers={"Authorization": "token a\nb"})
    with pytest.raises(ConfigError, match="credentials"):
        gateway.call("GET", "/x", what="read")


def test_a_server_that_takes_no_connection_in_time_means_surely_not_sent(
    wire: WireServer, gateway: HttpGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", slow)
    with pytest.raises(TransientError, match="did not take the connection") as caught:
        gateway.call("POST", "/x", what="write", verb=Verb.COMMIT)
    assert caught.value.surely_not_sent


def test_a_refused_connection_is_called_that(records: list[CallRecord]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(TransientError, match="connection refused") as caught:
        gateway_to(address, records).call("POST", "/x", what="write", verb=Verb.COMMIT)
    assert caught.value.surely_not_sent


# --- What the observer hears --------------------------------------------------------------------------------


def test_every_call_is_recorded_once(
    wire: WireServer, gateway: HttpGateway, records: list[CallRecord]
) -> None:
    wire.script = lambda call: call.answer('{"ok": 1}')
    gateway.call("POST", "/x", what="write", json={"a": 1}, params={"txnId": "b:1"})
    (record,) = records
    assert record.method == "POST"
    assert record.url == f"{wire.url}/x?txnId=b:1"
    assert record.request_body == '{"a": 1}'
    assert (record.status, record.answer, record.error) == (200, '{"ok": 1}', "")
    assert record.seconds > 0


@pytest.mark.parametrize("status", [401, 500])
def test_a_failed_call_is_recorded_once_with_its_error(
    wire: WireServer, gateway: HttpGateway, records: list[CallRecord], status: int
) -> None:
    wire.script = lambda call: call.answer('{"message": "no"}', status=status)
    with pytest.raises((CredentialError, TransientError)) as caught:
        gateway.call("GET", "/x", what="read")
    assert [(one.status, one.error) for one in records] == [(status, str(caught.value))]


def test_a_call_without_an_answer_is_recorded(closed_port: int, records: list[CallRecord]) -> None:
    with pytest.raises(TransientError):
        gateway_to(f"http://127.0.0.1:{closed_port}", records).call("GET", "/x", what="read")
    assert [(one.status, one.answer) for one in records] == [(None, "")]
    assert records[0].error


def test_records_hold_no_secrets(wire: WireServer, records: list[CallRecord]) -> None:
    wire.script = lambda call: call.answer('{"echo": "s3cr3t-value", "token": "other"}')
    gateway = gateway_to(
        wire.url, records, secrets=["s3cr3t-value"], headers={"Authorization": "Basic abcdefgh"}
    )
    gateway.call(
        "POST",
        "/x",
        what="log in",
        params={"token": "t1", "q": "s3cr3t-value"},
        json={"Password": "pw-in-body"},
    )
    shown = repr(records)
    for secret in ("s3cr3t-value", "other", "t1", "pw-in-body", "abcdefgh"):
        assert secret not in shown


def test_long_bodies_are_cut_in_the_record(
    wire: WireServer, gateway: HttpGateway, records: list[CallRecord]
) -> None:
    wire.script = lambda call: call.answer('"' + "x" * 90_000 + '"')
    gateway.call("POST", "/x", what="write", json={"a": "y" * 9_000})
    assert len(records[0].answer) <= 4_096
    assert len(records[0].request_body) <= 4_096
    kept = records[0].answer.count("x")
    assert f"[{90_002 - kept - 1} more characters cut]" in records[0].answer


def test_an_observer_that_fails_does_not_undo_the_call(
    wire: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(record: CallRecord) -> None:
        raise OSError("audit is down")

    assert gateway_to(wire.url, [], observer=failing).call("GET", "/x", what="read").status == 200
    assert "could not be recorded" in caplog.text


def test_a_call_in_which_the_worker_is_stopped_is_recorded(
    wire: WireServer, gateway: HttpGateway, records: list[CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*args: object) -> None:
        raise SystemExit

    monkeypatch.setattr(gateway, "send", stopped)
    with pytest.raises(SystemExit):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE)
    assert [one.error for one in records] == ["interrupted"]


# --- What a success must hold -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "body"),
    [
        (Expect.OBJECT, "[]"),
        (Expect.OBJECT, ""),
        (Expect.OBJECT, "null"),
        (Expect.LIST, "{}"),
        (Expect.TRUE, "false"),
        (Expect.TRUE, '"true"'),
        (Expect.JSON, ""),
        (Expect.JSON, "<html></html>"),
        (Expect.JSON, '{"a": NaN}'),
        (Expect.JSON, "[" * 5_000),
        (Expect.JSON, "9" * 50),
        (Expect.JSON, "1e99999999999999999999"),
        (Expect.JSON_OR_NOTHING, "<html></html>"),
        (Expect.OBJECT_OR_NULL, "[]"),
        (Expect.WORD, "<html></html>"),
        (Expect.WORD, ""),
        (Expect.WORD, '{"a": 1}'),
        (Expect.WORD, "two\nlines"),
    ],
)
@pytest.mark.usefixtures("stack_used_up")
def test_a_success_with_another_body_is_no_answer(
    wire: WireServer, gateway: HttpGateway, records: list[CallRecord], expect: Expect, body: str
) -> None:
    wire.script = lambda call: call.answer(body)
    with pytest.raises(OutcomeUnknown, match="its answer was not"):
        gateway.call("POST", "/x", what="write", verb=Verb.WRITE, expect=expect)
    assert records[0].error


@pytest.mark.parametrize(
    ("expect", "body", "data"),
    [
        (Expect.OBJECT, '{"a": 1}', {"a": 1}),
        (Expect.OBJECT_OR_NULL, "null", None),
        (Expect.LIST, "[1]", [1]),
        (Expect.TRUE, "true", True),
        (Expect.JSON_OR_NOTHING, " ", None),
        (Expect.JSON_OR_NOTHING, '"done"', "done"),
        (Expect.WORD, "bb14:38:0:01:\n", "bb14:38:0:01:"),
        (Expect.WORD, '"29.0-1704"', "29.0-1704"),
        (Expect.JSON, "\ufeff[]", []),
    ],
)
def test_a_success_with_the_right_body(
    wire: WireServer, gateway: HttpGateway, expect: Expect, body: str, data: object
) -> None:
    wire.script = lambda call: call.answer(body)
    assert gateway.call("GET", "/x", what="read", expect=expect).data == data


def test_a_text_that_is_not_utf8_is_read_as_declared(wire: WireServer, gateway: HttpGateway) -> None:
    wire.script = lambda call: call.answer(
        '["Köln"]'.encode("latin-1"), Content_Type="application/json; charset=iso-8859-1"
    )
    assert gateway.call("GET", "/x", what="read").data == ["Köln"]


# --- where a name leads ---


def test_a_connection_that_led_to_a_clouds_own_service_is_closed_before_anything_is_sent(
    wire: WireServer, records: list[CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.clients.http.gateway._adapters", {})
    monkeypatch.setattr("automationhub.lib.network._OFF_LIMITS", (ip_network("127.0.0.0/8"),))
    with pytest.raises(ConfigError, match=r"leads to 127\.0\.0\.1, which no system of yours can have"):
        gateway_to(wire.url, records).call("GET", "/x", what="read")
    assert wire.requests == []


def test_an_address_that_no_system_can_have_is_refused_before_any_connection() -> None:
    for address in (
        "http://169.254.169.254/latest",
        "https://[fe80::1]/",
        "http://0xa9fea9fe/",
        "http://0.0.0.0/",
    ):
        with pytest.raises(ValueError, match="is not one that a system of yours can have"):
            normalise_address(address)
