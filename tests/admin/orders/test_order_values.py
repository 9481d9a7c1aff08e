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
from tests.factories import OPERATOR, make_order, make_user

pytestmark = pytest.mark.django_db
WHY = "Customer asked for it by phone"


@pytest.fixture
def desk(login: Login) -> Client:
    return login(make_user("desk", *OPERATOR, first_name="Kim", last_name="Desk"))


def page(order: Order, key: str = "", item: int | None = None) -> str:
    url = reverse("admin:integrations_order_change_value", args=[order.pk])
    return f"{url}?key={key}" + (f"&item={item}" if item else "") if key else url


def test_the_page_offers_the_values_of_the_order_and_of_each_item(desk: Client) -> None:
    html = desk.get(page(make_order(items=2))).content.decode()
    assert "Whole order" in html
    assert "Item 2: Business Card 2" in html
    assert "key=shipment.shipVia&amp;item=2" in html


def test_a_change_is_kept_with_who_and_why_and_stands_in_the_timeline(desk: Client) -> None:
    order = make_order(items=1, status="needs_attention")
    answer = desk.post(page(order, "shipment.shipVia", 1), {"value": "2", "note": WHY})
    assert answer.status_code == 302
    row = OrderOverride.objects.get()
    assert (row.order, row.item, row.key, row.value, row.note, row.made_by) == (
        order, 1, "shipment.shipVia", "2", WHY, "Kim Desk",
    )  # fmt: skip
    entry = AuditEntry.objects.get(type="staff.override")
    assert entry.data["note"] == WHY
    assert entry.user is not None
    html = desk.get(reverse("admin:integrations_order_change", args=[order.pk])).content.decode()
    assert "Kim Desk changed Ship via of item 1 to “2” for this order only" in html


def test_save_and_retry_sends_the_order_back_to_work(desk: Client) -> None:
    order = make_order(items=1, status="needs_attention")
    desk.post(page(order, "shipment.shipVia", 1), {"value": "5015", "note": WHY, "then": "retry"})
    assert Order.objects.get().due_at is not None
    assert AuditEntry.objects.filter(type="staff.retry").exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"value": "2", "note": ""}, "Say in a few words why."),
        ({"value": "2", "note": "x"}, "Enter a reason; it is stored"),
        ({"value": "Ground", "note": WHY}, "is not a whole number"),
        ({"value": "", "note": WHY}, "Enter a value."),
    ],
)
def test_a_change_without_a_reason_or_a_usable_value_is_refused(
    desk: Client, data: dict[str, str], sentence: str
) -> None:
    order = make_order(items=1)
    assert sentence in desk.post(page(order, "shipment.shipVia", 1), data).content.decode()
    assert not OrderOverride.objects.exists()


def test_a_change_can_be_taken_back(desk: Client) -> None:
    order = make_order(items=1)
    desk.post(page(order, "shipment.shipVia", 1), {"value": "2", "note": WHY})
    desk.post(page(order, "shipment.shipVia", 1), {"take_back": "1"})
    assert not OrderOverride.objects.exists()
    assert AuditEntry.objects.filter(type="staff.override_removed").count() == 1


def test_nothing_is_changed_here_once_a_job_is_in_pace(desk: Client) -> None:
    order = make_order(items=1, jobs=("10001",))
    assert "is in Pace already" in desk.get(page(order, "shipment.shipVia", 1)).content.decode()
    with pytest.raises(NotAllowed, match="is in Pace already"):
        overrides.change(order, "shipment.shipVia", "2", note=WHY, item=1, actor="Kim")


def test_nothing_is_changed_while_a_worker_is_at_the_order() -> None:
    order = make_order(items=1)
    orders.wake(order.pk)
    assert orders.claim(order.pk)
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
    desk.post(page(order, "shipment.shipVia", 1), {"value": "5015", "note": WHY, "then": "retry"})
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
    for key in ("key=job.u_rush", "key=part.u_weight&amp;item=1", "key=shipment.u_dock&amp;item=1"):
        assert key in html
    assert "Your own field in Pace: yes or no." in desk.get(page(plants, "job.u_rush")).content.decode()


def test_an_own_field_takes_what_fits_its_type_only(desk: Client, plants: Order) -> None:
    refused = desk.post(page(plants, "part.u_weight", 1), {"value": "heavy", "note": WHY}).content.decode()
    assert "u_weight: “heavy” is not a number." in refused
    assert not OrderOverride.objects.exists()
    desk.post(page(plants, "part.u_weight", 1), {"value": "1.5", "note": WHY})
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
    desk.post(page(order, "job.u_cost_center"), {"value": "4410", "note": WHY, "then": "retry"})
    order = hub.process(order)
    assert [one["u_cost_center"] for one in hub.pace.objects("Job", job=order.jobs.get().number)] == ["4410"]
