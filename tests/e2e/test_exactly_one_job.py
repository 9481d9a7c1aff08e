"""Whatever repeats, dies or goes missing: one order becomes one complete job."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from integrations.clients.pace.client import PaceClient
from integrations.core.workqueue import orders
from integrations.enums import JobState, OrderStatus
from integrations.models import AuditEntry, Order, PaceJob, WebhookEvent
from integrations.orders.submission import runner
from integrations.simulation.demo.configuration import SECURITY_KEY
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, SandboxAddress
from integrations.simulation.sandbox.pressero.webhooks import message_hash
from tests.commands.processes import wait_for
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

HOME = SandboxAddress(
    business="Example Credit Union",
    address1="100 Main St",
    city="Springfield",
    state="IL",
    postal="62701",
    country="US",
)


def draft(items: int = 1) -> OrderDraft:
    return OrderDraft(
        "Example CU Store",
        "avery@example.com",
        [
            ItemDraft(
                "Business Card", quantity=1, price="10.00", shipping="1.00", method="Ground", ship_to=HOME
            )
            for _ in range(items)
        ],
    )


def jobs_in_pace(hub: Hub, number: int) -> list[dict[str, object]]:
    return [job for job in hub.pace.objects("Job") if str(job["description"]).startswith(f"{number} - ")]


def test_twelve_simultaneous_copies_of_a_webhook_make_one_order_and_one_job(
    hub_for_threads: Hub, live_server: object
) -> None:
    hub = hub_for_threads
    number = hub.pressero.place(draft(), notify=False)
    event = hub.pressero.fire("OrderPlaced", number)
    url = f"{live_server.url}/api/pressero/{hub.account.slug}/events/"  # type: ignore[attr-defined]
    body = event.body
    headers = {
        "Content-Type": "application/json",
        "MessageHash": message_hash("key+body:hex", SECURITY_KEY, body),
    }
    answers: list[tuple[int, bool]] = []
    start = threading.Barrier(12)

    def send() -> None:
        start.wait()
        answer = requests.post(url, data=body, headers=headers, timeout=30)
        answers.append((answer.status_code, answer.json()["duplicate"]))

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [(200, True)] * 11 + [(202, False)]
    assert WebhookEvent.objects.count() == 1
    order = Order.objects.get(number=number)

    def work() -> None:
        try:
            runner.process(order.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Order.objects.get().status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, number)) == 1


def test_two_events_at_the_same_moment_in_two_workers_make_one_job(hub_for_threads: Hub) -> None:
    hub = hub_for_threads
    hub.pace.latency = 0.01
    order = hub.take_in(draft(items=3))
    workers = [threading.Thread(target=_work_in_thread, args=(order.pk,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    orders.wake(order.pk)
    for worker in workers:
        worker.join()
    hub.pace.latency = 0.0
    _work_in_thread(order.pk)
    assert len(jobs_in_pace(hub, order.number)) == 1


def _work_in_thread(order_id: int) -> None:
    try:
        runner.process(order_id)
    finally:
        connection.close()


def test_a_killed_worker_leaves_nothing_half_made_and_resume_orders_finishes_the_order(
    hub_for_threads: Hub,
) -> None:
    hub = hub_for_threads
    hub.pace.faults.add("hang_before", path="createJobShipment", seconds=60)
    order = hub.take_in(draft(items=2))
    worker = _process_in_child(order.pk)
    try:
        wait_for(lambda: hub.pace.faults.fired, "the call of the worker process")
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert jobs_in_pace(hub, order.number) == []
    assert Order.objects.get().status == OrderStatus.PROCESSING
    hub.pace.faults.clear()

    call_command("resume_orders")
    runner.process(order.pk)

    assert Order.objects.get().status == OrderStatus.SUBMITTED
    [job] = jobs_in_pace(hub, order.number)
    assert len(hub.pace.objects("JobPart", job=job["job"])) == 2
    assert hub.pace.open_transactions() == []
    assert AuditEntry.objects.filter(type="order.abandoned").count() == 1


def _process_in_child(order_id: int) -> subprocess.Popen[bytes]:
    """A worker process of its own on the test's database."""
    code = (
        "import django; django.setup();"
        f"from django.conf import settings; settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r};"
        "from integrations.orders.submission import runner;"
        f"runner.process({order_id})"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.Popen([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment)


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "garbage_after"])
def test_a_commit_that_was_applied_without_an_answer_makes_no_second_job(hub: Hub, fault: str) -> None:
    hub.pace.faults.add(fault, path="/commit")
    order = hub.process(draft())
    assert order.status == OrderStatus.PROCESSING
    [row] = PaceJob.objects.all()
    assert row.state == JobState.COMMITTING

    _let_quiet_period_pass(order)
    order = hub.process(order)

    assert order.status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, order.number)) == 1
    assert PaceJob.objects.get().adopted


@pytest.mark.parametrize("fault", ["drop_before", "error_before", "garbage"])
def test_a_commit_that_was_not_applied_is_made_again_after_a_look(hub: Hub, fault: str) -> None:
    hub.pace.faults.add(fault, path="/commit", status=503)
    order = hub.process(draft())
    assert jobs_in_pace(hub, order.number) == []
    _let_quiet_period_pass(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, order.number)) == 1


