"""What a scrape says of rows: each figure, its labels, and what it costs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.core import tallies
from integrations.core.connections import circuits
from integrations.models import Circuit, Heartbeat, Order, WebhookEvent
from integrations.operations.metrics import snapshot
from tests.factories import make_account, make_call, make_event, make_order, make_server
from tests.messages import WebhookSender, message
from tests.operations.metrics.conftest import BEARER, Scrape

pytestmark = pytest.mark.django_db
Scraper = Callable[[], Scrape]


def test_orders_are_counted_by_status(scrape: Scraper) -> None:
    for status in ("submitted", "submitted", "needs_attention"):
        make_order(status=status)
    found = scrape()
    assert found.value("orders", status="submitted") == 2
    assert found.value("orders", status="needs_attention") == 1
    assert found.value("orders", status="completed") == 0


def test_due_orders_and_the_age_of_the_oldest(scrape: Scraper) -> None:
    now = timezone.now()
    make_order(due_at=now - timedelta(seconds=40))
    make_order(due_at=now - timedelta(seconds=10))
    make_order(due_at=now + timedelta(hours=1))
    make_order(due_at=now - timedelta(hours=1), status="on_hold")
    found = scrape()
    assert found.value("orders_due") == 2
    assert 40 <= found.value("oldest_due_seconds") < 60


def test_nothing_due_is_zero(scrape: Scraper) -> None:
    found = scrape()
    assert (found.value("orders_due"), found.value("oldest_due_seconds")) == (0, 0)


def test_events_by_result(sender: WebhookSender, scrape: Scraper) -> None:
    for number in (1, 2, 2, 2):
        sender.post(message(number=20_000 + number, MessageID=f"m{number}"))
    sender.post(message(number=20_009, SiteId="no-such-site"))
    found = scrape()
    assert found.value("events_total", result="accepted") == 2
    assert found.value("events_total", result="duplicate") == 2
    assert found.value("events_total", result="unknown_site") == 1
    assert found.value("events_total", result="conflict") == 0


def test_an_event_stays_where_it_was_counted_when_its_storefront_is_set_up(scrape: Scraper) -> None:
    event = make_event(verdict="unknown_site", first_verdict="unknown_site")
    WebhookEvent.objects.filter(pk=event.pk).update(verdict="accepted")
    assert scrape().value("events_total", result="unknown_site") == 1


def test_events_of_the_release_before_count_by_their_verdict(scrape: Scraper) -> None:
    make_event(verdict="late")
    assert scrape().value("events_total", result="late") == 1


def test_calls_by_system_and_outcome_with_their_durations(scrape: Scraper) -> None:
    order = make_order()
    make_call(order, milliseconds=50)
    make_call(order, milliseconds=51)
    make_call(order, milliseconds=70_000, failed=True, status=None)
    make_call(order, system="Pressero account Main", milliseconds=200)
    found = scrape()
    assert found.value("calls_total", system="pace", outcome="answered") == 2
    assert found.value("calls_total", system="pace", outcome="silent") == 1
    assert found.value("calls_total", system="pace", outcome="refused") == 0
    assert found.value("calls_total", system="pressero", outcome="answered") == 1
    assert found.value("call_seconds_count", system="pace") == 3
    assert found.value("call_seconds_sum", system="pace") == pytest.approx(70.101)
    assert found.value("call_seconds_bucket", system="pace", le="0.05") == 1
    assert found.value("call_seconds_bucket", system="pace", le="0.1") == 2
    assert found.value("call_seconds_bucket", system="pace", le="60.0") == 2
    assert found.value("call_seconds_bucket", system="pace", le="+Inf") == 3


def test_calls_without_a_timeline_are_counted_with_the_others(scrape: Scraper) -> None:
    make_call(make_order(), milliseconds=50)
    tallies.count_call("pace", "answered", 0.2)
    tallies.count_call("pace", "silent", 90.0)
    tallies.flush()
    found = scrape()
    assert found.value("calls_total", system="pace", outcome="answered") == 2
    assert found.value("calls_total", system="pace", outcome="silent") == 1
    assert found.value("call_seconds_sum", system="pace") == pytest.approx(90.25)
    assert found.value("call_seconds_bucket", system="pace", le="0.1") == 1
    assert found.value("call_seconds_bucket", system="pace", le="0.25") == 2
    assert found.value("call_seconds_bucket", system="pace", le="60.0") == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"key": "another"}, "signature"),
        ({"body": b"no json"}, "content"),
        ({"url": "/api/pressero/nobody/events/"}, "unknown_address"),
        ({"body": b"x" * (1024 * 1024 + 1)}, "too_large"),
    ],
)
def test_refused_webhooks_by_reason(
    sender: WebhookSender, scrape: Scraper, changed: dict[str, Any], reason: str
) -> None:
    replace(sender, **{key: value for key, value in changed.items() if key != "body"}).post(
        changed.get("body", message())
    )
    tallies.flush()
    found = scrape()
    assert found.value("webhooks_refused_total", system="pressero", reason=reason) == 1
    assert found.total("webhooks_refused_total") == 1


def test_a_webhook_that_is_stored_is_not_refused(sender: WebhookSender, scrape: Scraper) -> None:
    assert sender.post(message()).status_code == 202
    tallies.flush()
    assert scrape().total("webhooks_refused_total") == 0


def test_a_refused_push_of_pace_is_counted(client: Client, scrape: Scraper) -> None:
    make_server(slug="north")
    data = {"object": "Job", "key": "1"}
    answer = client.post("/api/pace/north/events/", data, content_type="application/json")
    assert answer.status_code == 401
    tallies.flush()
    assert scrape().value("webhooks_refused_total", system="pace", reason="signature") == 1


def test_seconds_from_event_to_job(scrape: Scraper) -> None:
    for seconds in (0.4, 3.0, 100_000.0):
        make_order(status="submitted", submitted_at=timezone.now(), seconds_to_job=seconds)
    make_order()
    found = scrape()
    assert found.value("order_seconds_count") == 3
    assert found.value("order_seconds_bucket", le="1.0") == 1
    assert found.value("order_seconds_bucket", le="5.0") == 2
    assert found.value("order_seconds_bucket", le="86400.0") == 2
    assert found.value("order_seconds_sum") == pytest.approx(100_003.4)


def test_every_active_connection_says_whether_it_is_left_alone(scrape: Scraper) -> None:
    make_server(name="North")
    down, paused = make_server(name="South"), make_account(name="Main")
    make_server(name="Old", active=False)
    Circuit.objects.create(server=down, failures=5, down_since=timezone.now())
    circuits.pause(paused, actor="Kim")
    found = scrape()
    assert found.value("circuit_open", system="pace", name="North") == 0
    assert found.value("circuit_open", system="pace", name="South") == 1
    assert found.value("circuit_open", system="pressero", name="Main") == 1
    assert "Old" not in str(found.samples)


def test_the_age_of_the_newest_sign_of_life(scrape: Scraper) -> None:
    assert scrape().value("worker_heartbeat_age_seconds") == float("inf")
    for name, seconds in (("one", 20), ("two", 90), ("gone", 4000)):
        Heartbeat.objects.create(cluster=name, at=timezone.now() - timedelta(seconds=seconds))
    found = scrape()
    assert 20 <= found.value("worker_heartbeat_age_seconds") < 40
    assert found.value("workers") == 2


def test_nothing_of_a_person_is_in_it(scrape: Scraper) -> None:
    order = make_order(status="submitted", submitted_at=timezone.now(), seconds_to_job=1.0)
    make_call(order)
    make_event(order=order)
    told = str(scrape().samples)
    for secret in ("avery", "Example Credit Union", str(order.number)):
        assert secret not in told


def test_the_number_of_samples_does_not_grow_with_the_orders(scrape: Scraper) -> None:
    def sizes() -> int:
        order = make_order(status="submitted", submitted_at=timezone.now(), seconds_to_job=1.0)
        make_call(order)
        make_event()
        return len(scrape().samples)

    first = sizes()
    # What does grow: an account or server.
    assert [sizes() - 3 * n for n in range(1, 5)] == [first] * 4


def test_a_scrape_asks_ten_queries_at_most(client: Client, scrape: Scraper) -> None:
    make_call(make_order())
    scrape()
    snapshot.CACHED.forget()
    with CaptureQueriesContext(connection) as captured:
        client.get("/metrics", headers=BEARER)
    asked = [
        one["sql"]
        for one in captured
        if not any(word in one["sql"] for word in ("SAVEPOINT", "PRAGMA", "set_config"))
    ]
    assert len(asked) <= 10, asked


def test_scrapes_within_a_few_seconds_ask_once(client: Client, scrape: Scraper) -> None:
    scrape()
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/metrics", headers=BEARER).status_code == 200
    assert len(captured) == 0


@pytest.mark.parametrize(
    ("begins", "index"),
    [
        ('SELECT "integrations_order"."status"', "order_by_status"),
        ('SELECT SUM("integrations_webhookevent"."repeats")', "event_repeated"),
    ],
)
def test_what_counts_a_large_table_reads_an_index_alone(begins: str, index: str, scrape: Scraper) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table.")
    with CaptureQueriesContext(connection) as captured:
        scrape()
    [sql] = [one["sql"] for one in captured if one["sql"].startswith(begins)]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = str(cursor.fetchall())
    assert f"USING COVERING INDEX {index}" in plan, plan


def test_orders_are_only_counted_once_they_are_jobs(scrape: Scraper) -> None:
    make_order()
    assert Order.objects.count() == 1
    assert scrape().value("order_seconds_count") == 0
