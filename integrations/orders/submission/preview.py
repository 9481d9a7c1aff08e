"""What an order would become in Pace, and why: the plan without writing anything anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone

from integrations.clients.pressero.orders import parse_order
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.models import Order, Storefront
from integrations.orders.submission import inputs, overrides
from integrations.planning.decide import decide
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Override, Plan
from integrations.stored import StoredPlan


@dataclass(frozen=True)
class Preview:
    """The plan of now; `sent_plan` is the one of then for an order that was submitted."""

    order_number: int
    storefront: Storefront
    decision_sentence: str
    plan: Plan
    sent_plan: StoredPlan | None = None


def preview_order(order: Order) -> Preview:
    """The preview of a stored order, read afresh. Raises HubError when Pressero or Pace cannot be read."""
    preview = preview_number(order.storefront, order.number, overrides.of_order(order))
    return Preview(
        preview.order_number,
        preview.storefront,
        preview.decision_sentence,
        preview.plan,
        sent_plan=order.plan if order.submitted_at else None,
    )


def preview_number(storefront: Storefront, number: int, chosen: tuple[Override, ...] = ()) -> Preview:
    """The preview of any order of the storefront, also of one the hub never heard of. `chosen`: what staff changed."""
    pressero = pressero_client(storefront.pressero_account)
    pace = pace_client(storefront.pace_server)
    fetched = parse_order(pressero.order_payload(number))
    decision = decide(fetched, storefront.wait_for_approval)
    gathered = inputs.gather(fetched, storefront, pace, pressero, timezone.now(), chosen)
    # What an order that still waits for approvals would become if all were given.
    return Preview(number, storefront, decision.reason, make_plan(replace(gathered, preview=True)))
