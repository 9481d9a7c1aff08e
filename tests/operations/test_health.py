"""The readiness check says what is wrong to anyone, and names and errors to those who may know them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.core.connections import circuits
from integrations.models import Heartbeat, PaceServer
from integrations.operations import health
from integrations.operations.health import HealthProblem
from tests.factories import make_order, make_server

pytestmark = pytest.mark.django_db

PUBLIC = "A connection to Pressero or Pace is down or paused."


@pytest.fixture
def server(settings: Any) -> PaceServer:
    settings.EMAIL_IS_CONFIGURED, settings.REDIS_URL = True, ""
    Heartbeat.objects.create(cluster="one", at=timezone.now())
    server = make_server(name="Plant Springfield")
    circuits.pause(server, actor="Kim")
    return server


def ready(address: str = "203.0.113.9", **headers: str) -> list[str]:
    answer = Client(REMOTE_ADDR=address, headers=headers).get("/api/health/ready/")
    assert answer.status_code == 503
    return list(answer.json()["problems"])


def test_anyone_reads_what_is_wrong_without_names(server: PaceServer) -> None:
    assert ready() == [PUBLIC]


def test_this_machine_reads_the_details(server: PaceServer) -> None:
    [sentence] = ready("127.0.0.1")
    assert "Plant Springfield" in sentence


def test_the_token_opens_the_details_and_nothing_else_does(server: PaceServer, settings: Any) -> None:
    settings.READY_TOKEN = "a-token-for-monitoring"
    assert "Plant Springfield" in ready(Authorization="Bearer a-token-for-monitoring")[0]
    for wrong in ("Bearer a-token", "Bearer ", "Token a-token-for-monitoring", "a-token-for-monitoring"):
        assert ready(Authorization=wrong) == [PUBLIC]


def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(server: PaceServer) -> None:
    assert ready(Authorization="Bearer ") == [PUBLIC]


def test_addresses_of_monitoring_may_be_allowed(server: PaceServer, settings: Any) -> None:
    settings.READY_ADDRESSES = ["203.0.113.0/24"]
    assert "Plant Springfield" in ready()[0]
    assert ready("127.0.0.1") == [PUBLIC]


def test_behind_a_proxy_the_caller_counts_and_not_the_proxy(server: PaceServer, settings: Any) -> None:
    settings.PROXY_COUNT = 1
    assert ready("127.0.0.1", **{"X-Forwarded-For": "203.0.113.9"}) == [PUBLIC]


def test_a_proxy_that_the_settings_know_nothing_of_makes_nobody_near(server: PaceServer) -> None:
    assert ready("127.0.0.1", **{"X-Forwarded-For": "203.0.113.9"}) == [PUBLIC]


def test_no_problem_shows_a_number_or_a_name_to_everyone(server: PaceServer) -> None:
    make_order(number=10247, due_at=timezone.now() - 2 * health.OVERDUE_ORDER)
    texts = " ".join(ready())
    assert "10247" not in texts
    assert "An order has waited too long for a worker." in texts


def test_a_sentence_that_says_nothing_of_its_public_form_stays_private() -> None:
    found = [
        "Plant Springfield is down",
        HealthProblem("x: boom", "A thing is wrong."),
        HealthProblem("y: boom", "A thing is wrong."),
    ]
    assert health.public_problems(found) == ["Part of the hub needs attention.", "A thing is wrong."]
