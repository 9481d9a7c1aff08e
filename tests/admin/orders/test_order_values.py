"""Changing a value for one order only: the page, its rights, the audit log, and what becomes of the order."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.core.workqueue import orders
from integrations.errors import NotAllowed
from integrations.models import AuditEntry, Order, OrderOverride, ReferenceEntry, ReferenceKind
from integrations.orders.submission import overrides
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import FieldRule
from tests.admin.conftest import Login
from tests.conftest import Hub
from tests.factories import OPERATOR, VIEWER, make_order, make_user

pytestmark = pytest.mark.django_db
WHY = "Customer asked for it by phone"


@pytest.fixture
def desk(login: Login) -> Client:
    return login(make_user("desk", *OPERATOR, first_name="Kim", last_name="Desk"))


def page(order: Order, key: str = "", item: int | None = None) -> str:
    url = reverse("admin:integrations_order_change_value", args=[order.pk])
    return f"{url}?key={key}" + (f"&item={item}" if item else "") if key else url


def box(key: str, item: int = 0) -> str:
    return f"{key}.{item}"


SHIP_VIA = box("shipment.shipVia", 1)


def test_the_form_has_the_values_of_the_order_and_of_each_item(desk: Client) -> None:
    html = desk.get(page(make_order(items=2))).text
    assert "Whole order" in html
    assert "Item 2: Business Card 2" in html
    assert 'name="shipment.shipVia.2"' in html


def test_several_values_are_changed_at_once_with_one_reason(desk: Client) -> None:
    order = make_order(items=1, status="needs_attention")
    answer = desk.post(page(order), {SHIP_VIA: "2", box("job.poNum"): "4711", "note": WHY})
    assert answer.status_code == 302
    rows = OrderOverride.objects.order_by("key").values_list("key", "item", "value", "note", "made_by")
    assert list(rows) == [
        ("job.poNum", None, "4711", WHY, "Kim Desk"),
        ("shipment.shipVia", 1, "2", WHY, "Kim Desk"),
    ]
    html = desk.get(reverse("admin:integrations_order_change", args=[order.pk])).text
    assert "Kim Desk changed Ship via of item 1 to “2” for this order only" in html
    assert "Kim Desk changed PO number of the whole order to “4711”" in html


def test_values_that_were_not_edited_are_not_changed(desk: Client) -> None:
    order = make_order(items=1)
    desk.post(page(order), {SHIP_VIA: "2", f"initial-{SHIP_VIA}": "2", box("job.poNum"): "1", "note": WHY})
    assert list(OrderOverride.objects.values_list("key", flat=True)) == ["job.poNum"]


def test_one_value_that_cannot_be_used_keeps_all_from_being_changed(desk: Client) -> None:
    order = make_order(items=1)
    html = desk.post(page(order), {SHIP_VIA: "Ground", box("job.poNum"): "4711", "note": WHY}).text
    assert "is not a whole number" in html
    assert 'value="4711"' in html
    assert not OrderOverride.objects.exists()


def test_save_and_retry_sends_the_order_back_to_work(desk: Client) -> None:
    order = make_order(items=1, status="needs_attention")
    desk.post(page(order), {SHIP_VIA: "5015", "note": WHY, "then": "retry"})
    assert Order.objects.get().due_at is not None
    assert AuditEntry.objects.filter(type="staff.retry").exists()


def test_save_and_preview_leads_to_the_preview(desk: Client) -> None:
    order = make_order(items=1)
    answer = desk.post(page(order), {SHIP_VIA: "5015", "note": WHY, "then": "preview"})
    assert answer.headers["Location"] == reverse("admin:integrations_order_preview", args=[order.pk])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({SHIP_VIA: "2", "note": ""}, "Say in a few words why."),
        ({SHIP_VIA: "2", "note": "x"}, "Enter a reason; it is stored"),
        ({SHIP_VIA: "", f"initial-{SHIP_VIA}": "2", "note": WHY}, "enter a value"),
        ({"note": WHY}, "Nothing was changed yet."),
    ],
)
def test_a_change_without_a_reason_or_a_usable_value_is_refused(
    desk: Client, data: dict[str, str], sentence: str
) -> None:
    assert sentence in desk.post(page(make_order(items=1)), data).text
    assert not OrderOverride.objects.exists()


def changed_order(desk: Client) -> Order:
    order = make_order(items=1)
    desk.post(page(order), {SHIP_VIA: "2", box("job.poNum"): "4711", "note": WHY})
    return order


def test_one_value_is_reverted_and_the_others_stay(desk: Client) -> None:
    desk.post(page(changed_order(desk)), {f"revert.{SHIP_VIA}": "on", "note": "Mistake"})
    assert list(OrderOverride.objects.values_list("key", flat=True)) == ["job.poNum"]
    assert AuditEntry.objects.get(type="staff.override_removed").data["note"] == "Mistake"


def test_all_values_are_reverted_at_once(desk: Client) -> None:
    desk.post(page(changed_order(desk)), {"revert_all": "1"})
    assert not OrderOverride.objects.exists()
    assert AuditEntry.objects.filter(type="staff.override_removed").count() == 2


def test_what_others_changed_in_the_meantime_is_not_overwritten(desk: Client) -> None:
    order = make_order(items=1)
    seen = overrides.stamp(order)
    overrides.change(order, "job.poNum", "4711", note=WHY, actor="Robin")
    html = desk.post(page(order), {box("job.poNum"): "4712", "note": WHY, "seen": seen}).text
    assert "Someone else changed values of this order in the meantime." in html
    assert OrderOverride.objects.get().value == "4711"
    assert 'value="4712"' in html


def test_an_order_of_many_items_shows_ten_of_them_and_the_page_with_the_item_asked_for(desk: Client) -> None:
    html = desk.get(page(make_order(items=12), "shipment.shipVia", 12)).text
    assert 'name="shipment.shipVia.12"' in html
    assert 'name="shipment.shipVia.1"' not in html


def test_who_may_only_look_gets_no_form(login: Login) -> None:
    order = make_order(items=1)
    assert login(make_user("viewer", *VIEWER)).get(page(order)).status_code == 403


def test_the_boxes_hold_what_is_planned_and_say_what_it_would_be_without_the_change(
    hub: Hub, desk: Client
) -> None:
    item = ItemDraft("Poster 18x24", quantity=3, price="54.00", method="Overnight")
    order = hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    form = desk.get(page(order)).context["form"]
    assert all(form[box(key, 1)].value() for key in ("shipment.city", "shipment.state", "part.itemTemplate"))
    assert len(form[box("job.scheduledShipDateTime")].value()) == len("2026-01-31T17:00")
    desk.post(page(order), {box("job.poNum"): "4711", "note": WHY})
    slot = desk.get(page(order)).context["form"].slots[box("job.poNum")]
    assert (slot.value, slot.changed.note) == ("4711", WHY)
    assert slot.without not in ("", "4711")


def test_nothing_is_changed_here_once_a_job_is_in_pace(desk: Client) -> None:
    order = make_order(items=1, jobs=("10001",))
    assert "is in Pace already" in desk.get(page(order, "shipment.shipVia", 1)).content.decode()
    with pytest.raises(NotAllowed, match="is in Pace already"):
        overrides.change(order, "shipment.shipVia", "2", note=WHY, item=1, actor="Kim")


def test_nothing_is_changed_while_a_worker_is_at_the_order() -> None:
    order = make_order(items=1)
    orders.wake(order.pk)
    assert orders.acquire_lease(order.pk)
    with pytest.raises(NotAllowed, match="being processed right now"):
        overrides.change(order, "shipment.shipVia", "2", note=WHY, item=1, actor="Kim")


@pytest.mark.parametrize(("key", "item"), [("job.description", None), ("job.poNum", 1), ("shipment.name", 9)])
def test_other_fields_and_places_cannot_be_changed(key: str, item: int | None) -> None:
    with pytest.raises(NotAllowed):
        overrides.change(make_order(items=1), key, "2", note=WHY, item=item, actor="Kim")


def test_a_stopped_order_goes_through_with_a_value_of_its_own(hub: Hub, desk: Client) -> None:
    item = ItemDraft("Poster 18x24", quantity=3, price="54.00", method="Overnight")
    order = hub.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    assert order.status == "needs_attention"
    html = desk.get(reverse("admin:integrations_order_change", args=[order.pk])).content.decode()
    assert "Change it for this order only" in html
    assert "key=shipment.shipVia&amp;item=1" in html
    desk.post(page(order), {SHIP_VIA: "5015", "note": WHY, "then": "retry"})
    order = hub.process(order)
    assert order.status == "submitted"
    assert [str(one["shipVia"]) for one in hub.pace.objects("JobShipment")] == ["5015"]
    html = desk.get(
        f"{reverse('admin:integrations_order_change', args=[order.pk])}?tab=plan"
    ).content.decode()
    assert "Changed by staff" in html
    assert f"a change by staff for this order only: {WHY} (Kim Desk)" in html
    assert "change-value" not in html.split("hub-plan-section")[1]


# --- fields that a plant added to Pace ----------------------------------------------------------------------------


@pytest.fixture
def plants(db: None) -> Order:
    """An order whose Pace server has two fields of its own, and a field rule that writes a third."""
    order = make_order(items=1)
    server = order.storefront.pace_server
    for parent, key, kind in (("Job", "u_rush", "boolean"), ("JobPart", "u_weight", "number")):
        ReferenceEntry.objects.create(
            server=server,
            kind=ReferenceKind.USER_FIELD,
            key=key,
            label=key,
            parent=parent,
            extra={"type": kind},
            seen_at=timezone.now(),
        )
    FieldRule.objects.create(object="shipment", pace_field="u_dock", value="x")
    return order


def test_own_fields_seen_in_pace_and_those_of_field_rules_are_offered(desk: Client, plants: Order) -> None:
    html = desk.get(page(plants)).content.decode()
    for key in (box("job.u_rush"), box("part.u_weight", 1), box("shipment.u_dock", 1)):
        assert key in html
    assert "Your own field in Pace: yes or no." in desk.get(page(plants, "job.u_rush")).content.decode()


def test_an_own_field_takes_what_fits_its_type_only(desk: Client, plants: Order) -> None:
    refused = desk.post(
        page(plants, "part.u_weight", 1), {box("part.u_weight", 1): "heavy", "note": WHY}
    ).content.decode()
    assert "u_weight: “heavy” is not a number." in refused
    assert not OrderOverride.objects.exists()
    desk.post(page(plants, "part.u_weight", 1), {box("part.u_weight", 1): "1.5", "note": WHY})
    assert OrderOverride.objects.get().key == "part.u_weight"


def test_a_field_rule_is_overruled_for_one_order_and_the_job_has_it(hub: Hub, desk: Client) -> None:
    rule = FieldRule.objects.create(
        object="job", pace_field="u_cost_center", value='{{ item.form["Cost center"] }}', required=True
    )
    order = hub.process(
        OrderDraft(
            "Example CU Store", "avery@example.com", [ItemDraft("Poster 18x24", price="5", method="Ground")]
        )
    )
    assert f"field rule {rule.pk}" in order.message
    desk.post(
        page(order, "job.u_cost_center"), {box("job.u_cost_center"): "4410", "note": WHY, "then": "retry"}
    )
    order = hub.process(order)
    assert [one["u_cost_center"] for one in hub.pace.objects("Job", job=order.jobs.get().number)] == ["4410"]
