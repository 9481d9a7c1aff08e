"""`shadow_report`: what a storefront in shadow mode would have done, beside the jobs in Pace."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.enums import StorefrontMode
from integrations.models import Order, ShadowComparison
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import ShipmentMethodMapping
from tests.conftest import Hub

pytestmark = pytest.mark.django_db

CU = "Example CU Store"


def draft(method: str = "Ground") -> OrderDraft:
    return OrderDraft(CU, "avery@example.com", [ItemDraft("Poster 18x24", price="10.00", method=method)])


def run(*options: str) -> str:
    out = io.StringIO()
    call_command("shadow_report", CU, *options, stdout=out)
    return out.getvalue()


def as_json() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--json"))
    return found


@pytest.fixture
def shop(hub: Hub) -> Hub:
    hub.storefront(mode=StorefrontMode.SHADOW)
    return hub


def test_the_json_is_as_the_contract_has_it(shop: Hub) -> None:
    same, first, second, lost = (shop.process(draft()) for _ in range(4))
    make_job(shop.pace, same)
    for order in (first, second):
        make_job(shop.pace, order, shipment={"shipVia": 5013})
    row = ShipmentMethodMapping.objects.get(pressero_method="Ground")
    assert lost.number
    assert as_json() == {
        "orders": 4,
        "same": 1,
        "different": 2,
        "not_found": 1,
        "differences": [
            {
                "object": "shipment",
                "field": "shipVia",
                "ours": "5010",
                "theirs": "5013",
                "orders": [first.number, second.number],
                "fix": f"Change the shipment method mapping for “Ground” (row {row.pk}) so that it gives ship via 5013.",
            }
        ],
    }


def test_it_compares_afresh_with_the_configuration_as_it_is(shop: Hub) -> None:
    make_job(shop.pace, shop.process(draft()), job={"shipVia": 5013}, shipment={"shipVia": 5013})
    assert as_json()["different"] == 1
    ShipmentMethodMapping.objects.update(ship_via=5013)
    assert as_json() == {"orders": 1, "same": 1, "different": 0, "not_found": 0, "differences": []}


def test_an_order_that_would_have_stopped_counts_as_different(shop: Hub) -> None:
    order = shop.process(draft("Overnight"))
    found = as_json()
    assert (found["orders"], found["different"]) == (1, 1)
    [stop] = found["differences"]
    assert (stop["object"], stop["field"], stop["orders"]) == ("order", "stops", [order.number])
    assert 'the shipping method "Overnight" has no Pace ship via' in stop["fix"]


def test_for_reading_it_says_what_to_change(shop: Hub) -> None:
    order = shop.process(draft())
    make_job(shop.pace, order, job={"poNum": "WEB"})
    text = run()
    assert text.splitlines()[0] == (
        f"{CU}, shadow mode: 1 orders compared. 0 the same as the job in Pace, 1 different, 0 without a job in Pace."
    )
    assert f"job poNum: 1 order ({order.number})" in text
    assert "Set the storefront's default PO number to WEB." in text


def test_nothing_is_written(shop: Hub) -> None:
    make_job(shop.pace, shop.process(draft()))
    state = shop.pace.state()
    run()
    assert shop.pace.state() == state


def test_a_storefront_that_is_live_says_so(hub: Hub) -> None:
    with pytest.raises(CommandError, match="does not run in shadow mode"):
        run()


def test_a_pace_that_is_down_shows_what_was_compared_before(shop: Hub, capsys: Any) -> None:
    make_job(shop.pace, shop.process(draft()))
    assert as_json()["same"] == 1
    shop.set_server(url="http://127.0.0.1:1/rpc/rest/services")
    assert as_json()["same"] == 1
    assert "Sandbox Pace" in capsys.readouterr().err


def test_an_order_that_can_no_longer_be_read_is_named(shop: Hub) -> None:
    order = shop.process(draft())
    make_job(shop.pace, order)
    broken = {**order.fetched, "items": [{**order.fetched["items"][0], "TotalQuantity": "many"}]}
    Order.objects.filter(pk=order.pk).update(fetched=broken)
    assert f"rder {order.number}" in run().splitlines()[1]


def test_the_report_takes_five_queries(shop: Hub, django_assert_num_queries: Any) -> None:
    from integrations.operations import shadow_report

    for _ in range(3):
        make_job(shop.pace, shop.process(draft()), job={"poNum": "WEB"})
    run()
    storefront = ShadowComparison.objects.all()[0].storefront
    with django_assert_num_queries(5):
        assert shadow_report.report(storefront).different == 3
