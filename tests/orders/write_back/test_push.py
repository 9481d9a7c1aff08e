"""Pace tells of a change itself: the door, and that push and poll together tell once."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from integrations import tasks
from integrations.core.workqueue import write_backs
from integrations.models import PaceJob, PaceServer
from integrations.orders.write_back import poll, poll_results
from integrations.simulation.demo.configuration import PUSH_TOKEN
from tests.orders.write_back.conftest import Plant

URL = "/api/pace/sandbox/events/"


def push(
    client: Client, body: Any, *, token: str | None = f"Token {PUSH_TOKEN}", url: str = URL
) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if token is None else {"Authorization": token}
    return client.generic("POST", url, raw, "application/json", headers=headers)  # type: ignore[return-value]


# --- the door ---


def test_a_push_to_the_address_without_its_last_slash_is_taken_too(plant: Plant, client: Client) -> None:
    plant.order()
    number = PaceJob.objects.get().number
    answer = push(client, {"object": "Job", "key": float(number)}, url=URL.removesuffix("/"))
    assert answer.status_code == 202
    assert PaceJob.objects.get().sync_due_at is not None


@pytest.mark.parametrize(
    ("body", "part"), [({"object": "Job", "key": "{}"}, ""), ({"object": "JobPart", "key": "{}:01"}, ":01")]
)
def test_a_push_is_stored_and_wakes_a_worker_and_nothing_is_called(
    plant: Plant, client: Client, quiet_queue: list[str], body: dict[str, str], part: str,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    plant.order()
    job = PaceJob.objects.get()
    plant.hub.pace.clear_calls()
    quiet_queue.clear()
    with django_capture_on_commit_callbacks(execute=True):
        answer = push(client, body | {"key": job.number + part})
    assert answer.status_code == 202
    job.refresh_from_db()
    assert job.sync_due_at is not None
    assert quiet_queue == ["integrations.tasks.tell_pressero"]
    assert plant.pace_calls() == 0


@pytest.mark.parametrize("token", [None, "", "Token", "Token wrong", f"Bearer {PUSH_TOKEN}", "Token ünïcode"])
def test_a_missing_or_wrong_token_is_refused(plant: Plant, client: Client, token: str | None) -> None:
    assert push(client, {"object": "Job", "key": "1"}, token=token).status_code == 401


def test_a_server_without_a_token_refuses_every_push(plant: Plant, client: Client) -> None:
    server = PaceServer.objects.get()
    server.push_token = ""  # type: ignore[assignment]
    server.save()
    assert push(client, {"object": "Job", "key": "1"}, token="Token ").status_code == 401


def test_an_unknown_or_inactive_server_is_not_found(plant: Plant, client: Client) -> None:
    assert push(client, {}, url="/api/pace/other/events/").status_code == 404
    PaceServer.objects.update(active=False)
    assert push(client, {}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"[]", b"[" * 5000, b'"x"', {}, {"object": "Job"}, {"object": "Customer", "key": "1"},
        {"object": "Job", "key": None}, {"object": "Job", "key": True}, {"object": "Job", "key": ""},
        {"object": "Job", "key": ["1"]}, {"object": "Job", "key": 'x" or @job != "'}, {"object": ["Job"], "key": "1"},
        {"object": "Job", "key": "x" * 5000}, {"object": "JobPart", "key": "1:a"}, b'{"object": "Job", "key": "\\u0000"}',
        b"\xff\xfe", b'{"object": "Job", "key": "1", "more": "' + b"x" * 20_000 + b'"}',
    ],
    ids=range(19),
)  # fmt: skip
@pytest.mark.usefixtures("stack_used_up")
def test_what_is_malformed_is_refused(plant: Plant, client: Client, body: Any) -> None:
    assert push(client, body).status_code == 400


def test_a_job_that_nobody_watches_is_accepted_and_nothing_follows(
    plant: Plant, client: Client, quiet_queue: list[str]
) -> None:
    assert push(client, {"object": "Job", "key": 4711}).status_code == 202
    assert quiet_queue == []


# --- what follows ---


def test_a_pushed_change_arrives_without_a_pass(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    write_backs.note_push(PaceServer.objects.get(), PaceJob.objects.get().number)
    tasks.tell_pressero()
    assert plant.stage(order) == "Press"
    assert PaceJob.objects.get().sync_due_at is None
    assert plant.timeline(order, "item.stage_told")[0]["cause"] == "a push from Pace"


def test_a_push_that_pace_then_does_not_answer_is_looked_at_later(plant: Plant) -> None:
    order = plant.order()
    plant.job_status(order, "R")
    write_backs.note_push(PaceServer.objects.get(), PaceJob.objects.get().number)
    plant.hub.pace.faults.add("drop_before", path="loadValueObjects")
    tasks.tell_pressero()
    assert PaceJob.objects.get().sync_due_at is not None
    plant.let_time_pass()
    tasks.tell_pressero()
    assert plant.stage(order) == "Press"


def test_a_push_during_the_look_is_looked_at_again(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    order = plant.order()
    number = PaceJob.objects.get().number
    plain = poll._read

    def overtaken(*args: Any) -> Any:
        found = plain(*args)
        if plant.stage(order) != "Press" and not PaceJob.objects.filter(pace_status="R").exists():
            plant.job_status(order, "B")
            write_backs.note_push(PaceServer.objects.get(), number)
        return found

    plant.job_status(order, "R")
    write_backs.note_push(PaceServer.objects.get(), number)
    monkeypatch.setattr(poll, "_read", overtaken)
    tasks.tell_pressero()
    tasks.tell_pressero()
    assert plant.history(order) == ["Press", "Bindery"]


def test_a_slow_pass_does_not_put_an_older_status_over_a_newer_one(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = plant.order()
    plain = poll_results.store

    def slow(look: poll_results.PollResult) -> int:
        if look.cause == poll.POLL and plant.hub.pace.objects("Job")[0]["adminStatus"] == "R":
            # While this look was on its way home, the job went on, and Pace pushed that.
            plant.job_status(order, "B")
            write_backs.note_push(PaceServer.objects.get(), PaceJob.objects.get().number)
            tasks.tell_pressero()
        return plain(look)

    plant.job_status(order, "R")
    monkeypatch.setattr(poll, "store", slow)
    plant.sync()
    assert plant.history(order) == ["Bindery"]
    assert PaceJob.objects.get().pace_status == "B"


def test_poll_and_push_at_once_tell_once(plant_for_threads: Plant) -> None:
    plant = plant_for_threads
    made = [plant.order(items=2) for _ in range(3)]
    for order in made:
        plant.job_status(order, "R")
        plant.ship(order, f"1Z{order.number}")
    for job in PaceJob.objects.all():
        write_backs.note_push(job.server, job.number)
    gate = threading.Barrier(4)
    problems: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            gate.wait(timeout=10)
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            problems.append(error)
        finally:
            connection.close()

    works = [tasks.tell_pressero, tasks.tell_pressero, lambda: (plant.poll_now(), plant.tell()), plant.sync]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    plant.sync()
    assert problems == []
    for order in made:
        for item in (1, 2):
            assert plant.history(order, item) == ["Press"]
            assert plant.shipments(order, item) == [f"1Z{order.number}"]


def test_a_pass_does_not_overlap_itself(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.order()
    plain = poll.poll_jobs
    inner: list[poll.PollReport] = []

    def within(*args: Any, **kwargs: Any) -> int:
        monkeypatch.setattr(poll, "poll_jobs", plain)
        inner.append(poll.sync_all())
        return plain(*args, **kwargs)

    monkeypatch.setattr(poll, "poll_jobs", within)
    assert plant.poll_now().jobs == 1
    assert inner[0].jobs == 0
