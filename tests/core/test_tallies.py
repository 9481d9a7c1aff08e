"""What leaves no row is counted in memory and stored together: once, by whoever counted it, and kept while it cannot be."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError

from integrations.core import tallies
from integrations.core.workqueue import orders
from integrations.models import MetricTotal, OutgoingCall
from integrations.orders.write_back import poll
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub

pytestmark = pytest.mark.django_db

# As it is outside of tests.
AT_END = tallies.at_end
ORDER = OrderDraft("Example CU Store", "avery@example.com", [ItemDraft("Business Card", price="10.00")])


def stored() -> dict[str, Any]:
    return {row.name: row.totals for row in MetricTotal.objects.all()}.get(tallies.NAME, {})


def test_what_was_counted_is_added_to_what_is_stored() -> None:
    for status in (401, 401, 404):
        tallies.count_answer("pressero", status)
    tallies.flush()
    tallies.count_answer("pressero", 401)
    tallies.flush()
    assert stored() == {
        "refused|pressero|signature": {"count": 3},
        "refused|pressero|unknown_address": {"count": 1},
    }


def test_nothing_is_written_before_it_is_time() -> None:
    tallies.count_answer("pressero", 401)
    assert stored() == {}


def test_a_flood_asks_once_to_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(tallies, "later", asked.append)
    for _ in range(1_000):
        tallies.count_answer("pressero", 401)
    assert len(asked) == 1
    tallies.flush()
    tallies.count_answer("pressero", 401)
    assert len(asked) == 2


@pytest.mark.parametrize("status", [200, 202, 500, 405])
def test_other_answers_are_no_refusals(status: int) -> None:
    tallies.count_answer("pressero", status)
    tallies.flush()
    assert stored() == {}


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0.0, "0.05"), (0.05, "0.05"), (0.051, "0.1"), (60.0, "60.0"), (61.0, "inf")]
)
def test_a_call_is_counted_at_the_first_bound_that_is_not_below(seconds: float, bound: str) -> None:
    tallies.count_call("pace", "answered", seconds)
    tallies.flush()
    assert stored() == {"calls|pace|answered": {"count": 1, "sum": seconds, bound: 1}}


def test_what_cannot_be_stored_waits() -> None:
    tallies.count_answer("pace", 401)
    with mock.patch.object(tallies, "_store", side_effect=OperationalError("away")):
        tallies.flush()
    tallies.count_answer("pace", 401)
    tallies.flush()
    assert stored() == {"refused|pace|signature": {"count": 2}}


def test_each_process_asks_once_to_store_its_counts_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(tallies, "at_end", asked.append)
    for process in (1, 2):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        tallies.count_answer("pace", 401)
        tallies.count_answer("pace", 404)
    assert asked == [tallies.flush, tallies.flush]


def test_what_a_worker_of_the_queue_has_counted_is_stored_when_it_ends() -> None:
    read, write = os.pipe()

    def work() -> None:
        tallies.at_end = AT_END
        tallies._store = lambda counted: os.write(write, repr(counted).encode())
        tallies.count_answer("pace", 401)

    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
    os.close(write)
    with os.fdopen(read) as stored_at_the_end:
        assert stored_at_the_end.read() == "{'refused|pace|signature': {'count': 1}}"


def test_a_forked_process_does_not_add_the_counts_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    tallies.count_answer("pace", 401)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    tallies.count_answer("pace", 404)
    tallies.flush()
    assert stored() == {"refused|pace|unknown_address": {"count": 1}}


# --- calls of the regular check ---------------------------------------------------------------------------------


@pytest.mark.e2e
def test_a_status_check_without_news_is_counted_though_no_timeline_tells_of_it(hub: Hub) -> None:
    hub.process(ORDER)
    poll.sync_all()
    tallies.forget()
    before, made = OutgoingCall.objects.count(), len(hub.pace.calls)
    poll.sync_all()
    tallies.flush()
    assert OutgoingCall.objects.count() == before
    assert stored()["calls|pace|answered"]["count"] == len(hub.pace.calls) - made > 0


@pytest.mark.e2e
def test_a_quiet_look_at_an_order_counts_its_calls_once(hub: Hub) -> None:
    order = hub.process(ORDER)
    before = OutgoingCall.objects.count()
    tallies.forget()
    made = len(hub.pressero.calls) + len(hub.pace.calls)
    orders.wake(order.pk, quietly=True)
    hub.process(order)
    tallies.flush()
    made = len(hub.pressero.calls) + len(hub.pace.calls) - made
    in_rows = OutgoingCall.objects.count() - before
    counted = sum(totals["count"] for key, totals in stored().items() if key.startswith("calls|"))
    assert made > 0
    assert in_rows + counted == made
