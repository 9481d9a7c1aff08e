"""What staff change for one order only: it wins over the rules, says so, and what Pace does not list is still refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from integrations.planning.override_fields import FIELDS, changeable, parse_value
from integrations.planning.plan_types import Override, SourceKind
from mappings.types import FieldRuleRow, MappingTable
from tests.planning.builders import PEORIA, SPRINGFIELD, item, order, plan, problems, storefront

WHY = "a change by staff for this order only: asked by phone (Robin Boss)"


def chosen(key: str, value: Any, of: int | None = None) -> Override:
    return Override(key, of, value, WHY)


def test_a_ship_via_of_staff_needs_no_mapping_row() -> None:
    store = storefront(default_ship_via=None)
    assert "no Pace ship via" in problems(order(), store)[0]
    made = plan(order(), store, overrides=(chosen("shipment.shipVia", 2, 1),))
    planned = made.jobs[0].shipments[0].fields["shipVia"]
    assert (planned.value, planned.source.kind, planned.source.detail) == (2, SourceKind.STAFF, WHY)
    assert made.jobs[0].fields["shipVia"] == planned


def test_a_ship_via_that_pace_does_not_have_stays_a_problem() -> None:
    found = problems(order(), overrides=(chosen("shipment.shipVia", 77, 1),))
    assert found == [
        f"Order 10234, item 1: Pace has no ship via 77 (from {WHY}). Choose one that Pace has there."
    ]


def test_a_job_status_that_pace_does_not_have_stays_a_problem() -> None:
    found = problems(overrides=(chosen("job.adminStatus", "ZZ"),))
    assert found == [f'Order 10234: Pace has no job status "ZZ", {WHY}. Choose one that Pace has.']


def test_an_item_template_of_staff_wins_over_every_row() -> None:
    made = plan(overrides=(chosen("part.itemTemplate", "BRO-TPL", 1),))
    part = made.jobs[0].parts[0].fields["itemTemplate"]
    assert (part.value, part.source.kind) == ("BRO-TPL", SourceKind.STAFF)
    assert made.jobs[0].fields["itemTemplate"].value == "BRO-TPL"


def test_an_item_template_that_pace_does_not_have_stays_a_problem() -> None:
    found = problems(overrides=(chosen("part.itemTemplate", "NO-TPL", 1),))
    assert 'Pace has no item template "NO-TPL"' in found[0]


def test_a_change_of_one_item_leaves_the_others_alone() -> None:
    two = order(item(1), item(2, ship_to=SPRINGFIELD))
    made = plan(two, overrides=(chosen("shipment.name", "Front desk", 2),))
    assert [one.fields["name"].value for one in made.jobs[0].shipments] == ["Example CU North", "Front desk"]


def test_items_that_ship_together_share_the_change_of_one_of_them() -> None:
    made = plan(order(item(1), item(2)), overrides=(chosen("shipment.shipVia", 3, 2),))
    assert [one.fields["shipVia"].value for one in made.jobs[0].shipments] == [3]


def test_a_ship_date_of_staff_is_the_date_of_job_and_shipments_and_no_rule_moves_it() -> None:
    at = datetime(2026, 3, 22, 9, 0)  # noqa: DTZ001 - a Sunday, local to the Pace server
    made = plan(
        order(),
        storefront(skip_holidays=True, holiday_country="US"),
        overrides=(chosen("job.scheduledShipDateTime", at),),
    )
    job = made.jobs[0]
    assert job.fields["scheduledShipDateTime"].value == at
    assert job.fields["promiseDateTime"].value == at
    assert job.shipments[0].fields["dateTime"].value == at
    assert job.fields["scheduledShipDateTime"].source.kind == SourceKind.STAFF


def test_a_po_number_of_staff_makes_up_for_a_missing_default() -> None:
    store = storefront(default_po_number="")
    assert "there is no PO number" in problems(order(), store)[0]
    made = plan(order(), store, overrides=(chosen("job.poNum", "4711"),))
    assert made.jobs[0].fields["poNum"].value == "4711"


@pytest.mark.parametrize(("key", "value"), [("job.jobType", 99), ("job.adminStatus", "Z")])
def test_job_types_and_statuses_of_staff_are_checked_like_settings(key: str, value: Any) -> None:
    assert "a change by staff" in problems(overrides=(chosen(key, value),))[0]


def test_an_account_number_of_staff_is_forced_like_any_other() -> None:
    fields = plan(overrides=(chosen("shipment.accountNumber", "A1", 1),)).jobs[0].shipments[0].fields
    assert (fields["accountNumber"].value, fields["forcedAccountNumber"].value) == ("A1", True)


# --- country and state of the ship-to address ---


def unknown_state(**more: Any) -> Any:
    return order(item(ship_to=replace(PEORIA, state="Atlantis", **more)))


def test_a_state_of_staff_makes_up_for_one_that_pace_does_not_know() -> None:
    assert 'Pace has no state "Atlantis"' in problems(unknown_state())[0]
    made = plan(unknown_state(), overrides=(chosen("shipment.state", "TX", 1),))
    fields = made.jobs[0].shipments[0].fields
    assert (fields["state"].value, fields["stateKey"].value) == ("TX", "1:TX")
    assert (fields["state"].source.kind, fields["state"].source.detail) == (SourceKind.STAFF, WHY)
    assert not made.problems


def test_a_state_written_out_is_sent_as_paces_code() -> None:
    made = plan(overrides=(chosen("shipment.state", "Texas", 1),))
    assert made.jobs[0].shipments[0].fields["state"].value == "TX"


def test_a_country_of_staff_is_sent_with_the_states_of_that_country() -> None:
    made = plan(overrides=(chosen("shipment.country", 2, 1), chosen("shipment.state", "ON", 1)))
    fields = made.jobs[0].shipments[0].fields
    assert (fields["country"].value, fields["state"].value, fields["stateKey"].value) == (2, "ON", "2:ON")


def test_a_state_that_the_chosen_country_does_not_have_stays_a_problem() -> None:
    found = problems(overrides=(chosen("shipment.country", 2, 1),))
    assert found == [
        'Order 10234, item 1: Pace has no state "IL" in Canada. Choose a state that Pace has there.'
    ]


def test_a_country_that_pace_does_not_have_stays_a_problem() -> None:
    found = problems(overrides=(chosen("shipment.country", 77, 1),))
    assert found == [f"Order 10234, item 1: Pace has no country 77, {WHY}. Choose one that Pace has."]


def test_items_that_ship_together_stay_together_when_one_gets_another_state() -> None:
    made = plan(order(item(1), item(2)), overrides=(chosen("shipment.state", "TX", 2),))
    assert [one.fields["state"].value for one in made.jobs[0].shipments] == ["TX"]


def test_without_changes_the_plan_is_the_same_to_the_byte() -> None:
    assert plan(overrides=()).as_json() == plan().as_json()


# --- what people type ---


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("shipment.shipVia", " 12 ", 12),
        ("job.scheduledShipDateTime", "2026-01-31 17:00", datetime(2026, 1, 31, 17, 0)),  # noqa: DTZ001
        ("part.itemTemplate", " BC ", "BC"),
    ],
)
def test_typed_values_become_what_pace_takes(key: str, text: str, value: Any) -> None:
    assert parse_value(key, text) == value


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("shipment.shipVia", "Ground", "is not a whole number"),
        ("shipment.shipVia", "", "enter a value"),
        ("job.scheduledShipDateTime", "tomorrow", "like 2026-01-31 17:00"),
        ("job.scheduledShipDateTime", "2026-01-31", "like 2026-01-31 17:00"),
        ("job.scheduledShipDateTime", "2026-01-31T17:00+02:00", "like 2026-01-31 17:00"),
        ("job.poNum", "x" * 51, "at most 50 characters"),
    ],
)
def test_what_pace_would_misread_is_refused_with_a_sentence(key: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_value(key, text)


def test_what_makes_a_job_findable_and_what_must_add_up_cannot_be_changed() -> None:
    names = {field.name for field in FIELDS.values()}
    assert not names & {
        "customer",
        "description",
        "originalQuotedPrice",
        "quotedPrice",
        "qtyOrdered",
        "quantity",
    }


# --- fields that a plant added to Pace ---

TYPES = {("job", "u_rush"): "boolean", ("part", "u_weight"): "number"}


def test_an_own_field_of_staff_wins_over_a_field_rule_and_has_the_type_of_the_field() -> None:
    rules = MappingTable(fields=(FieldRuleRow(1, None, "job", "u_rush", value="no"),))
    made = plan(table=rules, user_fields=TYPES, overrides=(chosen("job.u_rush", "yes"),))
    planned = made.jobs[0].fields["u_rush"]
    assert (planned.value, planned.source.kind, planned.source.detail) == (True, SourceKind.STAFF, WHY)


def test_own_fields_of_parts_shipments_and_cartons_follow_their_item() -> None:
    two = order(item(1), item(2, ship_to=SPRINGFIELD))
    changes = tuple(chosen(f"{level}.u_note", "x", 2) for level in ("part", "shipment", "carton"))
    job = plan(two, overrides=changes).jobs[0]
    assert ["u_note" in part.fields for part in job.parts] == [False, True]
    assert [("u_note" in one.fields, "u_note" in one.carton) for one in job.shipments] == [
        (False, False),
        (True, True),
    ]


def test_an_own_field_whose_type_changed_since_stops_the_order_with_a_sentence() -> None:
    (found,) = problems(user_fields=TYPES, overrides=(chosen("part.u_weight", "heavy", 1),))
    assert found.startswith(
        "Order 10234, item 1: the value that staff chose for u_weight of the part cannot be used: "
    )
    assert "“heavy” is not a number" in found


@pytest.mark.parametrize(
    "key", ["job.u_", "job.u_a b", "contact.u_a", "job.customer", "part.qtyOrdered", "job.U_a"]
)
def test_only_own_fields_of_the_orders_objects_are_changeable(key: str) -> None:
    assert changeable(key) is None
    with pytest.raises(ValueError, match="cannot be changed"):
        parse_value(key, "1")
