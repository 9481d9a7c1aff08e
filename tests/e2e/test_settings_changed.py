"""Settings changed while an order is in flight: it goes on as it was begun, and open commits are settled where they were
sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from integrations.core.connections import cached_lists, circuits
from integrations.core.workqueue import orders
from integrations.enums import FailureMode, JobState, OrderStatus
from integrations.models import Circuit, Order, PaceJob, PaceServer, Storefront
from integrations.operations import order_actions
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.e2e.test_pace_transaction import again

pytestmark = pytest.mark.e2e

STORE = "Example CU Store"


@pytest.fixture
def other_pace() -> Iterator[PaceSandbox]:
    with PaceSandbox() as server:
        yield server


def two_items(files: int = 0) -> OrderDraft:
    artwork = [FileDraft(f"art-{number}.pdf", "gen", size=10) for number in range(files)]
    return OrderDraft(
        STORE,
        "avery@example.com",
        [
            ItemDraft("Business Card", quantity=1, price="10.00", method="Ground", files=artwork),
            ItemDraft("Rate Insert", quantity=7, price="20.00", method="Ground"),
        ],
    )


def quantities(pace: PaceSandbox) -> list[list[int]]:
    """The quantities of the parts of each job in Pace."""
    return [
        sorted(int(part["qtyOrdered"]) for part in pace.objects("JobPart", job=job["job"]))
        for job in pace.objects("Job")
    ]


def refused_at_the_second_job(hub: Hub, draft: OrderDraft) -> Order:
    hub.pace.faults.add("error_before", path="createJob[?]", nth=2, message="Field 'poNum' is required")
    order = hub.process(draft)
    assert order.status == OrderStatus.NEEDS_ATTENTION
    assert len(quantities(hub.pace)) == 1
    hub.pace.faults.clear()
    return order


def retried(hub: Hub, order: Order) -> Order:
    order_actions.retry(order, actor="pat")
    return hub.process(order)


def test_an_order_that_was_begun_split_is_finished_split(hub: Hub) -> None:
    hub.storefront(STORE, one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items())
    hub.storefront(STORE, one_job_per_item=False)
    order = retried(hub, order)
    assert order.status == OrderStatus.SUBMITTED
    assert quantities(hub.pace) == [[250], [7]]


def test_a_job_that_is_in_pace_keeps_the_plan_it_was_made_by(hub: Hub) -> None:
    hub.storefront(STORE, one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items())
    hub.storefront(STORE, default_po_number="7777")
    order = retried(hub, order)
    assert order.plan is not None
    numbers = {job["unit"]: job["fields"]["poNum"]["value"] for job in order.plan["jobs"]}
    assert numbers == {"1-1": "9999", "2-1": "7777"}


@pytest.mark.parametrize(("before", "jobs"), [(False, [[7, 250]]), (True, [[250], [7]])])
def test_a_setting_that_is_switched_while_a_commit_is_unanswered_makes_no_further_jobs(
    hub: Hub, before: bool, jobs: list[list[int]]
) -> None:
    hub.storefront(STORE, one_job_per_item=before)
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(two_items())
    hub.storefront(STORE, one_job_per_item=not before)
    order = again(hub, order)
    assert order.status == OrderStatus.SUBMITTED
    assert quantities(hub.pace) == jobs
    assert set(PaceJob.objects.values_list("state", flat=True)) == {JobState.DONE}


def test_an_order_of_which_nothing_is_in_pace_follows_the_new_setting(hub: Hub) -> None:
    hub.pace.faults.add("drop_before", path="/commit")
    order = hub.process(two_items())
    hub.storefront(STORE, one_job_per_item=True)
    order = again(hub, order)
    assert order.status == OrderStatus.SUBMITTED
    assert quantities(hub.pace) == [[250], [7]]
    assert sorted(PaceJob.objects.values_list("unit", flat=True)) == ["1-1", "2-1"]


def test_a_file_that_comes_between_two_jobs_of_an_order_makes_no_third_share_of_its_item(hub: Hub) -> None:
    hub.storefront(STORE, one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items(files=2))
    hub.pressero.add_files(order.number, 1, [FileDraft("third.pdf", "gen")])
    order = retried(hub, order)
    assert order.status == OrderStatus.SUBMITTED, order.message
    prices = [str(job["originalQuotedPrice"]) for job in hub.pace.objects("Job")]
    assert [price.rstrip("0").rstrip(".") for price in prices] == ["5", "5", "20"]
    last = PaceJob.objects.get(unit="1-2").number
    assert len(hub.pace.objects("JobPartContentFile", job=last)) == 2


def moved_storefront(hub: Hub, other: PaceSandbox) -> None:
    there = PaceServer.objects.get()
    there.pk, there.name, there.slug, there.url = None, "other", "other", other.url
    there.save()
    hub.storefront(STORE, pace_server=there)
    cached_lists.forget_cached()


def moved_address(hub: Hub, other: PaceSandbox) -> None:
    hub.set_server(url=other.url)


@pytest.mark.parametrize("move", [moved_storefront, moved_address])
def test_an_open_commit_is_settled_where_it_was_sent(hub: Hub, other_pace: PaceSandbox, move: object) -> None:
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(two_items())
    move(hub, other_pace)  # type: ignore[operator]
    order = again(hub, order)
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert (len(quantities(hub.pace)), len(quantities(other_pace))) == (1, 0)


def test_an_order_whose_commit_was_not_applied_goes_to_the_new_server(
    hub: Hub, other_pace: PaceSandbox
) -> None:
    hub.pace.faults.add("drop_before", path="/commit")
    order = hub.process(two_items())
    moved_storefront(hub, other_pace)
    order = again(hub, order)
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert (len(quantities(hub.pace)), len(quantities(other_pace))) == (0, 1)
    assert hub.pace.open_transactions() == []


def test_the_rest_of_an_order_goes_where_its_first_job_is(hub: Hub, other_pace: PaceSandbox) -> None:
    hub.storefront(STORE, one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items())
    moved_storefront(hub, other_pace)
    order = retried(hub, order)
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert (quantities(hub.pace), quantities(other_pace)) == ([[250], [7]], [])


def test_files_that_come_later_go_where_their_job_is(hub: Hub, other_pace: PaceSandbox) -> None:
    order = hub.process(two_items())
    moved_storefront(hub, other_pace)
    hub.pressero.add_files(order.number, 1, [FileDraft("late.pdf", "gen")])
    orders.wake(order.pk)
    order = hub.process(order)
    assert order.message == ""
    assert len(hub.pace.objects("JobPartContentFile")) == 1


# --- finding a job again ---


def forgotten(hub: Hub, order: Order) -> Order:
    """As after an older backup was put back: the hub knows nothing of the job."""
    PaceJob.objects.all().delete()
    Order.objects.update(submitted_at=None, status=OrderStatus.RECEIVED, plan=None, due_at=timezone.now())
    return order


def test_after_a_restored_backup_and_a_renamed_storefront_the_job_is_found_by_its_web_order_id(
    hub: Hub,
) -> None:
    order = hub.process(two_items())
    [job] = hub.pace.objects("Job")
    hub.pace.put("Job", job=job["job"], webOrderID=str(order.number))
    Storefront.objects.filter(name=STORE).update(name="A New Name")
    order = hub.process(forgotten(hub, order))
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert len(hub.pace.objects("Job")) == 1
    assert PaceJob.objects.get().number == job["job"]


def test_a_job_of_the_order_that_the_hub_did_not_begin_stops_for_a_person_who_can_adopt_it(hub: Hub) -> None:
    order = hub.process(two_items())
    [job] = hub.pace.objects("Job")
    hub.pace.put("Job", job=job["job"], webOrderID="", description=f"{order.number} - typed in by hand")
    order = hub.process(forgotten(hub, order))
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.ORDER)
    assert job["job"] in order.message
    assert f"“{order.number} - {STORE}”" in order.message
    assert len(hub.pace.objects("Job")) == 1

    hub.pace.put("Job", job=job["job"], description=f"{order.number} - {STORE}")
    order = retried(hub, order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(hub.pace.objects("Job")) == 1


def test_a_job_of_the_order_that_is_another_one_is_left_alone_when_its_description_says_so(hub: Hub) -> None:
    order = hub.process(two_items())
    [job] = hub.pace.objects("Job")
    hub.pace.put("Job", job=job["job"], webOrderID="", description=f"{order.number} - by hand")
    order = hub.process(forgotten(hub, order))
    hub.pace.put("Job", job=job["job"], description=f"Reprint of {order.number}")
    order = retried(hub, order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(hub.pace.objects("Job")) == 2


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text[:20], lambda text: f"{text[:8]}changed by a script"]
)
def test_a_description_that_an_event_handler_of_pace_changes_at_the_commit_is_found(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, change: object
) -> None:
    commit = hub.pace.store.commit

    def changing(transaction: object) -> None:
        commit(transaction)  # type: ignore[arg-type]
        for job in hub.pace.objects("Job"):
            hub.pace.put("Job", job=job["job"], description=change(job["description"]), webOrderID="")  # type: ignore[operator]

    monkeypatch.setattr(hub.pace.store, "commit", changing)
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(two_items())
    monkeypatch.undo()
    order = again(hub, order)
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert len(hub.pace.objects("Job")) == 1


def test_several_jobs_of_one_unit_are_for_a_person(hub: Hub) -> None:
    order = hub.process(two_items())
    [job] = hub.pace.objects("Job")
    hub.pace.put("Job", job="99901", customer=job["customer"], description=job["description"])
    order = hub.process(forgotten(hub, order))
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.ORDER)
    assert job["job"] in order.message and "99901" in order.message
    assert not PaceJob.objects.filter(state=JobState.DONE).exists()


def test_the_job_of_an_item_that_is_denied_later_stays_known(hub: Hub) -> None:
    """It is no unit of the newest plan, and it is in Pace."""
    hub.storefront(STORE, one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items())
    made = PaceJob.objects.get(state=JobState.DONE)
    hub.pressero.deny(order.number, 1)
    order = retried(hub, order)
    assert order.status == OrderStatus.SUBMITTED, order.message
    assert PaceJob.objects.get(pk=made.pk).number == made.number
    assert quantities(hub.pace) == [[250], [7]]


# --- an order that goes on at another server than its storefront's ---


def begun_elsewhere(hub: Hub, other: PaceSandbox) -> tuple[Order, PaceServer, PaceServer]:
    """An order of two jobs, one of which is in Pace, of a storefront that has moved; the server before, and the one now."""
    hub.storefront(STORE, one_job_per_item=True)
    order = refused_at_the_second_job(hub, two_items())
    before = PaceServer.objects.get()
    moved_storefront(hub, other)
    return order, before, PaceServer.objects.exclude(pk=before.pk).get()


def test_an_order_that_goes_on_at_another_server_waits_while_that_one_is_paused(
    hub: Hub, other_pace: PaceSandbox
) -> None:
    order, before, _ = begun_elsewhere(hub, other_pace)
    circuits.pause(before, actor="pat")
    hub.pace.clear_calls()
    order = retried(hub, order)
    assert (order.status, order.attempts) == (OrderStatus.PROCESSING, 0)
    assert "is paused" in order.message
    assert hub.pace.calls == []
    circuits.resume(before, actor="pat")
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_an_order_that_goes_on_at_another_server_does_not_wait_for_its_storefronts(
    hub: Hub, other_pace: PaceSandbox
) -> None:
    order, _, now = begun_elsewhere(hub, other_pace)
    circuits.pause(now, actor="pat")
    assert retried(hub, order).status == OrderStatus.SUBMITTED
    assert other_pace.calls == []


def test_what_an_order_learns_of_another_server_counts_for_that_one(
    hub: Hub, other_pace: PaceSandbox
) -> None:
    order, before, _ = begun_elsewhere(hub, other_pace)
    hub.pace.faults.add("drop_before", times=100)
    retried(hub, order)
    failing = set(Circuit.objects.filter(failures__gt=0).values_list("server", flat=True))
    assert failing == {before.pk}


def test_a_commit_that_is_open_at_another_server_waits_while_that_one_is_paused(
    hub: Hub, other_pace: PaceSandbox
) -> None:
    hub.pace.faults.add("drop_before", path="/commit")
    order = hub.process(two_items())
    before = PaceServer.objects.get()
    moved_storefront(hub, other_pace)
    circuits.pause(before, actor="pat")
    hub.pace.clear_calls()
    order = again(hub, order)
    assert "is paused" in order.message
    assert hub.pace.calls == []
    circuits.resume(before, actor="pat")
    again(hub, order)
    assert (len(quantities(hub.pace)), len(quantities(other_pace))) == (0, 1)


def test_an_order_that_comes_to_its_storefronts_server_in_the_middle_of_a_try_waits_while_that_one_is_paused(
    hub: Hub, other_pace: PaceSandbox
) -> None:
    """The commit at the server before was not applied, so the order is the new server's."""
    hub.pace.faults.add("drop_before", path="/commit")
    order = hub.process(two_items())
    moved_storefront(hub, other_pace)
    now = PaceServer.objects.get(slug="other")
    circuits.pause(now, actor="pat")
    order = again(hub, order)
    assert "is paused" in order.message
    assert other_pace.calls == []
    circuits.resume(now, actor="pat")
    assert hub.process(order).status == OrderStatus.SUBMITTED
    assert len(quantities(other_pace)) == 1
