"""Going live from shadow mode: jobs that others made are taken on, and never made a second time, whenever a worker dies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import tasks
from integrations.core.audit import log as audit
from integrations.core.search import index as search_index
from integrations.enums import JobState, OrderStatus, StorefrontMode
from integrations.models import ItemStage, Order, OrderItem, PaceJob, ShadowComparison, Storefront
from integrations.operations.setup import activation
from integrations.orders.submission import adoption, held_jobs, runner, shadow, steps
from integrations.orders.write_back import poll
from integrations.simulation.demo import statuses
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from mappings.models import StatusMapping
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

CU = "Example CU Store"


class Killed(BaseException):
    """The worker's process ends here."""


def draft(**more: Any) -> OrderDraft:
    items = [
        ItemDraft("Poster 18x24", quantity=2, price="54.00", method="Ground", files=[FileDraft("a.pdf", "gen")]),
        ItemDraft("Business Card", quantity=1, price="48.25", method="Ground"),
    ]  # fmt: skip
    return OrderDraft(CU, "avery@example.com", items, **more)


@pytest.fixture
def shop(hub: Hub) -> Hub:
    hub.storefront(mode=StorefrontMode.SHADOW)
    return hub


def go_live(since: Any = None) -> activation.Activated:
    """From now on, unless another moment is given."""
    storefront = Storefront.objects.get(name=CU)
    return activation.activate(storefront, since or timezone.now(), mode=StorefrontMode.LIVE, actor="Avery")


def work_through() -> None:
    """Let workers do whatever is due, until nothing is."""
    for _ in range(20):
        due = list(Order.objects.filter(due_at__lte=timezone.now()).values_list("pk", flat=True))
        if not due:
            return
        for pk in due:
            runner.process(pk)


def jobs_in_pace(hub: Hub) -> list[str]:
    return [str(job["job"]) for job in hub.pace.objects("Job")]


def jobs_of(order: Order) -> list[str]:
    return list(order.jobs.filter(state=JobState.DONE).values_list("number", flat=True))


def status(order: Order) -> OrderStatus:
    return OrderStatus(Order.objects.get(pk=order.pk).status)


def shown(hub: Hub, order: Order) -> list[str | None]:
    return [item["OrderItemMISID"] for item in hub.pressero.order(order.number)["Items"]]


# --- what becomes of each order -----------------------------------------------------------------------------------


def test_an_order_whose_job_is_in_pace_is_adopted(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order, job={"description": f"Web {order.number}", "webOrderID": ""})
    go_live()
    work_through()
    assert (status(order), jobs_of(order), jobs_in_pace(shop)) == (OrderStatus.SUBMITTED, [number], [number])
    assert shown(shop, order) == [number, number]
    said = [line.sentence for line in audit.timeline(order) if line.type == "order.adopted"]
    assert said == [
        f"Automation Hub now tracks job {number}. It was in Pace before the storefront went live, so no job was created."
    ]


def test_what_stands_in_pace_stays_as_others_made_it(shop: Hub) -> None:
    order = shop.process(draft())
    make_job(shop.pace, order, job={"poNum": "WEB"}, shipment={"shipVia": 5013})
    kinds = ("Job", "JobPart", "JobShipment", "JobPartContentFile", "Contact", "Customer")
    before = {kind: shop.pace.objects(kind) for kind in kinds}
    go_live()
    work_through()
    assert {kind: shop.pace.objects(kind) for kind in kinds} == before


def test_statuses_of_an_adopted_job_flow_to_pressero(shop: Hub) -> None:
    for row in statuses.status_mapping():
        StatusMapping.objects.create(**{**row, "storefront": None})
    order = shop.process(draft())
    number = make_job(shop.pace, order)
    go_live()
    work_through()
    shop.pace.put("Job", job=number, adminStatus=statuses.ALL_THE_WAY[0].status)
    poll.sync_all()
    stages = ItemStage.objects.filter(item__order=order)
    assert [bool(stage.wanted) for stage in stages] == [True, True]


