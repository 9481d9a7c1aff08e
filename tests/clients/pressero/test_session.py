"""The login: one token, renewed once."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import responses

from integrations.clients.http.answers import CallRecord
from integrations.clients.pressero.client import PresseroClient, PresseroConfig
from integrations.errors import ConfigError, CredentialError, TransientError
from tests.clients.conftest import Handler, WireServer

BASE = "https://admin.example.com/api"
LOGIN = f"{BASE}/V2/Authentication"
CONFIG = PresseroConfig("https://admin.example.com/api/", "hub", "secret-pw", "sub-1", "consumer-1", "main")
FLOWS = f"{BASE}/Workflows"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pressero(records: list[CallRecord], clock: Clock) -> PresseroClient:
    return PresseroClient(CONFIG, observer=records.append, clock=clock)


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def calls(web: responses.RequestsMock) -> list[str]:
    return [(call.request.url or "").rpartition("/")[2] for call in web.calls]


def test_the_token_goes_into_the_header(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, json={"Items": []})
    pressero.workflows()
    assert web.calls[1].request.headers["Authorization"] == "token T-1"
    assert "Authorization" not in web.calls[0].request.headers


def test_the_login_sends_what_pressero_wants(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(
        LOGIN,
        json={"token": "T-1"},
        match=[
            responses.matchers.json_params_matcher(
                {
                    "UserName": "hub",
                    "Password": "secret-pw",
                    "SubscriberId": "sub-1",
                    "ConsumerID": "consumer-1",
                }
            )
        ],
    )
    pressero.login()


def test_one_token_serves_many_calls_and_clients(
    pressero: PresseroClient, web: responses.RequestsMock, clock: Clock
) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, json=[])
    pressero.workflows()
    clock.now += 19 * 60
    PresseroClient(CONFIG, clock=clock).workflows()
    assert calls(web) == ["Authentication", "Workflows", "Workflows"]


def test_an_old_token_is_renewed_before_it_fails(
    pressero: PresseroClient, web: responses.RequestsMock, clock: Clock
) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, json=[])
    pressero.workflows()
    clock.now += 20 * 60
    pressero.workflows()
    assert calls(web) == ["Authentication", "Workflows"] * 2


def test_another_account_has_its_own_token(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, json=[])
    pressero.workflows()
    PresseroClient(replace(CONFIG, password="changed")).workflows()
    assert calls(web).count("Authentication") == 2


def test_a_refused_token_is_renewed_once(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.post(LOGIN, json={"Token": "T-2"})
    web.get(FLOWS, status=401)
    web.get(FLOWS, json=[])
    assert pressero.workflows() == []
    assert calls(web) == ["Authentication", "Workflows"] * 2
    assert web.calls[3].request.headers["Authorization"] == "token T-2"


def test_a_second_refusal_is_a_credential_error(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, status=401, json={"Message": "Authorization has been denied for this request."})
    with pytest.raises(CredentialError, match="Authorization has been denied"):
        pressero.workflows()
    assert calls(web) == ["Authentication", "Workflows"] * 2


def test_a_forbidden_call_is_not_repeated(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, status=403)
    with pytest.raises(CredentialError):
        pressero.workflows()
    assert calls(web) == ["Authentication", "Workflows"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_login_is_a_credential_error(
    pressero: PresseroClient, web: responses.RequestsMock, status: int
) -> None:
    web.post(LOGIN, status=status, json={"Message": "No."})
    with pytest.raises(CredentialError):
        pressero.login()
    assert len(web.calls) == 1


@pytest.mark.parametrize("answer", [{}, {"Token": ""}, {"Token": None}, {"Token": "a\nb"}, {"Token": "ä"}])
def test_a_login_without_a_token_is_a_credential_error(
    pressero: PresseroClient, web: responses.RequestsMock, answer: dict[str, str]
) -> None:
    web.post(LOGIN, json=answer)
    with pytest.raises(CredentialError, match="without a token"):
        pressero.login()


def test_a_login_that_fails_on_the_way_is_transient(
    pressero: PresseroClient, web: responses.RequestsMock
) -> None:
    web.post(LOGIN, status=503)
    with pytest.raises(TransientError):
        pressero.workflows()


def test_a_failed_login_leaves_no_token_behind(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(LOGIN, status=503)
    web.post(LOGIN, json={"Token": "T-1"})
    web.get(FLOWS, json=[])
    with pytest.raises(TransientError):
        pressero.workflows()
    assert pressero.workflows() == []


def test_login_asks_even_with_a_token_at_hand(pressero: PresseroClient, web: responses.RequestsMock) -> None:
    web.post(LOGIN, json={"Token": "T-1"})
    pressero.login()
    pressero.login()
    assert len(web.calls) == 2


def test_no_record_holds_a_secret(
    pressero: PresseroClient, web: responses.RequestsMock, records: list[CallRecord]
) -> None:
    web.post(LOGIN, json={"Token": "TOKEN-1", "More": "x"})
    web.get(FLOWS, status=400, json={"Message": "Bad TOKEN-1"})
    with pytest.raises(Exception, match="main") as caught:
        pressero.workflows()
    shown = repr(records) + str(caught.value) + repr(vars(caught.value)) + repr(CONFIG)
    for secret in ("secret-pw", "consumer-1", "TOKEN-1"):
        assert secret not in shown
    assert len(records) == 2


def test_a_bad_address_is_a_matter_of_settings() -> None:
    with pytest.raises(ConfigError, match="Pressero account main"):
        PresseroClient(replace(CONFIG, base_url="ftp://x"))


def test_many_threads_make_one_login(wire: WireServer) -> None:
    logins: list[str] = []

    def answer(call: Handler) -> None:
        if call.path.endswith("Authentication"):
            time.sleep(0.05)
            logins.append(call.path)
            call.answer('{"Token": "T"}')
        else:
            call.answer("[]")

    wire.script = answer
    client = PresseroClient(replace(CONFIG, base_url=f"{wire.url}/api/"))
    threads = [threading.Thread(target=client.workflows) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(logins), len(wire.requests)) == (1, 9)


def test_threads_that_are_refused_together_renew_once(wire: WireServer) -> None:
    valid = {"T0"}
    logins: list[str] = []
    gate = threading.Barrier(6, timeout=5)

    def answer(call: Handler) -> None:
        token = call.headers.get("Authorization", "").removeprefix("token ")
        if call.path.endswith("Authentication"):
            logins.append(f"T{len(logins)}")
            call.answer(f'{{"Token": "{logins[-1]}"}}')
        elif token in valid:
            call.answer("[]")
        else:
            gate.wait()
            call.answer(status=401)

    wire.script = answer
    client = PresseroClient(replace(CONFIG, base_url=f"{wire.url}/api/"))
    client.workflows()
    valid.clear()
    valid.add("T1")
    threads = [threading.Thread(target=client.workflows) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logins == ["T0", "T1"]
