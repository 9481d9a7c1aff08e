"""What a pass costs: calls and queries by the number of open jobs, not more."""

from __future__ import annotations

import math
import sys
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import ItemStage, PaceJob
from integrations.orders.write_back import poll
from tests.orders.write_back.conftest import Plant
from tests.orders.write_back.crowd import crowd

pytestmark = pytest.mark.e2e


def test_a_pass_over_2000_open_jobs(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    orders = crowd(plant, 2_000)
    plant.poll_now()
    for order in orders[::20]:
        plant.hub.pace.put("Job", job=str(order.number), adminStatus="R")
    plant.hub.pace.clear_calls()
    began = time.monotonic()
    report = plant.poll_now()
    seconds = time.monotonic() - began
    calls = plant.pace_calls()
    with capsys.disabled():
        sys.stdout.write(
            f"\n  a pass over {report.jobs} open jobs, {report.changed} changed: {calls} calls to Pace, {seconds:.1f} s\n"
        )
    assert (report.jobs, report.changed) == (2_001, 100)
    assert calls == 2 * math.ceil(2_001 / poll.BATCH)
    assert ItemStage.objects.filter(due_at__isnull=False).count() == 100


@pytest.mark.parametrize("batch", [10, 40])
def test_a_batch_costs_the_same_queries_whatever_its_size(
    plant: Plant, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(plant, batch)
    PaceJob.objects.filter(description__contains="-").delete()
    plant.poll_now()
    with CaptureQueriesContext(
        connection,
    ) as unchanged:
        plant.poll_now()
    for job in PaceJob.objects.all():
        plant.hub.pace.put("Job", job=job.number, adminStatus="R")
    with CaptureQueriesContext(connection) as changed:
        plant.poll_now()
    assert len(unchanged) <= 25
    assert len(changed) <= 45


def test_more_parts_than_fit_a_page_are_all_read(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = crowd(plant, 3)
    for order in orders:
        for part in range(2, 502):
            plant.hub.pace.put("JobPart", job=str(order.number), jobPart=f"{part:02d}", productionStatus="R")
    plant.poll_now()
    jobs = PaceJob.objects.filter(order__in=orders)
    assert [len(job.part_statuses) for job in jobs] == [501] * 3


def test_a_pass_that_runs_out_of_time_is_gone_on_with(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "BATCH", 5)
    crowd(plant, 20)
    first = poll.sync_all(budget=0)
    assert first.unfinished
    rest = poll.sync_all()
    assert first.jobs + rest.jobs == 21
    assert not PaceJob.objects.filter(synced_at__isnull=True).exists()
