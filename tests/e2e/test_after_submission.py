"""What happens to an order whose jobs are in Pace: changes are noticed once, files that come later are added once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from integrations.core import alerts
from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Alert, AuditEntry, Order, OrderChange, PaceJob
from integrations.operations import order_actions
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.e2e.test_pace_transaction import KINDS

pytestmark = pytest.mark.e2e

FILES = KINDS[2]


def submitted(hub: Hub, *, files: int = 0, store: str = "Example CU Store", items: int = 1) -> Order:
    drafts = [
        ItemDraft(
            "Business Card",
            quantity=1,
            price="10.00",
            method="Ground",
            files=[FileDraft(f"item{seq}-{number}.pdf", "gen", size=100) for number in range(1, files + 1)],
        )
        for seq in range(1, items + 1)
    ]
    order = hub.process(OrderDraft(store, "avery@example.com", drafts))
    assert order.status == OrderStatus.SUBMITTED, order.message
    return order


def look_again(hub: Hub, order: Order) -> Order:
    orders.wake(order.pk)
    return hub.process(order)


def file_names(hub: Hub, part: str = "01") -> list[str]:
    links = hub.pace.objects("JobPartContentFile", jobPart=part)
    names = {entry["id"]: entry["fileName"] for entry in hub.pace.objects("ContentFile")}
    return sorted(str(names[link["contentFile"]]) for link in links)


# --- changes ---


def test_an_order_that_did_not_change_has_no_changes(hub: Hub) -> None:
    order = look_again(hub, submitted(hub))
    assert not OrderChange.objects.filter(order=order).exists()


def test_a_changed_quantity_is_listed_with_both_values(hub: Hub) -> None:
    order = submitted(hub)
    hub.pressero.edit_item(order.number, 1, quantity=4)
    look_again(hub, order)
    changes = {
        change.field: (change.item, change.before, change.after) for change in OrderChange.objects.all()
    }
    assert changes["quantity"] == (1, "250", "1000")


def test_a_denial_after_submission_is_listed(hub: Hub) -> None:
    order = submitted(hub, items=2)
    hub.pressero.deny(order.number, 2)
    order = look_again(hub, order)
    [change] = OrderChange.objects.filter(field="approval")
    assert (change.item, change.after) == (2, "denied")
    assert order.status == OrderStatus.SUBMITTED


def test_a_change_is_recorded_and_alerted_once(hub: Hub) -> None:
    hub.storefront(alert_emails=["desk@example.com"])
    order = submitted(hub)
    hub.pressero.edit_item(order.number, 1, notes="Blue, please")
    for _ in range(3):
        look_again(hub, order)
    assert AuditEntry.objects.filter(type="order.changed_after_submission").count() == 1
    assert Alert.objects.count() == 1


def test_an_alert_is_mailed_once_to_the_storefronts_addresses(hub: Hub, settings: object) -> None:
    settings.EMAIL_IS_CONFIGURED = True  # type: ignore[attr-defined]
    hub.storefront(alert_emails=["desk@example.com"])
    order = submitted(hub)
    hub.pressero.edit_item(order.number, 1, quantity=2)
    look_again(hub, order)
    at_once = timedelta(0)
    assert [alerts.send_waiting(gather=at_once), alerts.send_waiting(gather=at_once)] == [1, 0]
    assert mail.outbox[0].to == ["desk@example.com"]
    assert str(order.number) in mail.outbox[0].subject


def test_a_change_that_is_taken_back_needs_nobody(hub: Hub) -> None:
    order = submitted(hub)
    hub.pressero.edit_item(order.number, 1, quantity=2)
    look_again(hub, order)
    hub.pressero.edit_item(order.number, 1, quantity=1)
    look_again(hub, order)
    assert not OrderChange.objects.filter(handled_at__isnull=True).exists()


def test_staff_mark_changes_as_handled(hub: Hub) -> None:
    order = submitted(hub)
    hub.pressero.edit_item(order.number, 1, quantity=2)
    look_again(hub, order)
    order_actions.mark_changes_handled(order, actor="pat")
    look_again(hub, order)
    assert not OrderChange.objects.filter(handled_at__isnull=True).exists()


def test_without_changes_there_is_nothing_to_handle(hub: Hub) -> None:
    order = submitted(hub)
    with pytest.raises(NotAllowed, match="no changes"):
        order_actions.mark_changes_handled(order, actor="pat")


# --- files ---


def test_files_of_the_order_are_linked_to_their_part(hub: Hub) -> None:
    submitted(hub, files=2)
    assert file_names(hub) == ["item1-1.pdf", "item1-2.pdf"]


def test_a_file_that_comes_later_is_added_once(hub: Hub) -> None:
    order = submitted(hub, files=1)
    hub.pressero.add_files(order.number, 1, [FileDraft("late.pdf", "gen")])
    for _ in range(3):
        look_again(hub, order)
    assert file_names(hub) == ["item1-1.pdf", "late.pdf"]
    assert AuditEntry.objects.filter(type="file.added").count() == 1


def test_the_first_file_that_comes_later_fills_the_parts_own_file_fields(hub: Hub) -> None:
    order = submitted(hub)
    hub.pressero.add_files(order.number, 1, [FileDraft("late.pdf", "gen", size=5)])
    look_again(hub, order)
    [part] = hub.pace.objects("JobPart")
    assert (part["paceConnectFileName"], part["paceConnectFileType"], part["paceConnectFileSize"]) == (
        "late.pdf",
        "pdf",
        "5",
    )


def test_a_file_that_comes_later_leaves_the_file_fields_of_a_part_that_has_a_file(hub: Hub) -> None:
    order = FILES.begin(hub)
    assert hub.process(order).message == ""
    written = [call.path for call in hub.pace.calls]
    assert any("createContentFile" in path for path in written)
    assert [path for path in written if "updateJobPart" in path] == []


def test_an_event_without_new_files_asks_pace_nothing(hub: Hub) -> None:
    order = submitted(hub, files=1)
    hub.pace.clear_calls()
    look_again(hub, order)
    assert list(hub.pace.calls) == []


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "error_after"])
def test_a_lost_answer_when_a_file_is_added_adds_it_once(
    hub: Hub, fault: str, make_due: Callable[[Order], None]
) -> None:
    order = submitted(hub, files=1)
    hub.pressero.add_files(order.number, 1, [FileDraft("late.pdf", "gen")])
    hub.pace.faults.add(fault, path="/commit")
    order = look_again(hub, order)
    assert order.status == OrderStatus.SUBMITTED
    assert order.message
    PaceJob.objects.update(quiet_until=timezone.now() - timedelta(seconds=1))
    make_due(order)
    order = hub.process(order)
    assert file_names(hub) == ["item1-1.pdf", "late.pdf"]
    assert order.message == ""


def test_in_split_mode_a_later_file_goes_to_the_items_last_job_and_no_job_is_added(hub: Hub) -> None:
    hub.storefront(one_job_per_item=True)
    order = submitted(hub, files=2)
    hub.pressero.add_files(order.number, 1, [FileDraft("third.pdf", "gen")])
    look_again(hub, order)
    assert len(hub.pace.objects("Job")) == 2
    last = PaceJob.objects.get(unit="1-2").number
    assert len(hub.pace.objects("JobPartContentFile", job=last)) == 2


def test_the_files_of_a_job_that_was_taken_over_are_not_added_again(
    hub: Hub, make_due: Callable[[Order], None]
) -> None:
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(
        OrderDraft(
            "Example CU Store",
            "avery@example.com",
            [ItemDraft("Business Card", price="10.00", method="Ground", files=["card.pdf"])],
        )
    )
    PaceJob.objects.update(quiet_until=timezone.now() - timedelta(seconds=1))
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert file_names(hub) == ["card.pdf"]
