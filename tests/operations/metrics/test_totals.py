"""Counters never go down: when rows are added to the totals, when rows are removed, and while both happen at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import MetricTotal, OutgoingCall, WebhookEvent, WorkLease
from integrations.operations import privacy
from integrations.operations.metrics import totals
from integrations.stored import StoredTotals
from tests.factories import make_call, make_event, make_order
from tests.operations.metrics.conftest import Scrape

pytestmark = pytest.mark.django_db
Scraper = Callable[[], Scrape]
LONG_AGO = timedelta(days=2)


def age() -> None:
    """Let every row be older than what may still come."""
    WebhookEvent.objects.update(received_at=timezone.now() - LONG_AGO)
    OutgoingCall.objects.update(at=timezone.now() - LONG_AGO)


def counters(scrape: Scrape) -> dict[object, float]:
    return {
        key: value
        for key, value in scrape.samples.items()
        if key[0].startswith("automationhub_") and key[0].endswith(("_total", "_count", "_sum", "_bucket"))
    }


def fill() -> None:
    order = make_order(status="completed", submitted_at=timezone.now() - LONG_AGO, seconds_to_job=2.5)
    for milliseconds in (30, 700):
        make_call(order, milliseconds=milliseconds)
    make_call(order, failed=True, status=None)
    make_event(order=order)
    make_event(verdict="unknown_site", repeats=3)


def test_adding_rows_to_the_totals_changes_no_figure(scrape: Scraper) -> None:
    fill()
    age()
    before = counters(scrape())
    totals.roll_up()
    assert MetricTotal.objects.get(name="calls").up_to_id == OutgoingCall.objects.order_by("pk").last().pk
    fill()
    make_call(make_order(), milliseconds=1)
    more = counters(scrape())
    age()
    totals.roll_up()
    assert counters(scrape()) == more
    assert all(more[key] >= value for key, value in before.items())


def test_what_may_not_be_committed_yet_is_not_added(scrape: Scraper) -> None:
    make_event()
    totals.roll_up()
    assert MetricTotal.objects.get(name="events").up_to_id == 0
    assert scrape().value("events_total", result="accepted") == 1


def test_removing_old_calls_changes_no_figure(scrape: Scraper) -> None:
    fill()
    age()
    before = counters(scrape())
    totals.roll_up()
    assert privacy.purge_audit(0) > 0
    assert not OutgoingCall.objects.exists()
    assert counters(scrape()) == before


def test_removing_calls_that_no_step_has_added_changes_no_figure(scrape: Scraper) -> None:
    fill()
    before = counters(scrape())
    privacy.purge_audit(0)
    assert not OutgoingCall.objects.exists()
    assert counters(scrape()) == before
    fill()
    age()
    totals.roll_up()
    assert scrape().value("calls_total", system="pace", outcome="answered") == 4


def test_clearing_an_order_changes_no_figure(scrape: Scraper) -> None:
    fill()
    before = counters(scrape())
    assert privacy.forget_contact("avery@example.com", actor="test").orders
    assert not OutgoingCall.objects.exists()
    assert counters(scrape()) == before


def test_a_step_that_was_overtaken_adds_nothing(scrape: Scraper, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    age()
    before = counters(scrape())
    totals.roll_up()
    make_call(make_order(status="completed"), milliseconds=9)
    age()
    counted = totals.count_calls

    def overtaken(rows: object) -> StoredTotals:
        found = counted(rows)  # type: ignore[arg-type]
        monkeypatch.undo()
        privacy.purge_audit(0)
        return found

    source = totals.SOURCES[1]
    monkeypatch.setattr(totals, "SOURCES", (totals.TotalsSource(source.name, overtaken, source.settled),))
    totals.roll_up()
    found = counters(scrape())
    grown = {key: found[key] - value for key, value in before.items() if found[key] != value}
    assert {round(value, 6) for value in grown.values()} == {1, 0.009}


def test_an_old_database_is_added_in_slices(scrape: Scraper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "SLICE", 2)
    for _ in range(7):
        make_event()
    age()
    before = counters(scrape())
    totals.roll_up()
    assert MetricTotal.objects.get(name="events").totals == {"accepted": {"count": 7}}
    assert counters(scrape()) == before


def test_the_scheduled_step_runs_once_a_minute_whoever_asks() -> None:
    assert totals.roll_up_if_due()
    assert not totals.roll_up_if_due()
    WorkLease.objects.update(finished_at=timezone.now() - totals.EVERY)
    assert totals.roll_up_if_due()


def test_counts_by_other_bounds_are_found_in_the_next_larger_one() -> None:
    from integrations.operations.metrics.exposition import cumulated

    counts = {"count": 6, "sum": 9.0, "0.07": 1, "0.5": 2, "700.0": 3}
    assert cumulated(counts, (0.05, 0.1, 1.0)) == [("0.05", 0), ("0.1", 1), ("1.0", 3), ("+Inf", 6)]


def test_a_scrape_after_the_step_reads_only_what_came_since(scrape: Scraper) -> None:
    for _ in range(3):
        make_event()
    age()
    totals.roll_up()
    last = WebhookEvent.objects.order_by("pk").last()
    with CaptureQueriesContext(connection) as captured:
        scrape()
    assert any(f'"integrations_webhookevent"."id" > {last.pk}' in one["sql"] for one in captured)