def test_a_file_that_comes_after_the_adoption_is_added_once(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order)
    go_live()
    work_through()
    shop.pressero.add_files(order.number, 2, [FileDraft("late.pdf", "gen")])
    Order.objects.update(due_at=timezone.now())
    work_through()
    parts = [(one["job"], one["jobPart"]) for one in shop.pace.objects("JobPartContentFile")]
    assert parts == [(number, "01"), (number, "02")]


def test_several_jobs_of_one_order_are_all_adopted(shop: Hub) -> None:
    order = shop.process(draft())
    numbers = [make_job(shop.pace, order, job={"webOrderID": f"{order.number}-{n}"}) for n in (1, 2)]
    go_live()
    work_through()
    assert (status(order), jobs_of(order), jobs_in_pace(shop)) == (OrderStatus.SUBMITTED, numbers, numbers)


def test_an_older_order_without_a_job_is_left_to_those_who_made_jobs_before(shop: Hub) -> None:
    order = shop.process(draft())
    go_live(timezone.now() + timedelta(seconds=1))
    work_through()
    assert (status(order), jobs_in_pace(shop)) == (OrderStatus.SHADOW, [])


def test_its_job_is_adopted_when_it_comes_later(shop: Hub) -> None:
    order = shop.process(draft())
    go_live(timezone.now() + timedelta(seconds=1))
    work_through()
    number = make_job(shop.pace, order)
    ShadowComparison.objects.update(due_at=timezone.now())
    shadow.compare_due()
    work_through()
    assert (status(order), jobs_of(order), jobs_in_pace(shop)) == (OrderStatus.SUBMITTED, [number], [number])


def test_an_order_placed_after_the_moment_of_going_live_becomes_a_job(shop: Hub) -> None:
    order = shop.process(draft())
    go_live(timezone.now() - timedelta(hours=1))
    work_through()
    assert status(order) == OrderStatus.SUBMITTED
    assert jobs_of(order) == jobs_in_pace(shop)
    assert not order.jobs.get().adopted


def test_an_order_that_stopped_in_shadow_mode_is_adopted_too(shop: Hub) -> None:
    good = shop.process(draft())
    item = ItemDraft("Poster 18x24", price="1.00", method="Overnight")
    stopped = shop.process(OrderDraft(CU, "avery@example.com", [item]))
    assert stopped.status == OrderStatus.NEEDS_ATTENTION
    number = make_job(
        shop.pace,
        good,
        job={"description": f"{stopped.number} by hand", "webOrderID": str(stopped.number)},
    )
    go_live(timezone.now() - timedelta(hours=1))
    work_through()
    assert (status(stopped), jobs_of(stopped)) == (OrderStatus.SUBMITTED, [number])


def test_a_live_storefront_looks_for_no_jobs_of_others(hub: Hub) -> None:
    hub.process(draft())
    asked = [call.path for call in hub.pace.calls if "loadValueObjects" in call.path]
    order = hub.process(draft())
    hub.pace.clear_calls()
    Order.objects.update(due_at=timezone.now())
    work_through()
    assert asked and not ShadowComparison.objects.filter(order=order).exists()


# --- every point at which a worker can die ------------------------------------------------------------------------


