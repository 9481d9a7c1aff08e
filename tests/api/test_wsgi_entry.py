"""Webhooks that are answered before Django makes a request of them, and those that are left to it: the same answers."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client

from integrations.api import throttles, wsgi_entry
from integrations.models import Storefront, WebhookEvent
from integrations.orders.intake import event_store
from tests.messages import URL, ServedClient, WebhookSender, message

AGAIN = message(MessageID="again")
CALLS: dict[str, Callable[[WebhookSender], Any]] = {
    "taken": lambda sender: sender.post(message()),
    "known": lambda sender: [sender.post(AGAIN), sender.post(AGAIN)][1],
    "no JSON": lambda sender: sender.post(b"no JSON"),
    "a wrong signature": lambda sender: WebhookSender(sender.client, key="guessed").post(message()),
    "an unknown account": lambda sender: WebhookSender(
        sender.client, url="/api/pressero/nobody/events/"
    ).post(message()),
    "too large": lambda sender: sender.post(b"", environ={"CONTENT_LENGTH": str(2**21)}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_django_s_view_gives_the_same_answer(
    storefront: Storefront, call: Callable[[WebhookSender], Any]
) -> None:
    first, second = call(WebhookSender(ServedClient())), call(WebhookSender(Client()))
    assert first.status_code == second.status_code
    told, told_by_django = json.loads(first.content), json.loads(second.content)
    assert told.keys() == told_by_django.keys()
    assert told.get("detail") == told_by_django.get("detail")


def test_too_many_calls_are_answered_alike(storefront: Storefront, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles.CALLS, "limit", 1)
    monkeypatch.setattr("automationhub.lib.limits.time.time", lambda: 60.0 * 1000 + 15)
    WebhookSender(Client()).post(message())
    first, second = WebhookSender(ServedClient()).post(message()), WebhookSender(Client()).post(message())
    assert (
        (first.status_code, first["Retry-After"])
        == (second.status_code, second["Retry-After"])
        == (429, "45")
    )
    assert json.loads(first.content) == json.loads(second.content)


def test_every_header_of_django_s_answer_for_safety_is_there(storefront: Storefront) -> None:
    first, second = WebhookSender(ServedClient()).post(message()), WebhookSender(Client()).post(message())
    # What the view itself adds says which methods and formats it takes.
    assert set(second.headers) - set(first.headers) <= {"Allow", "Vary"}
    common = set(first.headers) & set(second.headers) - {"Content-Length"}
    assert {name: first[name] for name in common} == {name: second[name] for name in common}


def environ(**changes: Any) -> dict[str, Any]:
    plain = {"REQUEST_METHOD": "POST", "PATH_INFO": URL, "HTTP_HOST": "localhost", "wsgi.url_scheme": "http"}
    return plain | changes


def test_a_plain_webhook_is_taken_at_the_front_door() -> None:
    assert wsgi_entry.account_of(environ()) == URL.split("/")[3]


@pytest.mark.parametrize(
    "changes",
    [
        {"REQUEST_METHOD": "GET"},
        {"PATH_INFO": "/api/orders/"},
        {"PATH_INFO": f"{URL}../"},
        {"PATH_INFO": f"{URL}\n"},
        {"PATH_INFO": "/api/pressero/%00/events/"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": "localhost@evil.example"},
    ],
    ids=str,
)
def test_everything_else_is_left_to_django(changes: dict[str, str]) -> None:
    assert wsgi_entry.account_of(environ(**changes)) is None


@pytest.mark.parametrize(("told", "taken"), [("http", False), ("https", True), ("https, http", True)])
def test_where_only_https_is_allowed_a_call_in_the_clear_is_left_to_django_to_redirect(
    settings: Any, told: str, taken: bool
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert (wsgi_entry.account_of(environ(HTTP_X_FORWARDED_PROTO=told)) is not None) is taken


def test_the_application_hands_on_what_it_does_not_take() -> None:
    seen: list[str] = []

    def pages(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        return [b"page"]

    application = wsgi_entry.before(pages)
    assert application(environ(PATH_INFO="/admin/"), lambda *_: None) == [b"page"]
    assert seen == ["/admin/"]


def test_the_application_answers_a_webhook_itself(storefront: Storefront) -> None:
    told: list[Any] = []
    call = environ(CONTENT_LENGTH="2", REMOTE_ADDR="192.0.2.1", **{"wsgi.input": io.BytesIO(b"{}")})
    [body] = wsgi_entry.before(lambda *_: [])(call, lambda *status: told.append(status))
    assert told[0][0] == "401 Unauthorized"
    assert dict(told[0][1])["Content-Length"] == str(len(body))


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_while_the_database_is_away_the_sender_is_asked_to_come_again(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_store, "store", failing(OperationalError("server closed the connection")))
    answer = sender.post(message())
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_a_fault_of_the_hub_is_logged_and_answered_500(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(event_store, "store", failing(ZeroDivisionError("a fault")))
    assert sender.post(message()).status_code == 500
    assert "A webhook could not be answered." in caplog.text
    assert not WebhookEvent.objects.exists()


def test_an_order_that_another_process_makes_in_this_moment_is_used(sender: WebhookSender) -> None:
    """The insert leaves the known order alone and says so: no second try, no second row."""
    assert sender.post(message(number=77)).status_code == 202
    assert sender.post(message("OrderUpdated", number=77)).status_code == 202
    orders = set(WebhookEvent.objects.values_list("order_id", flat=True))
    assert len(orders) == 1


def test_an_event_is_stored_at_the_second_try_when_the_first_met_a_vanishing_order(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, tries = event_store.store, []

    def once(events: Any) -> None:
        tries.append(len(events))
        if len(tries) == 1:
            raise IntegrityError("An order was deleted in this very moment.")
        store(events)

    monkeypatch.setattr(event_store, "store", once)
    assert sender.post(message()).status_code == 202
    assert tries == [1, 1]
