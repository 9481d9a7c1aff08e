"""What the everyday things cost in database queries, commits, and calls to Pace and Pressero: counts, which no machine
changes.

Each figure was measured when it was last changed for a reason. A test fails when one doubles; when one falls, write the
new figure down.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.core.audit import recorder
from integrations.core.workqueue import orders
from integrations.models import Order, PaceJob
from integrations.orders.submission import runner
from integrations.orders.write_back import poll
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.messages import WebhookSender, message

pytestmark = pytest.mark.e2e

# What is done: queries, calls to Pace, calls to Pressero.
MEASURED = {
    "a webhook about a new order": (5, 0, 0),
    "a webhook about a known order": (5, 0, 0),
    "an order of five items": (65, 21, 7),
    "an order of five items with a file each": (65, 32, 7),
    "a sweep with nothing due": (3, 0, 0),
    "a sweep that wakes ten orders": (5, 0, 0),
    "a status pass without news": (17, 2, 0),
}


# The commits of an order of one job: claim; first step; what was read and decided; plan; the job's row; the transaction's id;
# intent; job; submission; end. A slow machine may need more for the story, which is stored at least once a second.
COMMITS_OF_AN_ORDER = 10


@pytest.fixture
def counted(hub: Hub) -> Callable[[str], object]:
    """Counts what is done within, and compares it with what was measured."""

    @contextmanager
    def count(what: str) -> Iterator[None]:
        hub.pace.clear_calls()
        hub.pressero.clear_calls()
        with CaptureQueriesContext(connection) as captured:
            yield
        # Savepoints are those of the test's own transaction.
        queries = [one["sql"] for one in captured if "SAVEPOINT" not in one["sql"]]
        found = (len(queries), len(hub.pace.calls), len(hub.pressero.calls))
        for name, now, before in zip(
            ("queries", "calls to Pace", "calls to Pressero"), found, MEASURED[what], strict=True
        ):
            assert now < 2 * before or now == before, f"{what}: {now} {name}, {before} were measured"

    return count


def draft(items: int = 5, files: int = 0) -> OrderDraft:
    return OrderDraft(
        "Example CU Store",
        "avery@example.com",
        [
            ItemDraft(
                "Business Card",
                quantity=2,
                price="10.00",
                method="Ground",
                files=[FileDraft(f"art-{n}-{file}.pdf", "gen", size=10) for file in range(files)],
            )
            for n in range(items)
        ],
    )


@pytest.fixture
def warm(hub: Hub) -> Hub:
    """A hub that has worked before: reference data is read, Django has asked what it asks once."""
    hub.process(draft(items=1))
    return hub


def test_a_webhook(warm: Hub, client: Client, counted: Callable) -> None:
    sender = WebhookSender(client)
    sender.post(message(number=20_000))
    with counted("a webhook about a new order"):
        assert sender.post(message(number=20_001)).status_code == 202
    with counted("a webhook about a known order"):
        assert sender.post(message(number=20_001)).status_code == 202


def commits(captured: CaptureQueriesContext) -> int:
    """How often something was stored for good: in the test's own transaction, an outermost savepoint is a transaction."""
    depth = count = 0
    for sql in (one["sql"] for one in captured):
        if sql.startswith("SAVEPOINT"):
            depth += 1
        elif sql.startswith("RELEASE SAVEPOINT"):
            depth -= 1
            count += depth == 0
        elif depth == 0 and sql.startswith(("INSERT", "UPDATE", "DELETE")):
            count += 1
    return count


def test_an_order_commits_as_often_as_its_protocol_has_steps(
    warm: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "BATCH_SECONDS", 600.0)
    order = warm.take_in(draft(files=1))
    with CaptureQueriesContext(connection) as captured:
        runner.process(order.pk)
    assert commits(captured) == COMMITS_OF_AN_ORDER


@pytest.mark.parametrize(
    ("what", "files"), [("an order of five items", 0), ("an order of five items with a file each", 1)]
)
def test_an_order(warm: Hub, counted: Callable, what: str, files: int) -> None:
    order = warm.take_in(draft(files=files))
    with counted(what):
        runner.process(order.pk)
    assert Order.objects.get(pk=order.pk).status == "submitted"


def test_larger_orders_ask_the_database_no_more(warm: Hub) -> None:
    counts = []
    for size in (2, 40):
        order = warm.take_in(draft(items=size))
        with CaptureQueriesContext(connection) as captured:
            runner.process(order.pk)
        # The story is stored at least once a second: a slow machine may need a few statements more for it.
        # What subscriptions want is read again every other second.
        apart = (
            "SAVEPOINT",
            "integrations_auditentry",
            "integrations_outgoingcall",
            "integrations_subscription",
        )
        counts.append(len([one for one in captured if not any(word in one["sql"] for word in apart)]))
    assert counts[0] == counts[1]


def test_a_sweep(warm: Hub, counted: Callable) -> None:
    with counted("a sweep with nothing due"):
        assert orders.wake_due_orders() == 0
    for _ in range(10):
        warm.take_in(draft(items=1))
    Order.objects.filter(due_at__isnull=False).update(queued_until=None, due_at=timezone.now())
    with counted("a sweep that wakes ten orders"):
        assert orders.wake_due_orders() == 10


def test_a_status_pass(warm: Hub, counted: Callable) -> None:
    for _ in range(3):
        warm.process(draft(items=2))
    poll.sync_all()
    assert PaceJob.objects.count() == 4
    with counted("a status pass without news"):
        poll.sync_all()
