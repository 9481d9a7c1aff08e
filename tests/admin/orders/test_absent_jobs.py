"""A Pace server is gone for good: an administrator says that an order's jobs are not there, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.orders import order_actions
from integrations.core.workqueue import orders
from integrations.enums import JobState, OrderStatus
from integrations.errors import NotAllowed
from integrations.models import AuditEntry, Order, PaceJob
from integrations.operations import absent_jobs
from integrations.simulation.sandbox.pace import PaceSandbox
from tests.conftest import Hub
from tests.e2e.test_settings_changed import moved_storefront, quantities, refused_at_the_second_job, two_items
from tests.factories import make_order, make_server

PAST = timezone.now() - timedelta(minutes=5)


def with_open_commit(**columns: Any) -> Order:
    order = make_order(status="needs_attention", failure_mode="transient", message="Pace does not answer.")
    values = {"state": JobState.COMMITTING, "txn": "a1", "quiet_until": PAST, "description": "7 - Store"}
    PaceJob.objects.create(order=order, server=make_server(), unit="order", **(values | columns))
    return order


def declared(order: Order, reason: str = "Pace A was shut down.") -> int:
    return absent_jobs.declare_absent(order, reason=reason, actor="Robin Boss")


@pytest.fixture
def other_pace() -> Iterator[PaceSandbox]:
    with PaceSandbox() as server:
        yield server


# --- what becomes of the order ---


@pytest.mark.e2e
def test_an_order_whose_pace_is_gone_is_written_to_the_new_one(hub: Hub, other_pace: PaceSandbox) -> None:
    hub.storefront("Example CU Store", one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items())
    moved_storefront(hub, other_pace)
    hub.pace.faults.add("drop_before", times=0)
    declared(order)
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert quantities(other_pace) == [[250], [7]]


@pytest.mark.e2e
def test_a_job_that_is_in_pace_after_all_is_found_and_not_made_again(hub: Hub) -> None:
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(two_items())
    PaceJob.objects.update(quiet_until=PAST)
    declared(order)
    assert hub.process(order).status == OrderStatus.SUBMITTED
    assert len(quantities(hub.pace)) == 1


# --- when it is possible ---


@pytest.mark.django_db
def test_it_is_told_with_its_reason(boss: Client) -> None:
    order = with_open_commit()
    assert declared(order) == 1
    entry = AuditEntry.objects.get(type="staff.jobs_absent")
    assert (entry.actor, entry.data["reason"]) == ("Robin Boss", "Pace A was shut down.")
    assert "7 - Store" in entry.data["jobs"]
    job = PaceJob.objects.get()
    assert (job.state, job.txn, job.quiet_until) == (JobState.PLANNED, "", None)
    assert Order.objects.get().due_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda order: PaceJob.objects.update(quiet_until=timezone.now() + timedelta(minutes=1)), "may still be applied"),
        (lambda order: orders.acquire_lease(order.pk), "being processed"),
        (lambda order: PaceJob.objects.update(state=JobState.PLANNED, txn=""), "no job"),
        (lambda order: Order.objects.update(submitted_at=PAST), "no job"),
    ],
    ids=["a commit under way", "a worker has it", "nothing is open", "submitted"],
)  # fmt: skip
def test_it_is_refused_while_it_could_do_harm(change: Any, said: str) -> None:
    order = with_open_commit()
    orders.wake(order.pk)
    change(order)
    before = PaceJob.objects.values().get()
    with pytest.raises(NotAllowed, match=said):
        declared(order)
    assert PaceJob.objects.values().get() == before


@pytest.mark.django_db
def test_a_reason_is_needed() -> None:
    with pytest.raises(NotAllowed, match="why"):
        declared(with_open_commit(), "  ")


@pytest.mark.django_db
def test_it_is_offered_for_orders_that_may_have_a_job_only() -> None:
    assert "jobs_absent" in order_actions.offered(with_open_commit())
    assert "jobs_absent" not in order_actions.offered(make_order(status="needs_attention"))


# --- the page ---


@pytest.mark.django_db
def test_the_page_names_the_jobs_and_asks_for_a_reason(boss: Client) -> None:
    order = with_open_commit()
    url = reverse("admin:integrations_order_jobs_absent", args=[order.pk])
    assert "7 - Store" in boss.get(url).content.decode()
    assert "Enter a reason." in boss.post(url, {"reason": ""}).content.decode()
    assert PaceJob.objects.get().state == JobState.COMMITTING
    assert boss.post(url, {"reason": "Pace A was shut down."}).status_code == 302
    assert PaceJob.objects.get().state == JobState.PLANNED
