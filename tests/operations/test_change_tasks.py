"""Changes after submission are tasks: what Pressero shows beside what Pace holds, verified when Pace was corrected."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.errors import NotAllowed
from integrations.models import AuditEntry, Order, OrderChange, OrderNote, PaceSnapshot
from integrations.operations import change_check, change_tasks, pace_snapshot
from integrations.orders.submission import runner
from integrations.planning.change_tasks import held_value
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.factories import OPERATOR, make_order, make_user

pytestmark = pytest.mark.django_db
PLAN = {
    "jobs": [
        {
            "unit": "order",
            "parts": [{"number": "01", "item": 1}, {"number": "02", "item": 2}],
            "shipments": [{"parts": ["01"]}, {"parts": ["02"]}],
        }
    ]
}


def table(title: str, **held: str) -> dict[str, Any]:
    return {"title": title, "rows": [{"field": name, "held": value} for name, value in held.items()]}


HELD = [
    table("Job 10013", poNum="PO-1"),
    table("Job 10013, part 01", qtyOrdered="250"),
    table("Job 10013, part 02", qtyOrdered="90"),
    table("Job 10013, shipment 1", city="Dover"),
    table("Job 10013, shipment 2", city="Salem"),
]


@pytest.mark.parametrize(
    ("item", "field", "value"),
    [
        (1, "quantity", "250"),
        (2, "quantity", "90"),
        (2, "ship-to city", "Salem"),
        (None, "PO number", "PO-1"),
        (1, "price", None),
        (3, "quantity", None),
        (None, "quantity", None),
    ],
)
def test_the_value_that_pace_holds_is_found_where_the_plan_put_it(
    item: int | None, field: str, value: str | None
) -> None:
    found = held_value(item, field, plan=PLAN, jobs={"order": "10013"}, held=HELD)
    assert found == (("10013", value) if value is not None else None)


def changed(order: Order, **values: Any) -> OrderChange:
    defaults = {"item": 1, "field": "quantity", "before": "250", "after": "500", "found_at": timezone.now()}
    return OrderChange.objects.create(order=order, **{**defaults, **values})


@pytest.fixture
def sent(db: None) -> Order:
    order = make_order(status="submitted", plan=PLAN, jobs=("10013",))
    order.jobs.update(unit="order")
    return order


def test_a_difference_found_in_pace_is_not_said_to_be_pressero_s(sent: Order) -> None:
    change = changed(
        sent, item=None, source="pace", field="Pace job 10013: total", before="98.00", after="96.50"
    )
    assert change_tasks.sentence(change) == "Now 96.50, sent to Pace as 98.00"


def test_a_reading_of_pace_says_what_pace_still_has(sent: Order) -> None:
    change = changed(sent)
    assert change_tasks.sentence(change) == "Pressero 500, sent to Pace as 250"
    assert change_check.note_what_pace_holds(sent.pk, HELD) == 0
    change.refresh_from_db()
    assert change_tasks.sentence(change) == "Pressero 500, Pace job 10013 still 250"


def test_a_change_that_pace_has_is_handled_with_the_name_of_who_corrected_it(sent: Order) -> None:
    change = changed(sent)
    assert change_tasks.corrected(change, actor="Kim") == "Reading Pace to verify the correction."
    change_check.note_what_pace_holds(sent.pk, [table("Job 10013, part 01", qtyOrdered="500.00")])
    change.refresh_from_db()
    assert change.handled_by == "Kim, verified in Pace"
    assert AuditEntry.objects.filter(order=sent, type="change.verified", actor="Kim").exists()


def test_a_correction_that_pace_does_not_have_stays_open(sent: Order) -> None:
    change = changed(sent)
    change_tasks.corrected(change, actor="Kim")
    change_check.note_what_pace_holds(sent.pk, HELD)
    change.refresh_from_db()
    assert (change.handled_at, change.check_by) == (None, "")


def test_what_pace_does_not_hold_as_pressero_has_it_is_corrected_by_word(sent: Order) -> None:
    change = changed(sent, field="price")
    assert "cannot verify" in change_tasks.corrected(change, actor="Kim")
    change.refresh_from_db()
    assert change.handled_by == "Kim"


def test_ignoring_needs_a_note_that_stays_with_the_order(sent: Order) -> None:
    change = changed(sent)
    with pytest.raises(NotAllowed):
        change_tasks.ignore(change, "  ", actor="Kim")
    change_tasks.ignore(change, "The buyer agreed", actor="Kim")
    assert OrderNote.objects.get().text == "Item 1, quantity: 250 → 500: The buyer agreed"
    with pytest.raises(NotAllowed):
        change_tasks.ignore(change, "Again", actor="Kim")


def test_the_hub_reads_pace_itself_when_an_order_changes(hub: Hub) -> None:
    item = ItemDraft("Business Card", quantity=250, price="96.50", method="Ground")
    order = hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    payload = order.sent_payload
    Order.objects.filter(pk=order.pk).update(sent_payload=_with_quantity(payload, 100), due_at=timezone.now())
    runner.process(order.pk)
    change = OrderChange.objects.get(field="quantity")
    assert PaceSnapshot.objects.get(order=order).is_waiting
    pace_snapshot.read(order.pk)
    # Pace has the quantity that Pressero shows, so nothing is left to do.
    change.refresh_from_db()
    assert change.handled_by == "Automation Hub, verified in Pace"


def _with_quantity(payload: Any, quantity: int) -> Any:
    if isinstance(payload, dict):
        return {
            key: quantity if key in ("Quantity", "TotalQuantity") else _with_quantity(value, quantity)
            for key, value in payload.items()
        }
    return [_with_quantity(value, quantity) for value in payload] if isinstance(payload, list) else payload


# --- the page ---


@pytest.fixture
def kim(client: Client) -> Client:
    client.force_login(make_user("kim", *OPERATOR, first_name="Kim", last_name="Desk"))
    return client


def test_the_inbox_lists_changes_with_both_values(kim: Client, sent: Order) -> None:
    changed(sent)
    change_check.note_what_pace_holds(sent.pk, HELD)
    html = kim.get(reverse("hub-changes")).content.decode()
    assert "Pressero 500, Pace job 10013 still 250" in html
    assert "Corrected in Pace" in html


def test_a_change_is_ignored_on_the_page_and_listed_as_resolved(kim: Client, sent: Order) -> None:
    change = changed(sent)
    kim.post(reverse("hub-change-act", args=[change.pk]), {"do": "ignore", "note": "Agreed"})
    assert "No changes wait" in kim.get(reverse("hub-changes")).content.decode()
    resolved = kim.get(reverse("hub-resolved")).content.decode()
    assert "ignored the change: Item 1, quantity: 250 → 500." in resolved
    assert "Kim Desk" in resolved


def test_a_viewer_sees_changes_and_handles_none(client: Client, sent: Order) -> None:
    change = changed(sent)
    client.force_login(make_user("viewer", "view_order"))
    assert "Corrected in Pace" not in client.get(reverse("hub-changes")).content.decode()
    assert client.post(reverse("hub-change-act", args=[change.pk]), {"do": "ignore"}).status_code == 403


@pytest.mark.parametrize("name", ["hub-changes", "hub-resolved"])
def test_the_pages_ask_as_much_for_many_orders_as_for_few(kim: Client, sent: Order, name: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert kim.get(reverse(name)).status_code == 200
        return len(captured)

    def add() -> None:
        order = make_order()
        change_tasks.ignore(changed(order, field="price"), "No", actor="Kim")
        changed(order, item=2)

    add()
    queries()
    few = queries()
    for _ in range(8):
        add()
    assert queries() == few
