"""The demo: each of its orders ends as its table says, and the whole of it runs on one command."""

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.models import Order, Storefront
from integrations.orders.intake import receive
from integrations.simulation.demo import statuses
from integrations.simulation.demo.results import DemoResult, result_of, table
from integrations.simulation.demo.scenarios import Scenario, next_christmas, scenarios
from tests.commands.processes import children, group_lives, wait_for
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

EVERY = {scenario.title: scenario for scenario in scenarios(timezone.now().date())}


def work(hub: Hub, number: int) -> None:
    storefront = Storefront.objects.get(site_id=hub.pressero.order(number)["SiteId"])
    order = receive.take_in(storefront, number, why="A test received the order.", actor="test")
    hub.process(order)


@pytest.mark.parametrize("title", EVERY)
def test_a_demo_order_ends_as_it_should(hub: Hub, title: str) -> None:
    scenario = EVERY[title]
    number = scenario.place(hub.pressero)
    work(hub, number)
    first = result_of(scenario, number)
    assert first.stands, first
    if scenario.then is not None:
        assert not first.as_expected, "its second act shows nothing"
        scenario.then(hub.pressero, number)
        orders.wake(Order.objects.get(number=number).pk)
        work(hub, number)
    last = result_of(scenario, number)
    assert last.as_expected, last


def test_the_kit_becomes_a_part_for_each_component_with_a_quantity(hub: Hub) -> None:
    work(hub, EVERY["kit, one component of quantity 0"].place(hub.pressero))
    parts = [
        (part["jobPart"], part["qtyOrdered"], part["quotedPrice"]) for part in hub.pace.objects("JobPart")
    ]
    # The kit costs 200.00 itself, spread 60 : 30 over its components; its shipping of 20.00 likewise.
    assert [(number, quantity, str(price)) for number, quantity, price in parts] == [
        ("01", 40, "206.66"),
        ("02", 80, "103.34"),
    ]


def test_three_files_become_three_jobs_named_by_number(hub: Hub) -> None:
    work(hub, EVERY["one job for each of three files"].place(hub.pressero))
    assert [job["description"] for job in hub.pace.objects("Job")] == [
        f"10234 - Demo University Shop - 10234-1-{number}" for number in (1, 2, 3)
    ]
    assert sum(job["amountToInvoice"] for job in hub.pace.objects("Job")) == 117


def test_the_holiday_order_ships_on_a_working_day_after_christmas(hub: Hub) -> None:
    wanted = next_christmas(timezone.now().date())
    work(hub, EVERY["ship date on a holiday"].place(hub.pressero))
    [job] = hub.pace.objects("Job")
    ships = date.fromisoformat(job["promiseDateTime"][:10])
    assert ships > wanted.replace(day=26)  # the demo's plant is closed on the 26th, too
    assert ships.weekday() < 5


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 23), date(2026, 12, 25)),
        (date(2026, 12, 25), date(2027, 12, 25)),
        (date(2026, 12, 31), date(2027, 12, 25)),
    ],
)
def test_next_christmas_is_still_to_come(today: date, expected: date) -> None:
    assert next_christmas(today) == expected


def result(remark: str = "", **more: object) -> DemoResult:
    scenario = Scenario("shown", lambda shop: 1, OrderStatus.SUBMITTED, 1, remark=remark)
    return DemoResult(**{"number": 1, "scenario": scenario, "status": "submitted", "jobs": ("9",), **more})  # type: ignore[arg-type]


class TestTable:
    def test_a_row_shows_what_is_worth_noting(self) -> None:
        head, _, row = table([result("became", remarks=("ship date 2026-12-25 became 2026-12-28",))])
        assert head.split() == [
            "Order",
            "What",
            "it",
            "shows",
            "Should",
            "be",
            "Is",
            "Pace",
            "jobs",
            "Worth",
            "noting",
        ]
        assert row.endswith("ship date 2026-12-25 became 2026-12-28  ok")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"status": "waiting"},
            {"jobs": ()},
            {"jobs": ("8", "9")},
            {"remarks": ("something else",)},
            {"message": "Still trying."},
        ],
    )
    def test_a_wrong_row_says_so(self, wrong: dict[str, object]) -> None:
        _, _, row, *_ = table([result("became", **{"remarks": ("a became b",), **wrong})])
        assert row.endswith("NOT AS IT SHOULD BE")

    def test_a_message_stands_below_the_table(self) -> None:
        *_, last = table([result(message="Do this.")])
        assert last == "Order 1: Do this."


PROGRAM = """
import signal
import sys
from pathlib import Path
import django
# As in a terminal, also when the tests themselves were started with nohup, whose wish the demo respects.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
django.setup()
from integrations.simulation.demo.run import run_demo
sys.exit(0 if run_demo(port=0, once=True, folder=Path(sys.argv[1]), say=print) else 1)
"""


def own_hub(folder: Path) -> dict[str, str]:
    """A demo in a folder of its own: it must not touch the folder of a demo that runs."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "automationhub.settings",
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{folder / 'hub.sqlite3'}",
        "REDIS_URL": "",
        "EMAIL_URL": "",
        "Q_WORKERS": "2",
    }


def test_the_whole_demo_with_its_portal_and_worker_ends_well(tmp_path: Path) -> None:
    """What `make demo ONCE=1` does."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=settings.BASE_DIR,
        env=own_hub(tmp_path),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    orders_table, _, stages_table = done.stdout.partition("Moving jobs through the plant")
    assert orders_table.count("  ok\n") == len(EVERY)
    assert "NOT AS IT SHOULD BE" not in orders_table
    assert stages_table.count("  ok\n") == len(statuses.ALL_THE_WAY) + len(statuses.ON_PRESS)
    assert statuses.TRACKING in stages_table
    _, _, shadow_table = stages_table.partition("which runs in shadow mode")
    assert shadow_table.count("  as it should be\n") == 3


def test_a_closed_terminal_ends_the_portal_and_the_worker_of_the_demo(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=settings.BASE_DIR,
        env=own_hub(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as demo:
        groups = wait_for(lambda: (found := children(demo.pid))[1:] and found, "the portal and the worker")
        try:
            demo.send_signal(signal.SIGHUP)
            assert demo.wait(timeout=180) != 0
            assert not any(group_lives(group) for group in groups)
        finally:
            demo.kill()
            for group in filter(group_lives, groups):
                os.killpg(group, signal.SIGKILL)
