"""Running the demo: start everything, place the orders, wait, print the table."""

from __future__ import annotations

import contextlib
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from integrations.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY, demo_configuration
from integrations.demo.processes import DemoProcess, free_port, wait_until_live
from integrations.demo.scenarios import Scenario, scenarios
from integrations.enums import JobState
from integrations.models import Order
from integrations.sandbox.pace import PaceSandbox
from integrations.sandbox.pressero import PresseroSandbox
from integrations.services.configuration import import_configuration

PATIENCE = 180.0
USERNAME = "demo"


@dataclass(frozen=True)
class Result:
    """How one demo order ended."""

    number: int
    scenario: Scenario
    status: str
    jobs: list[str]
    message: str

    @property
    def as_expected(self) -> bool:
        return self.status == self.scenario.status and len(self.jobs) == self.scenario.jobs


def run_demo(*, port: int, once: bool, folder: Path, say: Callable[[str], None]) -> bool:
    """The whole demo; True when every order ended as it should. Raises DemoProcessError."""
    say("Setting up the database …")
    call_command("migrate", verbosity=0)
    with PaceSandbox() as pace, PresseroSandbox() as pressero:
        password = _set_up(pace, pressero)
        port = free_port(port)
        address = f"http://127.0.0.1:{port}"
        pressero.security_key = SECURITY_KEY
        pressero.webhook_url = f"{address}/api/pressero/{ACCOUNT_SLUG}/events/"
        with _processes(port, folder) as portal:
            say("Starting the portal and a worker …")
            wait_until_live(portal, address)
            say("Placing orders in the sandbox Pressero …")
            placed = [(scenario, scenario.place(pressero)) for scenario in scenarios(timezone.now().date())]
            results = _wait(placed)
            say("")
            for line in table(results):
                say(line)
            good = all(result.as_expected for result in results)
            if not once:
                _stay_up(address, password, pace, pressero, say)
    return good


def _set_up(pace: PaceSandbox, pressero: PresseroSandbox) -> str:
    """Configuration and login; the demo user's password."""
    import_configuration(
        demo_configuration(
            pressero_url=pressero.base_url,
            credentials=asdict(pressero.credentials),
            pace_url=pace.url,
            pace_login=(pace.username, pace.password),
        ),
        actor="demo",
    )
    password = f"demo-{secrets.token_hex(4)}"
    user, _ = get_user_model().objects.get_or_create(
        username=USERNAME, defaults={"is_staff": True, "is_superuser": True, "email": "demo@example.com"}
    )
    user.set_password(password)
    user.save()
    connection.close()
    return password


@contextlib.contextmanager
def _processes(port: int, folder: Path) -> Iterator[DemoProcess]:
    portal = DemoProcess(
        "The portal",
        [
            "-m",
            "gunicorn",
            "automationhub.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "2",
            "--no-control-socket",
        ],
        folder / "portal.log",
    )
    worker = DemoProcess("The worker", ["manage.py", "worker"], folder / "worker.log")
    try:
        yield portal
    finally:
        portal.stop()
        worker.stop()


def _wait(placed: list[tuple[Scenario, int]]) -> list[Result]:
    deadline = time.monotonic() + PATIENCE
    while True:
        results = [_result(scenario, number) for scenario, number in placed]
        if all(result.as_expected for result in results) or time.monotonic() > deadline:
            return results
        time.sleep(0.5)


def _result(scenario: Scenario, number: int) -> Result:
    order = Order.objects.filter(number=number).first()
    if order is None:
        return Result(number, scenario, "not received", [], "")
    jobs = list(order.jobs.filter(state=JobState.DONE).values_list("number", flat=True))
    return Result(number, scenario, order.status, jobs, order.message)


def table(results: list[Result]) -> Iterator[str]:
    """The result table, a line each."""
    head = ("Order", "What it shows", "Should be", "Is", "Pace jobs", "")
    rows = [
        (
            str(result.number),
            result.scenario.title,
            result.scenario.status.label,
            result.status.replace("_", " ").capitalize(),
            ", ".join(result.jobs) or "-",
            "ok" if result.as_expected else "NOT AS IT SHOULD BE",
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for result in results:
        if result.message:
            yield ""
            yield f"Order {result.number}: {result.message}"


def _stay_up(
    address: str, password: str, pace: PaceSandbox, pressero: PresseroSandbox, say: Callable[[str], None]
) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    say("")
    say(f"The portal is at {address}/admin/   user {USERNAME}   password {password}")
    say(
        f"Sandbox Pace at {pace.url}, sandbox Pressero at {pressero.url} (faults on request: docs/sandbox.md)"
    )
    say("Ctrl-C stops all of it.")
    stop.wait()
    say("Stopping …")
