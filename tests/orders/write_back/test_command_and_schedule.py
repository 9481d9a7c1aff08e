"""The command, the schedule, the migrations."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_q.models import Schedule

from integrations import tasks
from tests.orders.write_back.conftest import Plant


def test_the_command_reads_tells_and_says_what_it_did(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    out = StringIO()
    call_command("sync_statuses", stdout=out)
    assert plant.stage(order) == "Press"
    assert "1 open jobs read, 1 changed; 1 updates sent to Pressero, 0 failed." in out.getvalue()


def test_the_command_fails_when_pace_does_not_answer(plant: Plant) -> None:
    plant.order()
    plant.hub.pace.faults.add("down")
    with pytest.raises(CommandError, match=r"could not be reached|did not"):
        call_command("sync_statuses", stdout=StringIO())


def test_it_is_scheduled_every_five_minutes(schedules: None) -> None:
    schedule = Schedule.objects.get(func="integrations.tasks.sync_statuses")
    assert (schedule.schedule_type, schedule.minutes) == ("I", 5)


def test_the_scheduled_pass_wakes_a_worker_for_what_it_found(plant: Plant, quiet_queue: list[str]) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    assert tasks.sync_statuses() == 1
    assert plant.history(order) == []
    assert tasks.tell_pressero() == 1
    assert plant.history(order) == ["Press"]
