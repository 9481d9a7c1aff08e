"""Field rules from a buyer's form to the job in Pace, over real HTTP, and what an order that a rule stops looks like."""

import time

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core.workqueue import orders
from integrations.models import AuditEntry, Order, OrderChange, PaceSnapshot
from integrations.operations import order_actions, pace_snapshot
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import FieldRule, TableValue
from tests.conftest import Hub
from tests.factories import make_superuser

pytestmark = pytest.mark.e2e


def draft(**form: str) -> OrderDraft:
    item = ItemDraft("Poster 18x24", quantity=2, price="10.00", method="Ground", form_fields=form)
    return OrderDraft("Example CU Store", "avery@example.com", [item], checkout_fields={"Budget": "B-7"})


@pytest.fixture
def rules(hub: Hub) -> list[FieldRule]:
    TableValue.objects.create(table="CSR", original="Marketing", replacement="7")
    return [
        FieldRule.objects.create(
            object="job", pace_field="u_cost_center", value='{{ item.form["cost center"] }}'
        ),
        FieldRule.objects.create(
            object="job", pace_field="csr", value='{{ buyer.department | lookup: "CSR" }}'
        ),
        FieldRule.objects.create(
            object="part", pace_field="salesCategory", when='item.product.name contains "Poster"', value="3"
        ),
        FieldRule.objects.create(
            object="shipment", pace_field="notes", value='Budget {{ item.form["Budget"] }}'
        ),
        FieldRule.objects.create(object="carton", pace_field="note", value="{{ order.number }}"),
    ]


def test_what_the_rules_say_is_in_pace(hub: Hub, rules: list[FieldRule]) -> None:
    order = hub.process(draft(**{"Cost center": "4410"}))
    assert order.status == "submitted"
    number = order.jobs.get().number
    [job] = hub.pace.objects("Job", job=number)
    assert (job["u_cost_center"], job["csr"]) == ("4410", 7)
    [part] = hub.pace.objects("JobPart", job=number)
    assert part["salesCategory"] == 3
    [shipment] = hub.pace.objects("JobShipment", job=number)
    assert shipment["notes"] == "Budget B-7"
    [carton] = hub.pace.objects("Carton", shipment=shipment["id"])
    assert carton["note"] == str(order.number)


def test_the_timeline_and_the_plan_name_the_rule_and_lead_to_it(
    hub: Hub, rules: list[FieldRule], client: Client
) -> None:
    order = hub.process(draft(**{"Cost center": "4410"}))
    chosen = AuditEntry.objects.filter(order=order, type="mapping.chosen", data__field="csr").get()
    assert chosen.data["reason"] == f"field rule {rules[1].pk}"
    client.force_login(make_superuser())
    page = client.get(
        reverse("admin:integrations_order_change", args=[order.pk]) + "?tab=plan"
    ).content.decode()
    assert f"field rule {rules[1].pk}" in page
    assert reverse("admin:mappings_fieldrule_change", args=[rules[1].pk]) in page


def test_a_rule_that_cannot_be_applied_stops_its_order_alone_and_a_fix_lets_it_through(hub: Hub) -> None:
    rule = FieldRule.objects.create(
        object="job", pace_field="csr", when='item.form["CSR"]', value='{{ item.form["CSR"] }}'
    )
    order = hub.process(draft(CSR="Kim"))
    assert order.status == "needs_attention"
    assert f"field rule {rule.pk}" in order.message
    assert "“Kim” is not a whole number" in order.message
    assert hub.process(draft()).status == "submitted"
    rule.value = "9"
    rule.save()
    order_actions.retry(order, actor="test")
    runner.process(order.pk)
    assert Order.objects.get(pk=order.pk).status == "submitted"


def test_a_rule_that_goes_on_too_long_stops_its_order_with_its_name_and_delays_no_other(hub: Hub) -> None:
    rule = FieldRule.objects.create(
        object="job", pace_field="description2", when='item.form["Loop"]',
        value="{% for a in (1..1000) %}{% for b in (1..1000) %}{{ b }}{% endfor %}{% endfor %}",
    )  # fmt: skip
    began = time.process_time()
    order = hub.process(draft(Loop="yes"))
    assert order.status == "needs_attention"
    assert f"field rule {rule.pk}" in order.message
    assert hub.process(draft()).status == "submitted"
    assert time.process_time() - began < 5


