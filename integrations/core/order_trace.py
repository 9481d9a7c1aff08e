"""The trace of one order: it begins when the order is made, and everything done for it later belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from automationhub.lib import tracing
from integrations.core.workqueue.orders import Ending, OrderLease
from integrations.models import Order

FIRST = "order received"


def begin(number: int) -> str:
    """Begin the trace of an order that is being made: what its row keeps of it; "" while traces are off."""
    started = tracing.now()
    place = tracing.new_trace(FIRST)
    tracing.record_first(FIRST, place=place, started=started, automationhub__order=number)
    return place


def new_place() -> str:
    """What the row of an order keeps that is perhaps about to be made: its trace begins with the span of its webhook."""
    return tracing.new_trace(FIRST)


@contextmanager
def attempt(held: OrderLease, started: int) -> Iterator[tracing.Span]:
    """The span around one attempt on a claimed order. One that was made while traces were off begins its trace here."""
    if not tracing.is_on():
        yield tracing.NONE
        return
    claimed = tracing.now()
    place = held.trace_parent
    if not place:
        place = begin(held.number)
        Order.objects.filter(pk=held.order_id, trace_parent="").update(trace_parent=place)
    facts: dict[str, Any] = {
        "automationhub__order": held.number,
        "automationhub__attempt": held.attempt,
        "automationhub__correlation": held.correlation,
    }
    with tracing.span("attempt", parent=place, started=started, **facts) as span:
        tracing.record("claim", started=started, ended=claimed)
        yield span


def ended(span: tracing.Span, ending: Ending | None) -> None:
    """How the attempt ended; None: it lost its lease, and another worker's attempt says how the order is."""
    if ending is not None:
        span.set("automationhub.status", ending.status)
        if ending.failure_mode:
            span.fail(ending.failure_mode)


def webhook(
    place: str, event_id: int, *, started: int, route: str, status: int, made: int | None = None
) -> None:
    """The webhook that brought this event, in the trace of its order; nothing for one without an order. `made`: the number
    of the order that came to be by it, whose trace begins here."""
    if not (tracing.is_on() and place):
        return
    facts: dict[str, Any] = {
        "automationhub__event": event_id,
        "http__route": route,
        "http__request__method": "POST",
        "http__response__status_code": status,
    }
    if made is None:
        tracing.record(f"POST {route}", parent=place, started=started, **facts)
    else:
        tracing.record_first(FIRST, place=place, started=started, automationhub__order=made, **facts)
