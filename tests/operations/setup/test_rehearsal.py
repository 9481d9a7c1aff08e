"""Rehearsals: what a change of the configuration would make of the last orders. Nothing is kept, nobody is called."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.clients.pressero.orders import parse_order
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.models import Order, OrderOverride, PaceServer, Storefront
from integrations.operations.setup import reference, rehearsal, versions
from integrations.operations.setup.configuration import export_configuration
from integrations.operations.setup.rehearsal import RehearsalChange, rehearse
from integrations.operations.setup.rehearsal_inputs import StoredInputs, last_orders, read_orders
from integrations.orders.submission import inputs
from integrations.orders.submission.steps import money_as_text
from integrations.planning.plan import make_plan
from integrations.planning.plan_diff import Objects, objects
from integrations.planning.plan_types import Plan
from integrations.simulation.demo.scenarios import scenarios
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, SandboxAddress
from mappings.models import (
    FieldRule,
    Holiday,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    TableValue,
)
from mappings.resources import KINDS, export_file
from tests.conftest import Hub

STORE = "Example CU Store"
PEORIA = SandboxAddress(
    business="Example CU South",
    address1="22 South Ave",
    city="Peoria",
    state="Illinois",
    postal="61602",
    country="US",
)


@pytest.fixture
def ready(hub: Hub) -> Hub:
    """A hub whose lists of Pace and Pressero were read, as they are every night."""
    reference.refresh_all()
    return hub


def place(hub: Hub, *, method: str = "Ground", needs_approval: bool = False, **values: Any) -> Order:
    item = ItemDraft(
        "Business Card", price="10.00", shipping="1.00", method=method, ship_to=PEORIA, needs_approval=needs_approval
    )  # fmt: skip
    return hub.process(OrderDraft(STORE, "avery@example.com", [item], **values))


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rehearse", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def result_of(*arguments: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return data


def methods_file(folder: Path, **ship_vias: int) -> str:
    file = folder / "methods.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["storefront", "pressero_method", "ship_via", "account_number"])
        rows.writerows(["", name, ship_via, ""] for name, ship_via in ship_vias.items())
    return str(file)


# --- what is the same -----------------------------------------------------------------------------------------


def test_without_a_change_nothing_would_be_different(ready: Hub) -> None:
    orders = [place(ready) for _ in range(3)]
    assert [order.status for order in orders] == ["submitted"] * 3
    assert result_of() == {"orders": 3, "changed": 0, "differences": [], "stops": [], "recovers": []}
    assert "Of the last 3 orders, 0 would be planned differently" in run()


def test_a_rehearsal_plans_what_the_worker_plans(ready: Hub) -> None:
    """Every demo order, planned from what is stored, comes out as planned from what Pressero and Pace say."""
    real = {}
    for scenario in scenarios(timezone.localdate()):
        number = scenario.place(ready.pressero)
        storefront = Storefront.objects.get(site_id=ready.pressero.order(number)["SiteId"])
        shop = pressero_client(storefront.pressero_account)
        payload = shop.order_payload(number)
        at = timezone.now()
        Order.objects.create(
            account=storefront.pressero_account, storefront=storefront, number=number,
            fetched=money_as_text(payload), fetched_at=at,
        )  # fmt: skip
        gathered = inputs.gather(
            parse_order(payload), storefront, pace_client(storefront.pace_server), shop, at
        )
        real[number] = without_buyer(make_plan(replace(gathered, preview=True)))
    now = rehearsal.as_it_is()
    stored = list(read_orders(last_orders(200)))
    assert {
        one.order.number: without_buyer(now.outcome(one).plan)
        for one in stored
        if isinstance(one, StoredInputs)
    } == real


def without_buyer(plan: Plan) -> Objects:
    """The values of a plan but for who the buyer is in Pace and what Pace calls a new order: only Pace knows that."""
    found = objects(plan)
    return {
        name: {field: value for field, value in values.items() if field not in ("customer", "jobOrderType")}
        for name, values in found.items()
        if name not in ("customer", "contact") and not name.startswith("job contact")
    }


# --- what is different ----------------------------------------------------------------------------------------


def test_a_difference_names_order_object_field_before_and_after(ready: Hub, tmp_path: Path) -> None:
    order = place(ready)
    result = result_of("--mappings", "shipment_methods", methods_file(tmp_path, Ground=5012))
    assert result["orders"] == result["changed"] == 1
    assert {
        "order": order.number,
        "object": "shipment",
        "field": "shipVia",
        "before": 5010,
        "after": 5012,
    } in (result["differences"])
    assert {one["object"] for one in result["differences"]} == {"job", "shipment"}
    assert result["stops"] == result["recovers"] == []


def test_an_order_that_would_stop_is_listed_with_the_reason(ready: Hub, tmp_path: Path) -> None:
    order = place(ready)
    result = result_of("--mappings", "shipment_methods", methods_file(tmp_path, Ground=777))
    assert result["stops"] == [order.number]
    (problem,) = [one for one in result["differences"] if one["field"] == "problem"]
    assert problem["before"] is None
    assert "Pace has no ship via 777" in problem["after"]


def test_an_order_that_stopped_and_would_go_through_is_listed(ready: Hub, tmp_path: Path) -> None:
    ready.set_server(default_ship_via=None)
    Storefront.objects.update(default_ship_via=None)
    order = place(ready, method="Courier")
    assert order.status == "needs_attention"
    result = result_of("--mappings", "shipment_methods", methods_file(tmp_path, Courier=5010))
    assert result["recovers"] == [order.number]
    assert "1 that stopped would go through" in run(
        "--mappings", "shipment_methods", methods_file(tmp_path, Courier=5010)
    )


@pytest.mark.parametrize(
    ("kind", "row", "field", "after"),
    [
        ("products", {"product": "Business Card", "match": "name", "item_template": "POSTER-A2"}, "itemTemplate", "POSTER-A2"),
        ("shipment_methods", {"pressero_method": "ground", "ship_via": 5012}, "shipVia", 5012),
        ("shipment_addresses", {"city": "PEORIA", "state": "IL", "ship_via": 5012}, "shipVia", 5012),
        ("shipment_addresses", {"postal": "61602", "ship_via": 5012, "account_number": "A-9"}, "accountNumber", "A-9"),
    ],
)  # fmt: skip
def test_a_row_of_any_kind_is_found_as_the_worker_finds_it(
    ready: Hub, kind: str, row: dict[str, Any], field: str, after: object
) -> None:
    ProductMapping.objects.all().delete()
    ShipmentMethodMapping.objects.all().delete()
    ShipmentAddressMapping.objects.all().delete()
    place(ready)
    new = KINDS[kind].model(**row)
    new.tidy()
    result = rehearse(RehearsalChange(put={kind: [new]}))
    assert {one.after for one in result.differences if one.field == field} == {after}
    new.save()
    assert rehearse(RehearsalChange()).changed == 0
    stored = KINDS[kind].model._default_manager.get()
    assert {
        one.before
        for one in rehearse(RehearsalChange(gone={kind: [stored]})).differences
        if one.field == field
    } == {after}


def test_a_day_off_moves_ship_dates(ready: Hub) -> None:
    ready.storefront(skip_holidays=True)
    ship = timezone.localdate().replace(month=3, day=10, year=timezone.localdate().year + 1)
    while ship.weekday() > 3:
        ship = ship.replace(day=ship.day + 1)
    place(ready, requested_ship_date=ship)
    result = rehearse(RehearsalChange(put={"holidays": [Holiday(date=ship, name="Inventory")]}))
    (difference,) = [
        one for one in result.differences if one.field == "promiseDateTime" and one.object == "job"
    ]
    assert str(difference.before).startswith(ship.isoformat())
    assert not str(difference.after).startswith(ship.isoformat())


def test_a_field_rule_and_its_value_table(ready: Hub) -> None:
    place(ready)
    rule = FieldRule(object="job", pace_field="description2", value="{{ item.method | lookup: 'ways' }}")
    rule.tidy()
    value = TableValue(table="ways", original="Ground", replacement="BY ROAD")
    value.tidy()
    result = rehearse(RehearsalChange(put={"fields": [rule], "values": [value]}))
    assert [(one.object, one.field, one.after) for one in result.differences] == [
        ("job", "description2", "BY ROAD")
    ]


def test_a_setting_of_a_storefront(ready: Hub) -> None:
    place(ready)
    storefront = Storefront.objects.select_related("pace_server", "pressero_account").get(name=STORE)
    storefront.default_po_number = "HOUSE"
    result = rehearse(rehearsal.of_setting(storefront))
    assert [(one.object, one.field, one.before, one.after) for one in result.differences] == [
        ("job", "poNum", "9999", "HOUSE")
    ]


def test_a_setting_of_a_pace_server(ready: Hub) -> None:
    place(ready)
    server = PaceServer.objects.get()
    server.job_type = 99
    result = rehearse(rehearsal.of_setting(server))
    assert len(result.stops) == 1
    assert PaceServer.objects.get().job_type != 99


def test_jobs_that_would_be_split_are_counted_instead_of_compared(ready: Hub) -> None:
    items = [ItemDraft("Business Card", price="10.00", shipping="1.00", method="Ground") for _ in range(2)]
    ready.process(OrderDraft(STORE, "avery@example.com", items))
    storefront = Storefront.objects.select_related("pace_server", "pressero_account").get(name=STORE)
    storefront.one_job_per_item = True
    found = rehearse(rehearsal.of_setting(storefront)).differences
    assert ("order", "jobs", 1, 2) in [(one.object, one.field, one.before, one.after) for one in found]


def test_a_storefront_that_would_be_switched_off_holds_its_orders_back(ready: Hub) -> None:
    order = place(ready)
    storefront = Storefront.objects.select_related("pace_server", "pressero_account").get(name=STORE)
    storefront.active = False
    result = rehearse(rehearsal.of_setting(storefront))
    assert result.stops == [order.number]
    assert "is inactive, so its orders wait" in str(result.differences[0].after)


def test_an_order_that_would_wait_for_approval_says_so(ready: Hub) -> None:
    order = place(ready, needs_approval=True)
    storefront = Storefront.objects.select_related("pace_server", "pressero_account").get(name=STORE)
    storefront.wait_for_approval = True
    result = rehearse(rehearsal.of_setting(storefront))
    assert [(one.order, one.field, one.before, one.after) for one in result.differences] == [
        (order.number, "decision", "send", "wait")
    ]


def test_what_staff_chose_for_one_order_stays(ready: Hub, tmp_path: Path) -> None:
    order = place(ready)
    OrderOverride.objects.create(
        order=order, key="shipment.shipVia", value="5011", note="Urgent", made_by="Jo"
    )
    assert (
        result_of("--mappings", "shipment_methods", methods_file(tmp_path, Ground=5012))["differences"] == []
    )


# --- every source of a change ---------------------------------------------------------------------------------


def test_a_configuration_file(ready: Hub, tmp_path: Path) -> None:
    order = place(ready)
    data = export_configuration()
    for storefront in data["storefronts"]:
        storefront["default_po_number"] = "FILE"
    file = tmp_path / "hub.json"
    file.write_text(json.dumps(data))
    before = export_configuration()
    result = result_of("--config", str(file))
    assert [(one["order"], one["field"], one["after"]) for one in result["differences"]] == [
        (order.number, "poNum", "FILE")
    ]
    assert export_configuration() == before


def test_a_version(ready: Hub) -> None:
    place(ready)
    versions.note("jo")
    ProductMapping.objects.create(product="Business Card", match="name", item_template="POSTER-A2")
    ready.storefront(default_po_number="LATER")
    versions.note("sam")
    found = {
        (one["field"], one["before"], one["after"]) for one in result_of("--version", "1")["differences"]
    }
    assert ("poNum", "LATER", "9999") in found
    assert "itemTemplate" in {field for field, _, _ in found}
    assert ProductMapping.objects.filter(product="Business Card").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_any_kind_of_mapping(ready: Hub, kind: str, tmp_path: Path) -> None:
    place(ready)
    file = tmp_path / "rows.csv"
    export_file(kind, file)
    assert result_of("--mappings", kind, str(file))["differences"] == []


def test_only_orders_of_one_storefront_and_only_so_many(ready: Hub) -> None:
    for _ in range(3):
        place(ready)
    assert result_of("--orders", "2")["orders"] == 2
    assert result_of("--storefront", STORE)["orders"] == 3
    assert result_of("--storefront", "Sample Health Portal")["orders"] == 0


# --- bad input ------------------------------------------------------------------------------------------------


def test_a_configuration_that_cannot_be_applied_is_refused_before_anything_is_planned(
    ready: Hub, tmp_path: Path
) -> None:
    place(ready)
    file = tmp_path / "hub.json"
    file.write_text(json.dumps({"storefronts": [{"name": "X", "site_id": "1", "pace_server": "nowhere"}]}))
    with pytest.raises(CommandError, match="nothing was planned") as caught:
        run("--config", str(file))
    assert "storefronts[0].pace_server" in str(caught.value)


def test_a_file_of_mappings_with_errors_is_refused_with_its_lines(ready: Hub, tmp_path: Path) -> None:
    file = tmp_path / "methods.csv"
    file.write_text("storefront,pressero_method,ship_via,account_number\n,Ground,many,\n")
    with pytest.raises(CommandError, match="line 2: ship_via"):
        run("--mappings", "shipment_methods", str(file))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--version", "9"), "There is no version 9"),
        (("--mappings", "colors", "x.csv"), "There is no kind “colors”"),
        (("--mappings", "products", "nowhere.csv"), "cannot be read"),
        (("--config", "nowhere.json"), "cannot be read"),
        (("--orders", "0"), "write a number from 1 to 5000"),
        (("--storefront", "Nowhere"), "There is no storefront called"),
    ],
)
def test_what_does_not_exist_is_named(ready: Hub, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*arguments)


def test_orders_that_can_no_longer_be_read_are_counted_and_named(ready: Hub) -> None:
    good, cleared, broken = place(ready), place(ready), place(ready)
    Order.objects.filter(pk=cleared.pk).update(fetched=None)
    Order.objects.filter(pk=broken.pk).update(
        fetched={"details": {"OrderNumber": broken.number}, "items": [{}]}
    )
    errors = io.StringIO()
    out = io.StringIO()
    call_command("rehearse", "--json", stdout=out, stderr=errors)
    assert json.loads(out.getvalue())["orders"] == 1
    assert f"Order {cleared.number} was left out. It was not read from Pressero yet" in errors.getvalue()
    assert f"Order {broken.number} was left out." in errors.getvalue()
    assert str(good.number) not in errors.getvalue()


def test_an_order_of_a_server_whose_lists_were_never_read_is_planned(hub: Hub, tmp_path: Path) -> None:
    place(hub)
    result = result_of("--mappings", "shipment_methods", methods_file(tmp_path, Ground=5012))
    assert result["stops"] == []
    assert result["changed"] == 1


# --- what it costs --------------------------------------------------------------------------------------------


def test_no_other_system_is_called_and_nothing_is_kept(ready: Hub, tmp_path: Path) -> None:
    place(ready)
    file = methods_file(tmp_path, Ground=5012)
    calls = (len(ready.pace.calls), len(ready.pressero.calls))
    tables = {model: model.objects.count() for model in (Order, ShipmentMethodMapping, Storefront)}
    with CaptureQueriesContext(connection) as asked:
        run("--mappings", "shipment_methods", file)
    assert (len(ready.pace.calls), len(ready.pressero.calls)) == calls
    written = [
        query["sql"] for query in asked if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE", "BEGIN")
    ]
    assert written == []
    assert tables == {model: model.objects.count() for model in tables}


def test_it_asks_the_database_less_than_twenty_times_and_once_more_for_a_hundred_orders(
    ready: Hub, tmp_path: Path
) -> None:
    order = place(ready)
    file = methods_file(tmp_path, Ground=5012)
    asked = {}
    for count in (1, 100, 250):
        existing = Order.objects.count()
        Order.objects.bulk_create(
            Order(
                account=order.account, storefront=order.storefront, number=900_000 + existing + n,
                fetched=order.fetched, fetched_at=order.fetched_at,
            )
            for n in range(count - existing)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert (
                result_of("--mappings", "shipment_methods", file, "--orders", str(count))["orders"] == count
            )
        asked[count] = len(captured)
    assert asked[100] < 20 + 1
    assert asked[100] == asked[1]
    assert asked[250] == asked[100] + 2
