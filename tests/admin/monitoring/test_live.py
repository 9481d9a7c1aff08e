"""Open pages stay up to date with one small request that keeps no session alive."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.models import OrderCase
from integrations.operations.access.session_store import SEEN
from tests.factories import make_order

pytestmark = pytest.mark.django_db
LIVE = reverse("hub-live")


def stop(text: str = "It stopped.") -> Any:
    order = make_order(status="needs_attention", message=text)
    audit.record("order.stopped", {"message": text}, order=order)
    return order


def test_it_counts_what_needs_attention_without_what_is_snoozed(viewer: Client) -> None:
    stop()
    asleep = stop()
    OrderCase.objects.create(order=asleep, snoozed_until=timezone.now() + timedelta(hours=1))
    assert viewer.get(LIVE).json()["attention"] == 1


def test_only_stops_after_the_last_one_seen_are_told(viewer: Client) -> None:
    stop("Old.")
    seen = viewer.get(LIVE).json()
    assert seen["stops"] == []
    order = stop("New.")
    (told,) = viewer.get(f"{LIVE}?after={seen['latest']}").json()["stops"]
    assert (told["number"], told["text"]) == (order.number, "New.")
    assert viewer.get(f"{LIVE}?after=nonsense").json()["stops"] == []


def test_the_version_changes_with_the_lists_and_with_nothing_else(viewer: Client) -> None:
    order = stop()
    before = viewer.get(LIVE).json()["version"]
    audit.record("call.made", {"system": "Pace", "what": "read"}, order=order)
    assert viewer.get(LIVE).json()["version"] == before
    audit.record("order.submitted", {"jobs": "1"}, order=order)
    assert viewer.get(LIVE).json()["version"] != before


def test_it_costs_few_queries_however_many_orders_there_are(viewer: Client) -> None:
    for _ in range(5):
        stop()
    viewer.get(LIVE)
    with CaptureQueriesContext(connection) as captured:
        viewer.get(f"{LIVE}?after=1")
    assert len(captured) <= 8  # session, user, rights (2), counts, changes, latest, stops


def test_a_page_that_is_only_open_keeps_no_session_alive(viewer: Client) -> None:
    viewer.get(reverse("hub-inbox"))
    session = viewer.session
    session[SEEN] = long_ago = int(time.time()) - 600
    session.save()
    viewer.get(LIVE)
    assert viewer.session[SEEN] == long_ago
    viewer.get(reverse("hub-inbox"))
    assert viewer.session[SEEN] > long_ago


def test_it_is_for_those_who_may_see_orders(stranger: Client) -> None:
    assert stranger.get(LIVE).status_code == 403
    assert Client().get(LIVE).status_code == 302
