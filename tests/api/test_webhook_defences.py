"""The webhook door against strangers: limits, what a refused call costs, signatures that change, old events."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from automationhub.lib.fields import EncryptedSecret
from automationhub.lib.limits import MinuteLimit
from integrations.api import throttles
from integrations.clients.pressero import webhooks as pressero_webhooks
from integrations.enums import EventVerdict, HashScheme
from integrations.models import (
    Alert,
    AuditEntry,
    Order,
    PresseroAccount,
    Storefront,
    WebhookEvent,
    active_cache,
)
from integrations.orders.intake import signatures
from tests.messages import URL, WebhookSender, message

UNKNOWN = "/api/pressero/nobody-knows-it/events/"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time of the limits, standing still at the 15th second of a minute."""
    now = [60.0 * 1000 + 15]
    monkeypatch.setattr("automationhub.lib.limits.time.time", lambda: now[0])
    yield now


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> Callable[..., None]:
    def set_limits(**limits: int) -> None:
        for name, value in limits.items():
            monkeypatch.setattr(getattr(throttles, name), "limit", value)

    return set_limits


# --- limits -----------------------------------------------------------------------------------------------------


def test_more_calls_of_an_address_than_allowed_are_answered_429_with_the_seconds_to_wait(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(CALLS=3)
    assert [sender.post(message()).status_code for _ in range(4)] == [202, 202, 202, 429]
    answer = sender.post(message())
    assert answer["Retry-After"] == "45"
    assert "throttled" in json.loads(answer.content)["detail"]


def test_a_call_over_the_limit_is_not_stored(sender: WebhookSender, limit: Callable[..., None]) -> None:
    limit(CALLS=1)
    sender.post(message())
    sender.post(message())
    assert WebhookEvent.objects.count() == 1


def test_in_the_next_minute_calls_are_taken_again(
    sender: WebhookSender, limit: Callable[..., None], clock: list[float]
) -> None:
    limit(CALLS=1)
    assert [sender.post(message()).status_code for _ in range(2)] == [202, 429]
    clock[0] += 45
    assert sender.post(message()).status_code == 202


def test_one_address_does_not_use_up_the_limit_of_another(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(CALLS=1)
    statuses = [
        sender.post(message(), environ={"REMOTE_ADDR": address}).status_code
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]
    assert statuses == [202, 429, 202]


def test_the_events_of_an_account_are_limited_wherever_they_come_from(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(EVENTS=2)
    statuses = [
        sender.post(message(), environ={"REMOTE_ADDR": f"192.0.2.{number}"}).status_code
        for number in range(3)
    ]
    assert statuses == [202, 202, 429]


def test_strangers_do_not_use_up_the_limit_of_an_account(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(EVENTS=1)
    stranger = WebhookSender(sender.client, key="guessed")
    assert [stranger.post(message()).status_code for _ in range(3)] == [401] * 3
    assert sender.post(message()).status_code == 202


def test_an_address_whose_signatures_are_wrong_is_shut_out_after_a_few(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(REFUSALS=3)
    stranger = WebhookSender(sender.client, key="guessed")
    assert [stranger.post(message()).status_code for _ in range(5)] == [401, 401, 401, 429, 429]


def test_an_address_that_guesses_doors_is_shut_out_after_a_few(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(REFUSALS=3)
    statuses = []
    for guess in range(5):
        sender.url = f"/api/pressero/guess-{guess}/events/"
        statuses.append(sender.post(message()).status_code)
    assert statuses == [404, 404, 404, 429, 429]


def test_bodies_that_are_too_large_count_as_refused(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(REFUSALS=2)
    large = {"CONTENT_LENGTH": str(settings.WEBHOOK_MAX_BYTES + 1)}
    assert [sender.post(b"", environ=large).status_code for _ in range(3)] == [413, 413, 429]


def test_an_account_with_a_wrong_key_does_not_shut_out_the_other_accounts_of_the_same_sender(
    sender: WebhookSender, limit: Callable[..., None]
) -> None:
    limit(REFUSALS=2)
    PresseroAccount.objects.create(name="Other", slug="other", base_url="http://x.example", security_key="k2")
    other = WebhookSender(sender.client, key="the wrong one", url="/api/pressero/other/events/")
    assert [other.post(message()).status_code for _ in range(3)] == [401, 401, 429]
    assert sender.post(message()).status_code == 202


def test_pushes_of_pace_with_a_wrong_token_are_limited_too(
    storefront: Storefront, client: Client, limit: Callable[..., None]
) -> None:
    limit(REFUSALS=2)
    url = f"/api/pace/{storefront.pace_server.slug}/events/"
    assert [client.post(url, {}, "application/json").status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize("broken", ["add", "incr"])
def test_a_cache_that_is_down_turns_nobody_away(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise ConnectionError("connection refused")

    monkeypatch.setattr(cache, broken, down)
    assert sender.post(message()).status_code == 202
    assert WebhookSender(sender.client, key="guessed").post(message()).status_code == 401


# --- the limit itself -------------------------------------------------------------------------------------------


def test_processes_that_share_a_cache_count_together(clock: list[float]) -> None:
    one, other = MinuteLimit("shared", 4), MinuteLimit("shared", 4)
    assert [one.hit("a"), other.hit("a"), one.hit("a"), other.hit("a")] == [0, 0, 0, 0]
    assert (one.hit("a"), other.hit("a")) == (45, 45)


def test_a_large_limit_is_shared_in_steps_of_a_hundredth(clock: list[float]) -> None:
    one, other = MinuteLimit("large", 1000), MinuteLimit("large", 1000)
    for _ in range(500):
        one.hit("a")
        other.hit("a")
    assert sum(bool(one.hit("a")) + bool(other.hit("a")) for _ in range(20)) >= 20


def test_asking_counts_nothing(clock: list[float]) -> None:
    limit = MinuteLimit("asked", 1)
    assert [limit.wait("a") for _ in range(5)] == [0] * 5
    assert limit.hit("a") == 0
    assert limit.wait("a") == 45


def test_zero_is_no_limit(clock: list[float]) -> None:
    limit = MinuteLimit("none", 0)
    assert not any(limit.hit("a") or limit.wait("a") for _ in range(100))


def test_very_many_addresses_do_not_fill_the_memory(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automationhub.lib.limits.MOST_KEYS", 50)
    limit = MinuteLimit("many", 10)
    for number in range(500):
        limit.hit(str(number))
    assert len(limit._known) <= 50
    assert len(limit._unshared) <= 50


# --- what a refused call costs and tells -------------------------------------------------------------------------


def refused_calls(sender: WebhookSender) -> dict[str, Callable[[], Any]]:
    stranger = WebhookSender(sender.client, key="guessed")
    unsigned = WebhookSender(sender.client, scheme=None)
    nobody = WebhookSender(sender.client, url=UNKNOWN)
    return {
        "wrong signature": lambda: stranger.post(message()),
        "no signature": lambda: unsigned.post(message()),
        "unknown account": lambda: nobody.post(message()),
        "no JSON": lambda: unsigned.post(b"nonsense"),
    }


@pytest.mark.parametrize("kind", ["wrong signature", "no signature", "unknown account", "no JSON"])
def test_a_refused_call_costs_no_query_once_the_accounts_are_known(sender: WebhookSender, kind: str) -> None:
    call = refused_calls(sender)[kind]
    call()
    with CaptureQueriesContext(connections["default"]) as queries:
        assert call().status_code in (401, 404)
    assert len(queries) == 0


@pytest.mark.parametrize("kind", ["wrong signature", "no signature", "unknown account", "no JSON"])
def test_a_refused_call_leaves_no_row(sender: WebhookSender, kind: str) -> None:
    refused_calls(sender)[kind]()
    assert not WebhookEvent.objects.exists()
    assert not Order.objects.exists()
    assert not AuditEntry.objects.exists()
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("body", "header"),
    [(message(Note="x" * 100_000), ""), (b"", "0" * 40), (b"", "nonsense")],
    ids=["a large one without a signature", "a wrong signature", "a signature that is none"],
)
def test_a_call_whose_body_is_not_read_costs_the_same_for_an_unknown_account(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch, body: Any, header: str
) -> None:
    """The costly work is decrypting the key and hashing: counted, since a clock would be noise."""
    done: list[tuple[str, int]] = []
    reveal, variants = EncryptedSecret.reveal, pressero_webhooks.variants

    def counted_reveal(secret: EncryptedSecret) -> str:
        done.append(("decrypt", 1))
        return reveal(secret)

    def counted_variants(key: str, raw: bytes) -> dict[str, str]:
        done.append(("hash", len(raw)))
        return variants(key, raw)

    monkeypatch.setattr(EncryptedSecret, "reveal", counted_reveal)
    monkeypatch.setattr(pressero_webhooks, "variants", counted_variants)
    seen = []
    for url in (URL, UNKNOWN):
        done.clear()
        with CaptureQueriesContext(connections["default"]):
            WebhookSender(sender.client, url=url, scheme=None).post(
                body, headers={"MessageHash": header} if header else {}
            )
        seen.append(list(done))
    assert seen[0] == seen[1] != []


def test_the_answer_for_an_unknown_account_does_not_depend_on_the_body(sender: WebhookSender) -> None:
    sender.url = UNKNOWN
    large = {"CONTENT_LENGTH": str(settings.WEBHOOK_MAX_BYTES + 1)}
    assert {sender.post(b"").status_code, sender.post(b"", environ=large).status_code} == {404}


# --- the accounts this process knows -----------------------------------------------------------------------------


def test_a_change_of_an_account_is_seen_by_the_next_call(sender: WebhookSender) -> None:
    assert sender.post(message()).status_code == 202
    sender.set_account(security_key="a new key")
    assert sender.post(message()).status_code == 401
    sender.set_account(active=False)
    assert sender.post(message()).status_code == 404


def test_a_change_of_many_accounts_is_seen_by_the_next_call(sender: WebhookSender) -> None:
    assert sender.post(message()).status_code == 202
    PresseroAccount.objects.update(active=False)
    assert sender.post(message()).status_code == 404


def test_a_change_by_another_process_is_seen_after_a_moment(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sender.post(message()).status_code == 202
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE integrations_presseroaccount SET active = %s", [False])
    monkeypatch.setattr(active_cache.time, "monotonic", lambda clock=time.monotonic: clock() + 3)
    assert sender.post(message()).status_code == 404


def test_an_account_that_is_deleted_while_its_event_comes_is_answered_404(
    storefront: Storefront, client: Client
) -> None:
    account = PresseroAccount.objects.create(name="Gone", slug="gone", base_url="http://x.example")
    gone = WebhookSender(client, scheme=None, url="/api/pressero/gone/events/")
    assert PresseroAccount.objects.active_with("gone") == account
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM integrations_presseroaccount WHERE id = %s", [account.pk])
    if connections["default"].vendor == "sqlite":
        connections["default"].check_constraints()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("integrations.orders.intake.event_store.store", refuse_foreign_key)
        assert gone.post(message()).status_code == 404


def refuse_foreign_key(events: Sequence[WebhookEvent]) -> None:
    """Foreign keys are checked at the commit, which a test's transaction never reaches."""
    from django.db import IntegrityError

    raise IntegrityError("foreign key")


def test_a_key_that_cannot_be_decrypted_asks_the_sender_to_come_again(
    sender: WebhookSender, settings: Any
) -> None:
    settings.CREDENTIALS_KEYS = ["b3RoZXIta2V5LXRoYXQtbmV2ZXItZW5jcnlwdGVkLTE="]
    signatures._decoy.cache_clear()
    answer = sender.post(message())
    signatures._decoy.cache_clear()
    assert answer.status_code == 503
    assert not WebhookEvent.objects.exists()


# --- a signature that changes ------------------------------------------------------------------------------------


@pytest.fixture
def alerted(storefront: Storefront) -> Storefront:
    storefront.alert_emails = ["desk@example.com"]
    storefront.save()
    return storefront


@pytest.mark.parametrize("fixed", [True, False])
def test_a_genuine_message_in_another_scheme_is_refused_and_staff_are_told(
    sender: WebhookSender, alerted: Storefront, fixed: bool
) -> None:
    if fixed:
        sender.set_account(hash_scheme=HashScheme.KEY_BODY_HEX)
    sender.post(message())
    sender.scheme = "hmac:b64"
    assert sender.post(message()).status_code == 401
    alert = Alert.objects.get(kind="scheme_changed")
    assert "HMAC-SHA1, base64 instead of SHA1(key + body), hexadecimal" in alert.text
    assert sender.account.name in alert.text
    assert AuditEntry.objects.filter(type="account.scheme_refused").count() == 1


def test_staff_are_told_of_another_scheme_once_a_day(sender: WebhookSender, alerted: Storefront) -> None:
    sender.post(message())
    sender.scheme = "hmac:b64"
    for _ in range(5):
        sender.post(message())
    assert Alert.objects.count() == 1
    assert AuditEntry.objects.filter(type="account.scheme_refused").count() == 1


def test_a_forged_message_in_another_scheme_tells_nobody(sender: WebhookSender, alerted: Storefront) -> None:
    sender.post(message())
    before = AuditEntry.objects.count()
    sender.scheme, sender.key = "hmac:b64", "guessed"
    assert sender.post(message()).status_code == 401
    assert not Alert.objects.exists()
    assert AuditEntry.objects.count() == before


def test_of_two_processes_that_see_different_schemes_first_only_one_decides(sender: WebhookSender) -> None:
    """This process still holds the account as it was before the other one decided."""
    assert PresseroAccount.objects.active_with(sender.account.slug)
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE integrations_presseroaccount SET detected_hash_scheme = 'hmac:hex'")
    assert sender.post(message()).status_code == 401
    assert sender.account.detected_hash_scheme == "hmac:hex"
    assert not WebhookEvent.objects.exists()


# --- old events --------------------------------------------------------------------------------------------------


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def test_an_event_dated_long_ago_is_stored_and_marked_and_its_order_looked_at(sender: WebhookSender) -> None:
    assert sender.post(message(Timestamp=days_ago(9))).status_code == 202
    event = WebhookEvent.objects.get()
    assert event.verdict == EventVerdict.LATE
    assert "9 days before it arrived" in event.detail
    assert Order.objects.get().due_at is not None


def test_an_event_within_the_window_is_not_marked(sender: WebhookSender) -> None:
    sender.post(message(Timestamp=days_ago(6)))
    assert WebhookEvent.objects.get().verdict == EventVerdict.ACCEPTED


def test_without_a_window_no_event_is_late(sender: WebhookSender, settings: Any) -> None:
    settings.WEBHOOK_LATE_HOURS = 0
    sender.post(message(Timestamp=days_ago(900)))
    assert WebhookEvent.objects.get().verdict == EventVerdict.ACCEPTED


def test_a_replayed_message_is_a_duplicate_however_old_it_is(sender: WebhookSender) -> None:
    old = message(Timestamp=days_ago(400))
    assert [sender.post(old).status_code for _ in range(3)] == [202, 200, 200]


# --- costly JSON -------------------------------------------------------------------------------------------------

MIB = 1024 * 1024


def filled(piece: bytes, head: bytes = b"[", tail: bytes = b"0]") -> bytes:
    wrapped = b'{"Type": 10, "SiteId": "s", "Data": {"OrderNumber": 1, "x": ' + head
    return wrapped + piece * ((MIB - len(wrapped) - 20) // len(piece)) + tail + b"}}"


COSTLY = {
    "many empty lists": filled(b"[],"),
    "many small objects": filled(b'{"a":1},'),
    "many numbers": filled(b"1.5,"),
    "one very long fraction": filled(b"9", head=b"0.", tail=b""),
    "one very long integer": filled(b"9", head=b"", tail=b""),
    "many huge exponents": filled(b"1e999999999,"),
    "many escapes": filled(rb"\u0041", head=b'"', tail=b'"'),
    "deep lists": filled(b"[", head=b"", tail=b""),
    "deep objects": filled(b'{"a":', head=b"", tail=b"1"),
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY.keys())
def test_no_body_of_a_mebibyte_costs_much(unsigned: WebhookSender, body: bytes) -> None:
    seconds = []
    for _ in range(
        2
    ):  # the better one counts: what else this process has to clear away is not the body's cost
        started = time.thread_time()
        assert unsigned.post(body).status_code in (200, 202, 400)
        seconds.append(time.thread_time() - started)
    assert min(seconds) < 3  # some 50 ms; a quadratic parser would take minutes


@pytest.mark.parametrize("number", ["1e101", "1E-101", "0." + "1" * 60, "1e999999999"])
def test_a_number_beyond_all_measure_is_answered_400(unsigned: WebhookSender, number: str) -> None:
    body = f'{{"Type": 10, "SiteId": "s", "Data": {{"OrderNumber": 1, "x": {number}}}}}'
    assert unsigned.post(body.encode()).status_code == 400
