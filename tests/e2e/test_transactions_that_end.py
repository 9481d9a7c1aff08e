"""Pace ends a transaction by itself: nothing of it is left, and the order starts over."""

from collections.abc import Callable

import pytest

from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order
from tests.conftest import Hub
from tests.e2e.test_exactly_one_job import draft, jobs_in_pace

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("path", ["createJobPart[?]", "createCarton[?]", "/commit"])
def test_a_transaction_that_timed_out_in_pace_leaves_nothing_and_the_next_try_makes_one_job(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, make_due: Callable[[Order], None], path: str
) -> None:
    handle = hub.pace.handle

    def time_out_first(request):  # type: ignore[no-untyped-def]
        if path.strip("[?]/") in request.path and not timed_out:
            timed_out.append(request.path)
            for transaction in list(hub.pace.store._open.values()):
                hub.pace.store.rollback(transaction)
        return handle(request)

    timed_out: list[str] = []
    monkeypatch.setattr(hub.pace, "handle", time_out_first)
    order = hub.process(draft(items=2))
    assert timed_out
    assert jobs_in_pace(hub, order.number) == []
    assert hub.pace.objects("JobPart") == []
    assert hub.pace.objects("JobShipment") == []
    assert order.status == OrderStatus.PROCESSING
    assert order.failure_mode in (FailureMode.TRANSIENT, FailureMode.VERIFY_FIRST)

    order.jobs.update(quiet_until=None)
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    [job] = jobs_in_pace(hub, order.number)
    assert len(hub.pace.objects("JobPart", job=job["job"])) == 2
