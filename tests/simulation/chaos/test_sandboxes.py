"""The sandboxes of the fault matrix: HTTPS with a certificate that can expire, and an order that is shown as it was."""

from collections.abc import Iterator
from datetime import date

import pytest
import requests

from integrations.clients.http.answers import AnswerLimits
from integrations.clients.http.transport import file_of_authorities
from integrations.errors import TransientError
from integrations.simulation.chaos.certificates import authority
from integrations.simulation.chaos.sandboxes import TrappedPace, TrappedPressero
from integrations.simulation.chaos.storefront_fixture import FIRST_SHOPPER, draft
from integrations.simulation.sandbox.messages import Request
from tests.clients.conftest import gateway_to
from tests.simulation.sandbox.pace_calls import PaceCalls


@pytest.fixture
def pressero() -> Iterator[TrappedPressero]:
    with TrappedPressero() as running:
        yield running


def call(pressero: TrappedPressero) -> int:
    patient = AnswerLimits(connect=5.0, read=5.0, total=10.0, size=100_000)
    gateway = gateway_to(pressero.url, [], limits=patient, verify=file_of_authorities(authority().pem))
    return gateway.call("GET", "/_sandbox/state", what="read").status


def test_a_certificate_expires_for_whoever_connects_and_is_renewed(pressero: TrappedPressero) -> None:
    assert call(pressero) == 200
    pressero.let_expire()
    call(pressero)  # over the open connection, which is closed with this answer
    with pytest.raises(TransientError, match="certificate has expired"):
        call(pressero)
    assert pressero.recover()
    assert call(pressero) == 200


def items(pressero: TrappedPressero, number: int) -> tuple[int, object]:
    who = pressero.credentials
    token = pressero.tokens.log_in(
        {
            "username": who.username,
            "password": who.password,
            "subscriberid": who.subscriber_id,
            "consumerid": who.consumer_id,
        }
    )
    request = Request("GET", f"/api/V2/Orders/{number}/Items", {}, {"authorization": f"Token {token}"})
    answer = pressero.handle(request)
    return answer.status, answer.body


def test_an_order_that_was_never_read_is_not_there_yet_while_the_state_is_old(
    pressero: TrappedPressero,
) -> None:
    number = pressero.place(draft(FIRST_SHOPPER, date(2031, 3, 3)), notify=False)
    pressero.show_old_state()
    assert items(pressero, number)[0] == 404
    pressero.recover()
    assert items(pressero, number)[0] == 200


def test_an_order_that_was_read_is_shown_as_it_was_then(pressero: TrappedPressero) -> None:
    number = pressero.place(draft(FIRST_SHOPPER, date(2031, 3, 3)), notify=False)
    before = items(pressero, number)
    pressero.show_old_state()
    pressero.edit_item(number, 1, quantity=77)
    assert items(pressero, number) == before
    pressero.recover()
    assert items(pressero, number) != before


def test_what_is_done_when_a_commit_is_taken_is_done_before_the_commit_is_applied() -> None:
    seen: list[int] = []
    with TrappedPace() as pace:
        calls = PaceCalls(pace)
        calls.session.verify = file_of_authorities(authority().pem)
        txn = calls.begin()
        calls.job(txn)
        pace.faults.add("taken", path="/commit", seconds=3600)
        pace.when_taken = lambda: seen.append(len(pace.objects("Job")))
        with pytest.raises(requests.ConnectionError):
            calls.commit(txn)
        pace.apply_taken()
        assert (seen, len(pace.objects("Job"))) == ([0], 1)


def test_nothing_is_done_at_a_taken_call_of_the_next_case() -> None:
    pace = TrappedPace()
    pace.when_taken = pytest.fail
    pace.reset()
    assert pace.when_taken is None