def test_the_items_tab_shows_what_the_buyer_filled_in(hub: Hub, client: Client) -> None:
    order = hub.process(draft(**{"Cost center": "4410"}))
    client.force_login(make_superuser())
    page = client.get(
        reverse("admin:integrations_order_change", args=[order.pk]) + "?tab=items"
    ).content.decode()
    for text in ("Cost center", "4410", "Budget", "B-7", "Marketing", "Form fields", "Checkout form fields"):
        assert text in page


def test_a_contact_rule_is_on_the_contact_that_pace_makes_of_the_address(hub: Hub) -> None:
    FieldRule.objects.create(
        object="contact", pace_field="residential", when='contact.kind == "ship_to"', value="yes"
    )
    order = hub.process(draft())
    assert order.status == "submitted"
    [shipment] = hub.pace.objects("JobShipment", job=order.jobs.get().number)
    [contact] = hub.pace.objects("Contact", id=shipment["contactNumber"])
    assert contact["residential"] is True
    assert contact["companyName"] == shipment["name"]


def test_the_preview_shows_what_the_rules_say_and_which_rule(
    hub: Hub, rules: list[FieldRule], client: Client
) -> None:
    order = hub.process(draft(**{"Cost center": "4410"}))
    client.force_login(make_superuser())
    page = client.get(reverse("admin:integrations_order_preview", args=[order.pk])).content.decode()
    for text in ("u_cost_center", "4410", "Budget B-7", f"field rule {rules[3].pk}"):
        assert text in page
    assert reverse("admin:mappings_fieldrule_change", args=[rules[0].pk]) in page


def in_pace(order: Order) -> dict[str, dict[str, tuple[str, str, bool | None]]]:
    """What the In Pace tab shows, read anew: sent, held and whether they are the same, by table and field."""
    pace_snapshot.ask(order, actor="test")
    pace_snapshot.read(order.pk)
    snapshot = PaceSnapshot.objects.get(order=order)
    assert snapshot.problem == ""
    return {
        table["title"].partition(", ")[2]: {
            row["field"]: (row["sent"], row["held"], row["same"]) for row in table["rows"]
        }
        for table in snapshot.held
    }


def test_what_pace_holds_is_compared_with_what_the_rules_said(hub: Hub, rules: list[FieldRule]) -> None:
    FieldRule.objects.create(
        object="contact", pace_field="residential", when='contact.kind == "ship_to"', value="yes"
    )
    order = hub.process(draft(**{"Cost center": "4410"}))
    tables = in_pace(order)
    assert tables[""]["u_cost_center"] == ("4410", "4410", True)
    assert tables["part 01"]["salesCategory"] == ("3", "3", True)
    assert tables["shipment 1"]["notes"] == ("Budget B-7", "Budget B-7", True)
    assert tables["shipment 1, carton"]["note"] == (str(order.number), str(order.number), True)
    assert tables["shipment 1, ship-to contact"]["residential"][2] is True


def test_a_value_of_a_rule_that_was_changed_in_pace_is_a_difference(
    hub: Hub, rules: list[FieldRule], client: Client
) -> None:
    order = hub.process(draft(**{"Cost center": "4410"}))
    hub.pace.put("Job", job=order.jobs.get().number, u_cost_center="9999")
    assert in_pace(order)[""]["u_cost_center"] == ("4410", "9999", False)
    client.force_login(make_superuser())
    page = client.get(
        reverse("admin:integrations_order_change", args=[order.pk]) + "?tab=changes"
    ).content.decode()
    assert "u_cost_center" in page
    assert "9999" in page


def test_orders_without_rules_for_cartons_and_contacts_cost_no_call_more(hub: Hub) -> None:
    order = hub.process(draft())
    before = len(hub.pace.calls)
    in_pace(order)
    assert len(hub.pace.calls) - before == 4


def test_a_form_field_that_changes_after_submission_says_what_the_rules_make_of_it(
    hub: Hub, rules: list[FieldRule]
) -> None:
    order = hub.process(draft(**{"Cost center": "4410"}))
    hub.pressero.edit_item(order.number, 1, form_fields={"Cost center": "5520"})
    orders.wake(order.pk)
    hub.process(order)
    found = {one.field: (one.item, one.before, one.after) for one in OrderChange.objects.filter(order=order)}
    assert found["u_cost_center of the job"] == (None, "4410", "5520")
