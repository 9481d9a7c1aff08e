"""deploy/grafana and deploy/prometheus: what they ask for exists, and gives what it should after the demo's orders."""

import json
import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.utils import timezone

from integrations.core import tallies
from integrations.core.connections import circuits
from integrations.models import Heartbeat, Order, Storefront
from integrations.operations import health
from integrations.orders.intake import receive
from integrations.simulation.demo.scenarios import scenarios
from tests.conftest import Hub
from tests.factories import make_call, make_event, make_order
from tests.operations.metrics.conftest import Scrape
from tests.operations.metrics.promql import Query, Vector

pytestmark = pytest.mark.django_db
Scraper = Callable[[], Scrape]

DEPLOY = settings.BASE_DIR / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "automationhub.json").read_text())
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "prometheus" / "automationhub.rules.yml").read_text())[
    "groups"
][0]["rules"]
# Prometheus makes it of every scrape itself.
OF_PROMETHEUS = {"up"}


def panels() -> dict[str, list[str]]:
    return {
        panel["title"]: [target["expr"].replace("$__rate_interval", "5m") for target in panel["targets"]]
        for panel in DASHBOARD["panels"]
    }


def expressions() -> dict[str, str]:
    alerts = {rule["alert"]: rule["expr"] for rule in RULES}
    return alerts | {
        f"{title} {n}": text for title, every in panels().items() for n, text in enumerate(every)
    }


def ask(text: str, now: Scrape, before: Scrape, seconds: float = 300.0) -> Vector:
    return Query(text, now, before, seconds).result()


def only(found: Vector) -> float:
    [value] = found.values()
    return value


def firing(now: Scrape, before: Scrape) -> set[str]:
    rules = {rule["alert"]: rule["expr"] for rule in RULES if rule["alert"] != "AutomationHubDown"}
    return {name for name, text in rules.items() if ask(text, now, before)}


@pytest.mark.parametrize("name", expressions())
def test_every_metric_that_is_asked_for_exists_with_these_labels(name: str, scrape: Scraper) -> None:
    make_order(status="submitted", submitted_at=timezone.now(), seconds_to_job=1.0)
    found = scrape()
    text = expressions()[name]
    query = Query(text, found, found, 300.0)
    query.result()
    assert query.names <= found.names | OF_PROMETHEUS
    labels = {label for _, labels in found.samples for label, _ in labels}
    asked = re.findall(r"by \(([^)]*)\)", text) + re.findall(r"[{,]\s*(\w+)\s*[=!]", text)
    assert {label.strip() for some in asked for label in some.split(",")} <= labels | {"job"}


def test_every_alert_is_in_the_documents() -> None:
    told = (settings.BASE_DIR / "docs" / "monitoring.md").read_text()
    assert [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in told] == []


def test_the_limits_are_those_of_the_readiness_check() -> None:
    by_name = {rule["alert"]: rule["expr"] for rule in RULES}
    assert by_name["AutomationHubNoWorker"].endswith(f"> {health.STALE_WORKER.total_seconds():.0f}")
    assert by_name["AutomationHubOrderOverdue"].endswith(f"> {health.OVERDUE_ORDER.total_seconds():.0f}")


def test_panels_have_ids_and_places_of_their_own() -> None:
    every = DASHBOARD["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in every)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_no_alert_fires_while_all_is_well(scrape: Scraper) -> None:
    Heartbeat.objects.create(cluster="one", at=timezone.now())
    before = scrape()
    order = make_order(status="submitted", submitted_at=timezone.now(), seconds_to_job=2.0)
    make_call(order)
    make_event(order=order)
    assert firing(scrape(), before) == set()


def test_each_alert_fires_when_it_should(scrape: Scraper) -> None:
    before = scrape()
    now = timezone.now()
    Heartbeat.objects.create(cluster="one", at=now - health.STALE_WORKER - timedelta(seconds=5))
    order = make_order(status="needs_attention", due_at=now - health.OVERDUE_ORDER - timedelta(seconds=5))
    make_order(status="submitted", submitted_at=now, seconds_to_job=5000.0)
    make_call(order, failed=True, status=None)
    make_event(verdict="unknown_site")
    circuits.pause(order.storefront.pace_server, actor="Kim")
    tallies.count_answer("pressero", 401)
    tallies.flush()
    assert firing(scrape(), before) | {"AutomationHubDown"} == {rule["alert"] for rule in RULES}


@pytest.mark.e2e
def test_the_dashboard_shows_the_orders_of_the_demo(hub: Hub, scrape: Scraper) -> None:
    before = scrape()
    for scenario in scenarios(timezone.now().date()):
        number = scenario.place(hub.pressero)
        storefront = Storefront.objects.get(site_id=hub.pressero.order(number)["SiteId"])
        order = receive.take_in(storefront, number, why="A test received the order.", actor="test")
        hub.process(order)
    now = scrape()
    shown = {title: [ask(text, now, before) for text in every] for title, every in panels().items()}
    jobs = Order.objects.filter(seconds_to_job__isnull=False).count()
    assert jobs > 5
    assert only(shown["Needs attention"][0]) == Order.objects.filter(status="needs_attention").count()
    assert only(shown["Orders that became jobs per minute"][0]) * 5 == pytest.approx(jobs)
    assert only(shown["Connections down or paused"][0]) == 0
    assert sum(shown["Calls per minute"][0].values()) * 5 > 19 * jobs / 2
    median, most = (only(found) for found in shown["From event to job"])
    assert 0 < median <= most < 60
    assert all(
        not math.isnan(value) for title, every in shown.items() for found in every for value in found.values()
    )
