"""Whether the hub may write for an order: not while its storefront runs in shadow mode.

`clients.py` asks when it builds the clients of an order. Clients that are built for anything else only read, so no caller has
to remember shadow mode.
"""

from __future__ import annotations

from integrations.enums import JobState, StorefrontMode
from integrations.models import Order


def begun(order: Order) -> bool:
    """Whether a job of the order may be in Pace because of the hub: then the order is finished as it was begun."""
    return order.submitted_at is not None or order.jobs.exclude(state=JobState.PLANNED, txn="").exists()


def in_shadow(order: Order) -> bool:
    """Whether the order is only planned: its storefront runs in shadow mode, and no job of it was begun before."""
    return order.storefront.mode == StorefrontMode.SHADOW and not begun(order)
