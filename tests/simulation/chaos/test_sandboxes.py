"""The sandboxes of the fault matrix: HTTPS with a certificate that can expire, and an order that is shown as it was."""

from collections.abc import Iterator
from datetime import date

import pytest

from integrations.clients.http.answers import AnswerLimits
from integrations.clients.http.transport import file_of_authorities
from integrations.errors import TransientError
from integrations.simulation.chaos.certificates import authority
from integrations.simulation.chaos.sandboxes import TrappedPressero
from integrations.simulation.chaos.storefront_fixture import FIRST_SHOPPER, draft
from integrations.simulation.sandbox.messages import Request
from tests.clients.conftest import door_to


@pytest.fixture
def pressero() -> Iterator[TrappedPressero]:
    with TrappedPressero() as running:
        yield running


def call(pressero: TrappedPressero) -> int:
    patient = AnswerLimits(connect=5.0, read=5.0, total=10.0, size=100_000)
    door = door_to(pressero.url, [], limits=patient, verify=file_of_authorities(authority().pem))
    return door.call("GET", "/_sandbox/state", what="read").status


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