def dies_after(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """The next worker's process ends when this function has done its work."""
    real = getattr(where, name)

    def act(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        raise Killed

    monkeypatch.setattr(where, name, act)


def dies_before(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    def act(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(where, name, act)


POINTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the job is looked for": lambda patch: dies_before(patch, held_jobs, "find_jobs"),
    "after the job was found": lambda patch: dies_after(patch, held_jobs, "find_jobs"),
    "after the job was read": lambda patch: dies_after(patch, held_jobs, "read_jobs"),
    "before it is stored": lambda patch: dies_before(patch, adoption, "_store"),
    "within the transaction that stores it": lambda patch: dies_after(patch, search_index, "add_jobs"),
    "after it was stored": lambda patch: dies_after(patch, adoption, "_store"),
    "before Pressero is told": lambda patch: dies_before(patch, steps, "write_back"),
    "after Pressero was told": lambda patch: dies_after(patch, steps, "write_back"),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_leaves_one_job(shop: Hub, point: str) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order, shipment={"shipVia": 5013})
    go_live(timezone.now() - timedelta(hours=1))
    with pytest.MonkeyPatch.context() as patch:
        POINTS[point](patch)
        with pytest.raises(Killed):
            work_through()
    Order.objects.update(lease_until=timezone.now() - timedelta(seconds=1), due_at=timezone.now())
    work_through()
    assert (status(order), jobs_of(order), jobs_in_pace(shop)) == (OrderStatus.SUBMITTED, [number], [number])
    assert shown(shop, order) == [number, number]
    assert PaceJob.objects.count() == 1


def test_going_live_happens_whole_or_not_at_all(shop: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    order = shop.process(draft())
    dies_after(monkeypatch, shadow, "wake_unjudged")
    with pytest.raises(Killed):
        go_live()
    assert Storefront.objects.get(name=CU).mode == StorefrontMode.SHADOW
    assert Order.objects.get(pk=order.pk).due_at is None


def test_a_worker_that_planned_in_shadow_mode_while_it_ended_leaves_the_order_to_the_next_one(
    shop: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = steps.plan_in_shadow

    def and_meanwhile(*arguments: Any) -> None:
        real(*arguments)
        go_live(timezone.now() - timedelta(hours=1))

    monkeypatch.setattr(steps, "plan_in_shadow", and_meanwhile)
    order = shop.process(draft())
    assert (order.status, jobs_in_pace(shop)) == (OrderStatus.SHADOW, [])
    number = make_job(shop.pace, order)
    work_through()
    assert (status(order), jobs_of(order), jobs_in_pace(shop)) == (OrderStatus.SUBMITTED, [number], [number])


def test_a_worker_that_lost_its_lease_adopts_nothing(shop: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order)
    go_live()
    real = held_jobs.read_jobs

    def slowly(*arguments: Any) -> Any:
        found = real(*arguments)
        monkeypatch.setattr(held_jobs, "read_jobs", real)
        Order.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        runner.process(order.pk)  # another worker
        return found

    monkeypatch.setattr(held_jobs, "read_jobs", slowly)
    work_through()
    assert (status(order), jobs_of(order)) == (OrderStatus.SUBMITTED, [number])
    assert len([line for line in audit.timeline(order) if line.type == "order.adopted"]) == 1


def test_two_orders_that_name_one_job_do_not_both_get_it(shop: Hub) -> None:
    first, second = shop.process(draft()), shop.process(draft())
    both = f"{first.number} and {second.number} together"
    number = make_job(shop.pace, first, job={"description": both, "webOrderID": ""})
    go_live(timezone.now() + timedelta(seconds=1))
    work_through()
    assert sorted([jobs_of(first), jobs_of(second)]) == [[], [number]]
    assert {status(first), status(second)} == {OrderStatus.SUBMITTED, OrderStatus.SHADOW}


def test_a_configuration_file_that_sets_the_mode_is_followed_by_the_next_pass(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order)
    Storefront.objects.filter(name=CU).update(mode=StorefrontMode.LIVE)
    tasks.compare_shadow_orders()
    work_through()
    assert (status(order), jobs_of(order), jobs_in_pace(shop)) == (OrderStatus.SUBMITTED, [number], [number])


def test_the_number_that_pressero_shows_already_is_not_written_again(shop: Hub) -> None:
    order = shop.process(draft())
    number = make_job(shop.pace, order)
    for seq in (1, 2):
        shop.pressero.item(order.number, seq)["OrderItemMISID"] = number
    go_live()
    shop.pressero.clear_calls()
    work_through()
    told = OrderItem.objects.filter(order=order).values_list("sent_job_number", flat=True)
    assert list(told) == [number, number]
