"""Looking in Pace for the jobs that others made for orders in shadow mode, and storing how they compare."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.core.connections import cached_lists
from integrations.enums import ShadowResult, StorefrontMode
from integrations.models import Order, ShadowComparison, ShadowDifference
from integrations.orders.submission import shadow
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft, SandboxAddress
from mappings.models import ShipmentMethodMapping
from tests.conftest import Hub
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.django_db

CU = "Example CU Store"
HOME = SandboxAddress(
    business="Example Credit Union", first_name="Avery", last_name="Sample", address1="100 Main St",
    city="Springfield", state="IL", postal="62701", country="US", phone="555-0100",
)  # fmt: skip


def draft(**more: Any) -> OrderDraft:
    items = [
        ItemDraft("Poster 18x24", quantity=2, price="54.00", shipping="8.75", tax="4.46", method="Ground",
                  ship_to=HOME, files=[FileDraft("lobby.pdf", "gen", size=1000)]),
        ItemDraft("Business Card", quantity=1, price="48.25", method="Will Call", ship_to=HOME,
                  options={"Paper": "14pt", "Sides": "2"}),
    ]  # fmt: skip
    return OrderDraft(CU, "avery@example.com", items, **more)


@pytest.fixture
def shop(hub: Hub) -> Hub:
    """A hub with a storefront in shadow mode."""
    hub.storefront(mode=StorefrontMode.SHADOW)
    return hub


def comparison(order: Order) -> ShadowComparison:
    return ShadowComparison.objects.get(order=order)


def differences(order: Order) -> list[tuple[str, str, str, str]]:
    rows = ShadowDifference.objects.filter(comparison__order=order)
    return list(rows.values_list("object", "field", "ours", "theirs"))


def later(order: Order, **delta: int) -> None:
    """Let so much time pass for the comparison of an order. The day that it was planned on stays the same."""
    _earlier(order, ("planned_at", "due_at", "compared_at"), **delta)


def planned_earlier(order: Order, **delta: int) -> None:
    _earlier(order, ("first_planned_at", "planned_at", "due_at", "compared_at"), **delta)


def _earlier(order: Order, moments: tuple[str, ...], **delta: int) -> None:
    row = comparison(order)
    for name in moments:
        if moment := getattr(row, name):
            setattr(row, name, moment - timedelta(**delta))
    row.save()


# --- what is found ------------------------------------------------------------------------------------------------


def test_a_job_made_as_the_hub_would_is_the_same(shop: Hub) -> None:
    order = shop.process(draft(po_number="PO-1"))
    number = make_job(shop.pace, order)
    assert shadow.compare_due().compared == 1
    row = comparison(order)
    assert (row.result, row.jobs, differences(order)) == (ShadowResult.SAME, [number], [])
    assert [table["title"] for table in row.tables][:2] == [f"Job {number}", f"Job {number}, part 01"]


@pytest.mark.parametrize("unit", ["order", "split"])
def test_every_kind_of_job_is_found_the_same(shop: Hub, unit: str) -> None:
    shop.storefront(one_job_per_item=unit == "split")
    order = shop.process(draft())
    for position in range(len((order.plan or {})["jobs"])):
        make_job(shop.pace, order, unit=position)
    shadow.compare_due()
    assert (comparison(order).result, differences(order)) == (ShadowResult.SAME, [])


def test_what_differs_is_stored_with_what_would_remove_it(shop: Hub) -> None:
    order = shop.process(draft())
    make_job(shop.pace, order, job={"poNum": "WEB"}, shipment={"shipVia": 5013})
    shadow.compare_due()
    row = comparison(order)
    assert row.result == ShadowResult.DIFFERENT
    assert ("job", "poNum", "9999", "WEB") in differences(order)
    assert ("shipment", "shipVia", "5010", "5013") in differences(order)
    ground = ShipmentMethodMapping.objects.get(pressero_method="Ground")
    fix = ShadowDifference.objects.get(object="shipment", ours="5010", field="shipVia")
    assert (fix.fix_kind, fix.fix_target, fix.fix_row) == ("mapping", "shipment_methods", ground.pk)
    assert (
        fix.fix
        == f"Change the shipment method mapping for “Ground” (row {ground.pk}) so that it gives ship via 5013."
    )


@pytest.mark.parametrize(
    "whose",
    [
        {"description": "Web order {number}, posters", "webOrderID": ""},
        {"description": "posters for the lobby", "webOrderID": "{number}"},
        {"description": "posters for the lobby", "webOrderID": "", "poNum": "PO-77"},
    ],
)
def test_a_job_is_found_whatever_it_is_called(shop: Hub, whose: dict[str, str]) -> None:
    order = shop.process(draft(po_number="PO-77"))
    number = make_job(
        shop.pace,
        order,
        job={name: text.format(number=order.number) for name, text in whose.items()},
    )
    shadow.compare_due()
    assert (comparison(order).result, comparison(order).jobs) == (ShadowResult.SAME, [number])


def test_a_job_that_the_hub_made_is_never_taken_for_one_of_others(shop: Hub) -> None:
    live = shop.process(OrderDraft("Demo University Shop", "casey@example.com", [ItemDraft("Poster 18x24", price="1.00", method="Ground")]))  # fmt: skip
    order = shop.process(draft())
    own = live.jobs.get()
    shop.pace.put("Job", job=own.number, webOrderID=str(order.number))
    shadow.compare_due()
    assert comparison(order).result == ShadowResult.NOT_FOUND


def test_the_timeline_says_what_was_found(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order, job={"poNum": "WEB"})
    shadow.compare_due()
    said = [line.sentence for line in audit.timeline(order) if line.type.startswith("shadow.")]
    assert said == [f"Found job {number} in Pace. 1 field differs from the plan."]


# --- when it is looked for ----------------------------------------------------------------------------------------


def test_a_job_that_is_not_there_yet_is_looked_for_again(shop: Hub) -> None:
    order = shop.process(draft())
    shadow.compare_due()
    row = comparison(order)
    assert row.result == ShadowResult.NOT_FOUND
    assert row.due_at is not None and row.due_at > timezone.now() + timedelta(minutes=9)
    assert shadow.compare_due().compared == 0
    make_job(shop.pace, order)
    later(order, minutes=11)
    shadow.compare_due()
    assert comparison(order).result == ShadowResult.SAME


def test_after_a_week_it_is_not_looked_for_any_more(shop: Hub) -> None:
    order = shop.process(draft())
    planned_earlier(order, days=8)
    shadow.compare_due()
    assert (comparison(order).result, comparison(order).due_at) == (ShadowResult.NOT_FOUND, None)


def test_a_job_that_differs_is_compared_once_more_when_it_is_finished(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order, job={"poNum": "WEB"})
    shadow.compare_due()
    shop.pace.put("Job", job=number, poNum="9999")
    later(order, hours=2)
    shadow.compare_due()
    assert (comparison(order).result, differences(order)) == (ShadowResult.SAME, [])
    assert comparison(order).due_at is None


def test_a_mapping_that_was_corrected_counts_at_the_next_comparison(shop: Hub) -> None:
    order = shop.process(draft())
    make_job(shop.pace, order, job={"shipVia": 5011}, shipment={"shipVia": 5011})
    shadow.compare_due()
    assert comparison(order).result == ShadowResult.DIFFERENT
    ShipmentMethodMapping.objects.update(ship_via=5011)
    assert shadow.ask_again(order.storefront) == 1
    shadow.compare_due()
    assert (comparison(order).result, differences(order)) == (ShadowResult.SAME, [])


def test_the_plan_is_made_as_of_the_day_the_order_came(shop: Hub) -> None:
    order = shop.process(draft())  # no ship date: so many days from then
    make_job(shop.pace, order)
    planned_earlier(order, days=3)
    ShadowComparison.objects.update(due_at=timezone.now())
    shadow.compare_due()
    moved = {"scheduledShipDateTime", "promiseDateTime", "dateTime"}
    assert {name for _, name, _, _ in differences(order)} == moved


def test_a_plan_that_would_stop_now_is_a_difference(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order)
    ShipmentMethodMapping.objects.all().delete()
    shadow.compare_due()
    [(kind, name, ours, theirs)] = differences(order)
    assert (kind, name, theirs) == ("order", "stops", number)
    assert "has no Pace ship via" in ours


# --- how -----------------------------------------------------------------------------------------------------------


def test_forty_orders_whose_jobs_are_not_there_cost_two_calls(shop: Hub) -> None:
    for _ in range(40):
        shop.process(draft())
    shop.pace.clear_calls()
    shadow.compare_due()
    assert len(shop.pace.calls) == 2


def test_orders_that_are_found_cost_a_few_calls_each(shop: Hub) -> None:
    for _ in range(5):
        make_job(shop.pace, shop.process(draft()))
    shop.pace.clear_calls()
    shadow.compare_due()
    assert len(shop.pace.calls) <= 1 + 4 + 2 * 5


def test_two_orders_of_one_number_from_two_subscriptions_are_both_compared(shop: Hub) -> None:
    order = shop.process(draft())
    now = timezone.now()
    other = make_storefront(pace_server=shop.server, mode=StorefrontMode.SHADOW)
    twin = make_order(
        storefront=other, number=order.number, status="shadow", fetched=order.fetched, plan=order.plan
    )
    ShadowComparison.objects.create(
        order=twin, storefront=other, first_planned_at=now, planned_at=now, due_at=now
    )
    done = shadow.compare_due(budget=5)
    assert (done.compared, done.unfinished) == (2, False)
    assert comparison(twin).compared_at is not None


def test_a_pace_that_is_down_loses_nothing(shop: Hub) -> None:
    order = shop.process(draft())
    shop.set_server(url="http://127.0.0.1:1/rpc/rest/services")
    cached_lists.forget_cached()
    done = shadow.compare_due()
    row = comparison(order)
    assert (row.result, row.problem) == (ShadowResult.PENDING, done.problems[0])
    assert row.due_at is not None and row.due_at > timezone.now()


def test_an_order_planned_anew_meanwhile_keeps_its_own_state(shop: Hub) -> None:
    order = shop.process(draft())
    stale = ShadowComparison.objects.select_related("order", "storefront").get(order=order)
    ShadowComparison.objects.update(planned_at=timezone.now() + timedelta(seconds=1))
    shadow._store(stale, ShadowResult.SAME, ["1"])
    assert comparison(order).result == ShadowResult.PENDING
