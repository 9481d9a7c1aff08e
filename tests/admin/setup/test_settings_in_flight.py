"""A change of settings names the orders that it meets half way, and what becomes of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from integrations.enums import JobState, OrderStatus
from integrations.models import Order, PaceJob, PaceServer, Storefront
from integrations.operations.setup import in_flight
from integrations.operations.setup.configuration import (
    ConfigurationError,
    export_configuration,
    import_configuration,
)
from tests.admin.setup.test_connections import change, server_form
from tests.factories import make_order, make_server, make_storefront

pytestmark = pytest.mark.django_db


def unsent(storefront: Storefront, number: int, **columns: Any) -> Order:
    return make_order(storefront=storefront, number=number, status=OrderStatus.PROCESSING, **columns)


def with_commit(storefront: Storefront, number: int, seconds: int) -> Order:
    order = unsent(storefront, number, due_at=timezone.now())
    PaceJob.objects.create(
        order=order, server=storefront.pace_server, unit="order", description="x", customer="EXCU", txn="t",
        state=JobState.COMMITTING, quiet_until=timezone.now() + timedelta(seconds=seconds),
    )  # fmt: skip
    return order


def in_work(storefront: Storefront, number: int) -> Order:
    until = timezone.now() + timedelta(minutes=2)
    return unsent(storefront, number, lease_token=uuid4(), lease_until=until)


@pytest.fixture
def storefront() -> Storefront:
    return make_storefront(pace_server=make_server(password=""))


def moved(boss: Client, server: PaceServer) -> tuple[bool, str]:
    """Whether the server moved, and what the page says."""
    answer = boss.post(change(server), server_form(server, url="https://new.example.com"), follow=True)
    server.refresh_from_db()
    return server.url == "https://new.example.com", answer.content.decode()


def test_an_address_changes_when_nothing_is_open(boss: Client, storefront: Storefront) -> None:
    make_order(
        storefront=storefront, jobs=("10001",), status=OrderStatus.SUBMITTED, submitted_at=timezone.now()
    )
    unsent(storefront, 10200)
    assert moved(boss, storefront.pace_server)[0]


@pytest.mark.parametrize(
    "what", [lambda store: with_commit(store, 10234, 50), lambda store: in_work(store, 10234)]
)
def test_an_address_does_not_change_while_a_call_is_open(
    boss: Client, storefront: Storefront, what: Any
) -> None:
    what(storefront)
    has_moved, page = moved(boss, storefront.pace_server)
    assert not has_moved
    assert "Order 10234" in page
    assert "Save again in a few minutes" in page


def test_a_commit_whose_quiet_period_is_over_is_named_and_waits_for_nothing(
    boss: Client, storefront: Storefront
) -> None:
    """Else a server that is gone for good could never be replaced."""
    with_commit(storefront, 10234, -50)
    has_moved, page = moved(boss, storefront.pace_server)
    assert has_moved
    assert "Order 10234: Pace has not confirmed a commit." in page


def test_an_order_that_is_begun_is_named_when_its_storefront_is_split(
    boss: Client, storefront: Storefront
) -> None:
    begun = make_order(storefront=storefront, number=10235, jobs=("10001",), due_at=timezone.now())
    make_order(storefront=storefront, number=10236, jobs=("10002",), submitted_at=timezone.now())
    sentences = in_flight.consequences(storefront, ["one_job_per_item"])
    assert [sentence for sentence in sentences if "Order" in sentence] == [
        f"Order {begun.number}: a job is in Pace already. The rest of it follows as it was begun."
    ]


def test_a_change_that_sends_no_call_elsewhere_names_none(storefront: Storefront) -> None:
    with_commit(storefront, 10234, 50)
    before = Storefront.objects.get(pk=storefront.pk)
    storefront.skip_holidays = True
    assert in_flight.consequences(storefront, in_flight.changed(before, storefront)) == []


def test_many_orders_are_counted_and_the_first_ones_named(storefront: Storefront) -> None:
    for number in range(10300, 10312):
        with_commit(storefront, number, 50)
    sentences = in_flight.reasons_to_wait(storefront.pace_server, ["url"])
    assert sentences[1].startswith("Order 10300:")
    assert sentences[-1] == "And 2 more."


def test_an_import_says_the_same(storefront: Storefront) -> None:
    with_commit(storefront, 10234, 50)
    data = export_configuration()
    data["storefronts"][0]["one_job_per_item"] = True
    changes = import_configuration(data, dry_run=True)
    assert any("Order 10234" in warning for warning in changes.warnings)
    data["pace_servers"][0]["url"] = "https://new.example.com"
    with pytest.raises(ConfigurationError, match="Order 10234"):
        import_configuration(data)
