"""Running the demo: start everything, place the orders, wait (for second acts, too), print the table."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from integrations.enums import OrderStatus
from integrations.operations.setup import versions
from integrations.operations.setup.configuration import import_configuration
from integrations.operations.setup.reference import refresh_all
from integrations.simulation.demo import probing, shadow_mode, statuses
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY, demo_configuration
from integrations.simulation.demo.field_rules import with_field_rules
from integrations.simulation.demo.processes import (
    DemoProcess,
    free_port,
    stop_here,
    wait_until_live,
    when_told_to_end,
)
from integrations.simulation.demo.results import DemoResult, result_of, table
from integrations.simulation.demo.scenarios import Scenario, scenarios
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox

PATIENCE = 180.0
USERNAME = "demo"


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
        if not once:
            _build_documents(say)
        with _processes(port, folder) as portal:
            say("Starting the portal and a worker …")
            wait_until_live(portal, address)
            say("Placing orders in the sandbox Pressero …")
            placed = [(scenario, scenario.place(pressero)) for scenario in scenarios(timezone.now().date())]
            results = _wait(placed, pressero)
            say("")
            for line in table(results):
                say(line)
            good = all(result.as_expected for result in results)
            good = _show_statuses(results, pace, pressero, address, say) and good
            good = _show_shadow_mode(pace, pressero, say) and good
            good = probing.probe_both(USERNAME, say) and good
            if not once:
                _stay_up(address, password, pace, pressero, say)
    return good


def _build_documents(say: Callable[[str], None]) -> None:
    """The documents as a site, where the program that builds it is installed; without it they are served as text."""
    if (
        importlib.util.find_spec("mkdocs") is None
        or (settings.WHITENOISE_ROOT / "docs" / "index.html").exists()
    ):
        return
    say("Building the documents …")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False)  # noqa: S603 - nothing from outside


def _set_up(pace: PaceSandbox, pressero: PresseroSandbox) -> str:
    """Configuration and login; the demo user's password."""
    configuration = demo_configuration(
        pressero_url=pressero.base_url,
        credentials=asdict(pressero.credentials),
        pace_url=pace.url,
        pace_login=(pace.username, pace.password),
    )
    configuration["statuses"] = statuses.status_mapping()
    configuration["storefronts"].append(shadow_mode.storefront())
    import_configuration(with_field_rules(configuration), actor="demo")
    versions.note("demo", "The configuration of the demo.")
    refresh_all()
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
    # A signal that came between the start of a process and the block that ends it would leave that process behind.
    told = threading.Event()
    when_told_to_end(told.set)
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
        when_told_to_end(stop_here)
        if told.is_set():
            stop_here()
        yield portal
    finally:
        when_told_to_end(told.set)
        portal.stop()
        worker.stop()


def _wait(placed: list[tuple[Scenario, int]], pressero: PresseroSandbox) -> list[DemoResult]:
    """Until every order ended as it should, second acts included, or patience is over."""
    acts = {number: scenario.then for scenario, number in placed if scenario.then is not None}
    deadline = time.monotonic() + PATIENCE
    while True:
        results = [result_of(scenario, number) for scenario, number in placed]
        for result in results:
            if result.stands and (act := acts.pop(result.number, None)) is not None:
                act(pressero, result.number)
        if (not acts and all(result.as_expected for result in results)) or time.monotonic() > deadline:
            return results
        time.sleep(0.5)


def _show_statuses(
    results: list[DemoResult],
    pace: PaceSandbox,
    pressero: PresseroSandbox,
    address: str,
    say: Callable[[str], None],
) -> bool:
    """Move the first jobs through the plant; whether every stage arrived in Pressero."""
    say("")
    say("Moving jobs through the plant …")
    made = [result.number for result in results if result.status == OrderStatus.SUBMITTED and result.jobs]
    arrivals = statuses.walk_jobs(made[:2], pace, pressero, address)
    say("")
    for line in statuses.table(arrivals):
        say(line)
    return all(arrival.as_expected for arrival in arrivals)


def _show_shadow_mode(pace: PaceSandbox, pressero: PresseroSandbox, say: Callable[[str], None]) -> bool:
    """Orders of the storefront in shadow mode beside jobs made by hand; whether they compare as they should."""
    say("")
    say(f"Making jobs by hand beside {shadow_mode.STOREFRONT}, which runs in shadow mode …")
    shown = shadow_mode.show(pace, pressero)
    say("")
    for line in shadow_mode.table(shown):
        say(line)
    return all(one.as_expected for one in shown)


def _stay_up(
    address: str, password: str, pace: PaceSandbox, pressero: PresseroSandbox, say: Callable[[str], None]
) -> None:
    stop = threading.Event()
    when_told_to_end(stop.set)
    say("")
    say(f"The portal is at {address}/admin/   user {USERNAME}   password {password}")
    say(
        f"Sandbox Pace at {pace.url}, sandbox Pressero at {pressero.url} (faults on request: docs/sandbox.md)"
    )
    say("Ctrl-C stops all of it.")
    stop.wait()
    say("Stopping …")