def test_before_the_quiet_period_is_over_nothing_is_looked_for_or_written(hub: Hub) -> None:
    hub.pace.faults.add("drop_after", path="/commit")
    order = hub.process(draft())
    due_at = order.due_at
    assert due_at is not None
    assert due_at > timezone.now() + timedelta(seconds=3)
    hub.pace.clear_calls()
    orders.wake(order.pk)
    order = hub.process(order)
    assert [call.path for call in hub.pace.calls] == []
    assert order.status == OrderStatus.PROCESSING


def test_the_quiet_period_of_a_worker_killed_at_the_commit_begins_when_its_answer_would_have_been_given_up(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Pace that still works on a commit when nobody waits for it any more has the whole quiet period for it."""

    def killed(pace: PaceClient, txn: str, **options: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PaceClient, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        hub.process(draft())
    row = PaceJob.objects.get()
    assert row.state == JobState.COMMITTING
    assert row.intent_at is not None and row.quiet_until is not None
    waits = row.quiet_until - row.intent_at
    assert waits >= timedelta(seconds=settings.ANSWER_TIMEOUT + hub.server.quiet_seconds)


def _let_quiet_period_pass(order: Order) -> None:
    past = timezone.now() - timedelta(seconds=1)
    PaceJob.objects.filter(order=order).update(quiet_until=past)
    Order.objects.filter(pk=order.pk).update(due_at=past)


CALLS = [
    "startTransaction", "createJob[?]", "createJobContact", "updateJob[?]", "updateJobPart", "createJobPart[?]",
    "createJobShipment", "createCarton[?]", "createCartonContent",
]  # fmt: skip


@pytest.mark.parametrize(
    "fault", ["error_before", "error_after", "drop_before", "drop_after", "garbage_after"]
)
@pytest.mark.parametrize("path", CALLS)
def test_a_failure_at_any_call_before_the_commit_leaves_nothing_and_the_next_try_finishes(
    hub: Hub, path: str, fault: str, make_due: Callable[[Order], None]
) -> None:
    hub.pace.faults.add(fault, path=path, status=503)
    order = hub.process(draft(items=2))
    assert hub.pace.faults.fired, f"no call to {path} was made"
    assert jobs_in_pace(hub, order.number) == []
    assert order.status == OrderStatus.PROCESSING
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    [job] = jobs_in_pace(hub, order.number)
    assert len(hub.pace.objects("JobPart", job=job["job"])) == 2


@pytest.mark.parametrize("call", ["createContact", "createCarton[?]"])
def test_a_transaction_that_could_not_be_rolled_back_is_rolled_back_by_the_next_try(
    hub: Hub, call: str, make_due: Callable[[Order], None]
) -> None:
    """A Pace that is out of reach for a moment: what is left open there may hold locks that the next try runs into."""
    hub.pace.faults.add("drop_before", path=call)
    hub.pace.faults.add("drop_before", path="/rollback")
    order = hub.process(
        OrderDraft(
            "Demo University Shop",
            "casey@example.com",
            [ItemDraft("A4 Brochure", price="5.00", method="Ground")],
        )
    )
    assert len(hub.pace.open_transactions()) == 1
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert hub.pace.open_transactions() == []


def test_a_job_that_is_in_pace_already_is_taken_over_even_when_our_rows_do_not_know_it(hub: Hub) -> None:
    order = hub.process(draft())
    PaceJob.objects.all().delete()
    Order.objects.update(submitted_at=None, status=OrderStatus.RECEIVED, due_at=timezone.now())
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, order.number)) == 1


def test_an_event_after_submission_makes_no_second_job(hub: Hub) -> None:
    order = hub.process(draft())
    orders.wake(order.pk)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(jobs_in_pace(hub, order.number)) == 1


def test_several_orders_of_one_new_buyer_at_once_make_one_customer_and_one_contact(
    hub_for_threads: Hub,
) -> None:
    hub = hub_for_threads
    hub.pace.latency = 0.01
    taken = [
        hub.take_in(
            OrderDraft(
                "Demo University Shop",
                "casey@example.com",
                [ItemDraft("A4 Brochure", price="5.00", method="Ground")],
            )
        )
        for _ in range(4)
    ]
    for _ in range(6):
        threads = [threading.Thread(target=_work_in_thread, args=(order.pk,)) for order in taken]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        Order.objects.exclude(status=OrderStatus.SUBMITTED).update(due_at=timezone.now())
    hub.pace.latency = 0.0
    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.SUBMITTED}
    assert len(hub.pace.objects("Customer", id="DEMOUNI")) == 1
    assert len(hub.contacts_of_buyers(email="casey@example.com")) == 1


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_lost_answer_when_the_customer_is_created_makes_no_second_customer(
    hub: Hub, fault: str, make_due: Callable[[Order], None]
) -> None:
    from integrations.models import ContactCreation

    hub.pace.faults.add(fault, path="/commit")
    order = hub.process(
        OrderDraft(
            "Demo University Shop",
            "casey@example.com",
            [ItemDraft("A4 Brochure", price="5.00", method="Ground")],
        )
    )
    assert order.status == OrderStatus.PROCESSING
    ContactCreation.objects.update(quiet_until=timezone.now() - timedelta(seconds=1))
    make_due(order)
    order = hub.process(order)
    assert order.status == OrderStatus.SUBMITTED
    assert len(hub.pace.objects("Customer", id="DEMOUNI")) == 1
    assert len(hub.contacts_of_buyers(email="casey@example.com")) == 1
