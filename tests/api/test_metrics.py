"""`GET /metrics`: closed without a token in the settings, open to callers who have it, and the names of docs/monitoring.md §2."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from integrations.operations.metrics import snapshot
from tests.operations.metrics.conftest import BEARER, TOKEN

pytestmark = pytest.mark.django_db

CONTRACT = {
    "automationhub_orders", "automationhub_orders_due", "automationhub_oldest_due_seconds", "automationhub_order_seconds",
    "automationhub_events_total", "automationhub_calls_total", "automationhub_call_seconds", "automationhub_circuit_open",
    "automationhub_worker_heartbeat_age_seconds", "automationhub_build_info",
}  # fmt: skip


def test_without_a_token_in_the_settings_there_is_no_such_page(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer wrong", f"Token {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer ä"],
)
def test_without_the_right_token_it_is_refused(client: Client, settings: Any, header: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert b"automationhub_" not in answer.content


def test_a_token_opens_it_in_the_text_format_of_prometheus(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    told = {line.split()[2] for line in answer.content.decode().splitlines() if line.startswith("# TYPE")}
    assert told >= CONTRACT
    assert "process_resident_memory_bytes" in told


def test_a_caller_who_prefers_openmetrics_gets_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = client.get(
        "/metrics", headers=BEARER | {"Accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_a_scrape_inside_the_plant_is_not_sent_to_https(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = TOKEN, True
    assert client.get("/metrics", headers=BEARER).status_code == 200


def test_only_reading_is_possible(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.post("/metrics", headers=BEARER).status_code == 405


def test_a_database_that_does_not_answer_is_said(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.METRICS_TOKEN = TOKEN

    def away() -> None:
        raise OperationalError("database is locked")

    snapshot.CACHED.forget()
    monkeypatch.setattr(snapshot, "take", away)
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 503
    assert "another session holds a lock" in answer.content.decode()
