"""Two web and two worker processes give the same figures as the database."""

import json
import time

import pytest
import requests

from integrations.operations.metrics import snapshot
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.commands.conftest import Portal, web_process
from tests.commands.orders import place, wait_until
from tests.commands.processes import Scratch, wait_for
from tests.operations.metrics.conftest import BEARER, TOKEN, Scrape

pytestmark = pytest.mark.e2e
ORDERS = 6


def scrape(portal: Portal) -> Scrape:
    answer = requests.get(f"{portal.address}/metrics", headers=BEARER, timeout=30)
    assert answer.status_code == 200, answer.text
    return Scrape.of(answer.text)


# Ages, and what time alone changes between two scrapes: an order becomes due, a worker has been silent for too long.
OF_THE_MOMENT = ("age_seconds", "oldest_due_seconds", "_orders_due", "_workers")


def counted(found: Scrape) -> dict[str, object]:
    """What must be the same wherever it is asked: everything but what is of the moment and the figures of the process."""
    return {
        f"{name} {sorted(labels)}": value
        for (name, labels), value in found.samples.items()
        if name.startswith("automationhub_") and not name.endswith(OF_THE_MOMENT)
    }


def tallied(scratch: Scratch) -> dict[str, float]:
    """What processes have counted that no row tells of."""
    rows = scratch.rows("SELECT totals FROM integrations_metrictotal WHERE name = 'tallies'")
    totals = {
        key: value
        for [row] in rows
        for key, value in (json.loads(row) if isinstance(row, str) else row).items()
    }
    return {key: counts["count"] for key, counts in totals.items()}


def test_every_web_process_tells_what_the_database_holds(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox
) -> None:
    with (
        web_process(scratch, METRICS_TOKEN=TOKEN) as one,
        web_process(scratch, METRICS_TOKEN=TOKEN) as two,
        scratch.process("manage.py", "worker") as first,
        scratch.process("manage.py", "worker") as second,
    ):
        before = scrape(one)
        numbers = []
        for position in range(ORDERS):
            shop.webhook_url = (one, two)[position % 2].webhook_url
            numbers.append(place(shop))
        for number in numbers:
            wait_until(scratch, first, number, "submitted")
        for portal in (one, two):
            assert requests.post(portal.webhook_url, data=b"{}", timeout=30).status_code == 401
        for worker in (first, second):
            assert worker.terminate() == 0
        wait_for(lambda: tallied(scratch).get("refused|pressero|signature") == 2, "the refusals to be stored")
        time.sleep(snapshot.CACHE_SECONDS)  # what is kept of a moment ago
        here, there = scrape(one), scrape(two)
        others = tallied(scratch)
        assert here.value("webhooks_refused_total", system="pressero", reason="signature") == 2
        assert counted(here) == counted(there)
        for status, number in scratch.rows("SELECT status, count(*) FROM integrations_order GROUP BY 1"):
            assert here.value("orders", status=status) == number
        for result, number in scratch.rows(
            "SELECT verdict, count(*) FROM integrations_webhookevent GROUP BY 1"
        ):
            assert here.value("events_total", result=result) == number
        calls = "SELECT lower(system), outcome, count(*) FROM integrations_outgoingcall GROUP BY 1, 2"
        for system, outcome, number in scratch.rows(calls):
            without_rows = others.get(f"calls|{system}|{outcome}", 0)
            assert here.value("calls_total", system=system, outcome=outcome) == number + without_rows
        seconds = (
            "SELECT count(*), sum(seconds_to_job) FROM integrations_order WHERE seconds_to_job IS NOT NULL"
        )
        [(number, total)] = scratch.rows(seconds)
        assert here.value("order_seconds_count") == number
        assert here.value("order_seconds_sum") == pytest.approx(total)
        assert here.value("order_seconds_count") - before.value("order_seconds_count") == ORDERS
