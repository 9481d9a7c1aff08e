"""Gathering what a plan depends on takes as many database queries for 200 items as for one."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.clients.pressero.orders import parse_order
from integrations.core.connections import cached_lists
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.models import Storefront
from integrations.orders.submission import inputs
from integrations.planning.plan import make_plan
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, SandboxAddress
from tests.conftest import Hub

STORE = "Example CU Store"


def draft(size: int) -> OrderDraft:
    """Every item with a product, method and destination of its own as far as the shop has them."""
    products, methods = (
        ("Business Card", "A4 Brochure", "Rate Insert", "Poster 18x24"),
        ("Ground", "2nd Day Air"),
    )
    items = [
        ItemDraft(
            products[seq % 4],
            price=Decimal(seq),
            method=methods[seq % 2],
            files=[f"art-{seq}.pdf"],
            ship_to=SandboxAddress(
                address1=f"{seq} Example Ave", city="Springfield", state="IL", postal="62701", country="US"
            ),
        )
        for seq in range(1, size + 1)
    ]
    return OrderDraft(STORE, "avery@example.com", items, shipping="10.00")


def queries(hub: Hub, size: int) -> int:
    number = hub.pressero.place(draft(size), notify=False)
    store = Storefront.objects.select_related("pace_server", "pressero_account").get(name=STORE)
    shop, server = pressero_client(store.pressero_account), pace_client(store.pace_server)
    order = parse_order(shop.order_payload(number))
    cached_lists.forget_cached()
    with CaptureQueriesContext(connection) as captured:
        plan = make_plan(inputs.gather(order, store, server, shop, timezone.now()))
    assert (plan.problems, sum(len(job.parts) for job in plan.jobs)) == ((), size)
    return len(captured)


@pytest.mark.parametrize("split", [False, True])
def test_the_number_of_queries_does_not_grow_with_the_items(hub: Hub, split: bool) -> None:
    hub.storefront(STORE, one_job_per_item=split, skip_holidays=True)
    counts = {size: queries(hub, size) for size in (1, 20, 200)}
    assert set(counts.values()) == {4}, counts
