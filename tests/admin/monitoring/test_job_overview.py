"""The list of jobs in Pace: what it shows, what it filters, and "sync now"."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.core.workqueue import messages as queue
from integrations.models import AuditEntry, ItemStage, Order, OrderItem, PaceJob, PaceShipment
from tests.factories import OPERATOR, make_order, make_storefront, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_pacejob_changelist")


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []
    monkeypatch.setattr(queue, "async_task", lambda task, *args, **kwargs: taken.append(task))
    return taken


def job(number: str = "10001", *, stage: dict[str, Any] | None = None, **columns: Any) -> PaceJob:
    """A job in Pace of an order with one item."""
    order = make_order(items=1, jobs=(number,))
    OrderItem.objects.filter(order=order).update(job_number=number)
    PaceJob.objects.filter(order=order).update(
        **({"pace_status": "R", "pace_status_name": "On Press", "synced_at": timezone.now()} | columns)
    )
    if stage is not None:
        values = {"sent_stage": "s2", "sent_name": "Press", "seen_stage": "s2", "seen_name": "Press"} | stage
        ItemStage.objects.create(item=order.items.get(), **values)
    return PaceJob.objects.get(order=order)


def listed(client: Client, query: str = "") -> str:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_job_shows_its_status_in_pace_and_its_stage_in_pressero(boss: Client) -> None:
    one = job(stage={}, part_statuses={"01": {"id": "B", "name": "Bindery"}})
    html = listed(boss)
    for text in ("10001", str(one.order.number), "On Press", "01: Bindery", "item 1: Press", "Everything"):
        assert text in html
    page = reverse("admin:integrations_pacejob_change", args=[one.pk])
    assert "On Press" in boss.get(page).content.decode()


def test_jobs_that_are_not_in_pace_yet_are_not_listed(boss: Client) -> None:
    job(state="planned")
    assert "10001" not in listed(boss)


@pytest.mark.parametrize(
    ("filter_", "stage", "columns"),
    [
        ("amiss=mismatch", {"seen_stage": "s9", "seen_name": "Special"}, {}),
        ("amiss=waiting", {"due_at": timezone.now()}, {}),
        ("amiss=problem", {"problem": "Pressero refused.", "failure_mode": "order"}, {}),
        ("amiss=unmapped", {"unmapped": True}, {}),
        ("amiss=gone", {}, {"gone_at": timezone.now()}),
        ("watch=ended", {}, {"watch_ended_at": timezone.now()}),
    ],
)
def test_a_filter_finds_what_is_amiss(
    boss: Client, filter_: str, stage: dict[str, Any], columns: dict[str, Any]
) -> None:
    job("20001", stage=stage, **columns)
    job("20002", stage={})
    html = listed(boss, filter_)
    assert "20001" in html
    assert "20002" not in html


def test_a_shipment_that_could_not_be_told_is_found(boss: Client) -> None:
    PaceShipment.objects.create(
        job=job("20001"), pace_id=1, numbers=["1Z"], problem="x", failure_mode="order"
    )
    job("20002")
    html = listed(boss, "amiss=problem")
    assert "20001" in html
    assert "Action needed" in html
    assert "20002" not in html


def test_the_list_asks_as_much_for_many_jobs_as_for_few(boss: Client) -> None:
    store = make_storefront()
    for number in range(3):
        job(f"3{number:04d}", stage={})
    listed(boss)
    with CaptureQueriesContext(connection) as few:
        listed(boss)
    for number in range(30):
        job(f"4{number:04d}", stage={})
    Order.objects.update(storefront=store)
    with CaptureQueriesContext(connection) as many:
        listed(boss)
    assert len(many) == len(few)


def test_sync_now_makes_the_jobs_due_and_wakes_a_worker(
    login: Any, sent: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    client = login(make_user("sam", *OPERATOR, "view_pacejob", "sync_pacejob"))
    one = job(stage={"problem": "Pressero refused.", "failure_mode": "order"}, watch_ended_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(LIST, {"action": "sync_now", "_selected_action": [one.pk]}, follow=True)
    assert "1 job is synced now." in answer.content.decode()
    one.refresh_from_db()
    assert one.sync_due_at is not None
    assert one.watch_ended_at is None
    assert ItemStage.objects.get().due_at is not None
    assert sent == ["integrations.tasks.tell_pressero"]
    assert AuditEntry.objects.get(type="staff.sync").actor == "sam"


def test_without_the_right_there_is_no_sync_now(login: Any) -> None:
    client = login(make_user("sam", *OPERATOR, "view_pacejob"))
    one = job()
    assert "sync_now" not in listed(client)
    client.post(LIST, {"action": "sync_now", "_selected_action": [one.pk]})
    one.refresh_from_db()
    assert one.sync_due_at is None


def test_without_the_right_to_view_there_is_no_list(stranger: Client) -> None:
    assert stranger.get(LIST).status_code == 403
