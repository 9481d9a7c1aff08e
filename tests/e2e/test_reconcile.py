"""What no event told us is found by comparing with Pressero and Pace."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.clients.pace.client import PaceClient
from integrations.enums import OrderStatus
from integrations.models import Alert, AuditEntry, Order, OrderChange, WorkLease
from integrations.orders.submission import runner
from integrations.orders.submission.reconcile import reconcile
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub

pytestmark = pytest.mark.e2e


def draft(store: str = "Example CU Store", buyer: str = "avery@example.com", **item: object) -> OrderDraft:
    return OrderDraft(store, buyer, [ItemDraft("Business Card", price="5.00", method="Ground", **item)])  # type: ignore[arg-type]


def process_all() -> None:
    for order_id in Order.objects.values_list("pk", flat=True):
        runner.process(order_id)


def test_an_order_whose_event_never_came_is_taken_in_within_one_pass(hub: Hub) -> None:
    number = hub.pressero.place(draft(), notify=False)
    findings = reconcile()
    assert findings is not None
    assert findings.taken_in == [number]
    process_all()
    assert Order.objects.get(number=number).status == OrderStatus.SUBMITTED


def test_a_second_pass_takes_nothing_in_again(hub: Hub) -> None:
    hub.pressero.place(draft(), notify=False)
    reconcile()
    findings = reconcile()
    assert findings is not None
    assert findings.taken_in == []


def test_all_pages_are_read(hub: Hub) -> None:
    for _ in range(25):
        hub.pressero.place(draft(), notify=False)
    findings = reconcile()
    assert findings is not None
    assert len(findings.taken_in) == 25


def test_orders_of_unknown_or_inactive_storefronts_are_left_alone(hub: Hub) -> None:
    hub.storefront(active=False)
    hub.pressero.place(draft(), notify=False)
    findings = reconcile()
    assert findings is not None
    assert (findings.seen, findings.taken_in) == (1, [])


def test_a_waiting_order_whose_last_approval_was_never_told_goes_on(hub: Hub) -> None:
    order = hub.process(draft("Sample Health Portal", "riley@example.com", needs_approval=True))
    assert order.status == OrderStatus.WAITING
    hub.pressero.approve(order.number, 1)
    reconcile()
    process_all()
    assert Order.objects.get().status == OrderStatus.SUBMITTED


def test_a_file_that_came_without_an_event_is_added(hub: Hub) -> None:
    order = hub.process(draft())
    hub.pressero.add_files(order.number, 1, ["late.pdf"])
    reconcile()
    process_all()
    assert [file["fileName"] for file in hub.pace.objects("ContentFile")] == ["late.pdf"]


def test_a_job_that_vanished_from_pace_is_listed_and_told_once(hub: Hub) -> None:
    hub.set_server(alert_emails=["desk@example.com"])
    hub.process(draft())
    hub.pace.reset()
    for _ in range(2):
        reconcile()
    [change] = OrderChange.objects.all()
    assert change.after == "not in Pace"
    assert Alert.objects.count() == 1


def test_a_total_changed_in_pace_is_listed_with_both_values(hub: Hub) -> None:
    order = hub.process(draft())
    job = order.jobs.get().number
    hub.pace.put("Job", job=job, originalQuotedPrice=99)
    reconcile()
    [change] = OrderChange.objects.all()
    assert (change.before, change.after) == ("5.00", "99.00")


@pytest.fixture
def without_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pace shows no part of any job."""
    load = PaceClient.load

    def without(client: PaceClient, type_: str, *more: Any, **options: Any) -> Any:
        return [] if type_ == "JobPart" else load(client, type_, *more, **options)

    monkeypatch.setattr(PaceClient, "load", without)


def test_a_part_that_is_missing_in_pace_is_listed(hub: Hub, without_parts: None) -> None:
    hub.process(draft())
    reconcile()
    change = OrderChange.objects.get()
    assert (change.before, change.after) == ("1", "0")


def test_a_difference_that_staff_have_handled_is_not_listed_again(hub: Hub, without_parts: None) -> None:
    hub.process(draft())
    reconcile()
    OrderChange.objects.update(handled_at=timezone.now())
    reconcile()
    assert OrderChange.objects.get().handled_at is not None
    assert AuditEntry.objects.filter(type="pace.differs").count() == 1


def test_a_job_as_it_was_sent_does_not_differ(hub: Hub) -> None:
    hub.process(draft())
    findings = reconcile()
    assert findings is not None
    assert (findings.compared, findings.differing) == (1, [])


def test_pace_being_down_does_not_keep_new_orders_out(hub: Hub) -> None:
    hub.process(draft())
    hub.pace.faults.add("down")
    number = hub.pressero.place(draft(), notify=False)
    findings = reconcile()
    assert findings is not None
    assert findings.taken_in == [number]
    assert len(findings.failures) == 1


def test_two_passes_never_run_at_once(hub: Hub) -> None:
    WorkLease.objects.create(name="reconcile", lease_until=timezone.now() + timedelta(minutes=1))
    assert reconcile() is None


def test_the_command_says_what_it_found(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    number = hub.pressero.place(draft(), notify=False)
    call_command("reconcile", since=48)
    assert f"order {number} was received" in capsys.readouterr().out


def test_the_command_fails_when_a_system_does_not_answer(hub: Hub) -> None:
    hub.pressero.faults.add("down")
    with pytest.raises(CommandError, match="Pressero"):
        call_command("reconcile")


def test_a_look_without_news_leaves_no_trace_in_the_timeline(hub: Hub) -> None:
    order = hub.process(draft())
    before = order.audit.count(), order.step_attempts.count()
    reconcile()
    process_all()
    order.refresh_from_db()
    assert (order.audit.count(), order.step_attempts.count()) == before
    assert order.due_at is None


def test_a_look_with_news_is_told_whole(hub: Hub) -> None:
    order = hub.process(draft())
    hub.pressero.edit_item(order.number, 1, quantity=9)
    reconcile()
    process_all()
    new = list(order.audit.order_by("-id").values_list("type", flat=True)[:5])
    assert "order.changed_after_submission" in new
    assert "order.fetched" in new


def test_an_order_with_all_its_files_is_read_again_once_an_hour_only(hub: Hub) -> None:
    hub.process(draft(files=["card.pdf"]))
    findings = reconcile()
    assert findings is not None
    assert findings.checked_again == 0
