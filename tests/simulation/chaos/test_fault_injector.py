"""Whom the bursts of the fault matrix kill."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from automationhub.lib.worker_identity import current_worker
from integrations.simulation.chaos.fault_injector import _busy_workers
from tests.factories import make_order


@pytest.mark.django_db
def test_the_workers_that_hold_an_order_on_this_machine_are_known_by_their_process() -> None:
    make_order(lease_owner=current_worker(), lease_until=timezone.now() + timedelta(minutes=1))
    assert _busy_workers() == [os.getpid()]


@pytest.mark.django_db
# Not the number itself: the processes that share the tests must name their cases alike.
@pytest.mark.parametrize("owner", ["", "elsewhere", "elsewhere:boot-namespace:{pid}:1"])
def test_nobody_is_killed_for_a_worker_that_is_elsewhere(owner: str) -> None:
    owner = owner.format(pid=os.getpid())
    make_order(lease_owner=owner, lease_until=timezone.now() + timedelta(minutes=1))
    assert _busy_workers() == []
