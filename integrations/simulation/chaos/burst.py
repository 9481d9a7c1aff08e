"""The burst: many orders at once with repeated events over real HTTP, while calls fail and workers are killed."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import requests
from django.conf import settings
from django.db import Error, close_old_connections, connection
from django_q.brokers import get_broker

from integrations.enums import FailureMode, OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Order
from integrations.operations import order_actions
from integrations.operations.setup.configuration import import_configuration
from integrations.simulation.chaos import worker
from integrations.simulation.chaos.databases import copy_of_default
from integrations.simulation.chaos.fault_injector import FaultInjector, Killer, WorkerProcess
from integrations.simulation.chaos.hub import MatrixHub
from integrations.simulation.chaos.processes import fork_server
from integrations.simulation.chaos.results import Judged, PartResult
from integrations.simulation.chaos.storefront_fixture import SHOPS, Shopper, configuration, draft
from integrations.simulation.chaos.verify import (
    CaseVerdict,
    Object,
    PaceContents,
    counts,
    verify_counts,
    verify_order,
)
from integrations.simulation.demo.configuration import ACCOUNT_SLUG, SECURITY_KEY
from integrations.simulation.demo.processes import DemoProcess, free_port, wait_until_live
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from integrations.simulation.sandbox.pressero.webhooks import Event, message_hash

Say = Callable[[str], None]

SENDERS = 8
SHOPPERS = 20
# A storm lasts until everything is killed that was to be and half of the orders are through, but not for ever.
LONGEST_INJECTION_SECONDS = 600.0
PATIENCE = 1_800.0
EVENT_TRIES = 50


@dataclass(frozen=True)
class Wanted:
    """How large the burst is."""

    orders: int
    clusters: int
    seed: int


@dataclass(frozen=True)
class Expected:
    """What an undisturbed hub makes of an order of each shopper; what Pace holds before them and after."""

    trees: dict[Shopper, Object]
    before: Counter[str]
    after: Counter[str]

    def counts_of(self, amount: int) -> Counter[str]:
        """What Pace holds after so many orders of these shoppers."""
        of_orders = {
            kind: self.before[kind] + (self.after[kind] - self.before[kind]) * amount // len(self.trees)
            for kind in self.after
            if kind not in ("Customer", "Contact")
        }
        return Counter({**self.after, **of_orders})


def run_burst(title: str, wanted: Wanted, folder: Path, say: Say) -> PartResult:
    """Run it and judge every order. Raises DemoProcessError when the portal does not start."""
    random = Random(wanted.seed)  # noqa: S311 - chance that can be repeated is the point
    shoppers = [Shopper(SHOPS[n % 2], n) for n in range(1, min(SHOPPERS, wanted.orders) + 1)]
    today = date.today()  # noqa: DTZ011 - any day will do, as long as all orders have the same
    expected = undisturbed(shoppers, today, folder)
    with PaceSandbox(max_calls=1_000) as pace, PresseroSandbox() as pressero:
        import_configuration(configuration(pace, pressero), actor="chaos")
        connection.close()
        pace.faults, pressero.faults = injectors = FaultInjector(random), FaultInjector(random)
        placed = {
            pressero.place(draft(shoppers[n % len(shoppers)], today), notify=False): shoppers[
                n % len(shoppers)
            ]
            for n in range(wanted.orders)
        }
        with processes(wanted, folder) as (address, workers, _):
            killer = Killer(workers, folder, random)
            say(f"{len(placed)} orders, {SENDERS} senders, seed {wanted.seed}; the storm begins …")
            sent = _inject_faults(pressero, list(placed), address, injectors, killer, random)
            say("The storm is over; waiting until every order has settled …")
            watch = Watch(set(placed))
            watch.wait(say)
        forget_queue()
        _check_faults(killer, injectors)
        contents = PaceContents(pace)
        found = [
            judged(number, shopper, expected, contents, pressero, watch.after.get(number))
            for number, shopper in placed.items()
        ]
        found.append(balance(expected, contents, len(placed)))
    report_failures(found, say)
    remarks = [
        f"seed {wanted.seed}; {sent} events delivered for {len(placed)} orders;",
        f"calls that failed: {_list(sum((injector.met for injector in injectors), Counter()))};",
        f"killed: {_list(killer.killed)};",
        f"Retry pressed {watch.retried} times; settled {watch.seconds:.0f} s after the storm.",
    ]
    return PartResult(title, [one for one in found if one.name or not one.exactly_one], remarks)


def _list(counted: Counter[str]) -> str:
    return (
        ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in sorted(counted.items())) or "none"
    )


def undisturbed(shoppers: list[Shopper], today: date, folder: Path) -> Expected:
    """One order of each shopper, in peace."""
    connection.close()
    database = copy_of_default(connection.settings_dict, "reference")
    with MatrixHub(fork_server(), database, folder / "reference.log") as hub:
        before = counts(PaceContents(hub.pace))
        trees = {}
        for shopper in shoppers:
            number = hub.pressero.place(draft(shopper, today), notify=False)
            hub.ask(worker.take_in, number, hub.pressero.order(number)["SiteId"])
            _get_through(hub, number)
            contents = PaceContents(hub.pace)
            [job] = contents.jobs_of(number)
            trees[shopper] = _comparable(shopper, contents.tree(job))
        return Expected(trees, before, counts(PaceContents(hub.pace)))


def _get_through(hub: MatrixHub, number: int) -> None:
    """Nothing fails, but on a very busy machine a call may be too slow. Raises RuntimeError when it never gets through."""
    deadline = time.monotonic() + PATIENCE
    while not hub.ask(worker.state, number).settled:
        if time.monotonic() > deadline:
            raise RuntimeError("An order does not get through although nothing happens to it")
        hub.ask(worker.work, number)
        time.sleep(0.1)


def _comparable(shopper: Shopper, tree: Object) -> Object:
    """Who is first makes the customer that all buyers of a shop share, so that its details depend on chance."""
    return {**tree, "customer": None} if shopper.shop == SHOPS[0] else tree


@contextlib.contextmanager
def processes(wanted: Wanted, folder: Path) -> Iterator[tuple[str, list[WorkerProcess], DemoProcess]]:
    """The address for events, the workers, and the portal; whoever kills one puts its successor into the list."""
    port = free_port(0)
    arguments = ["-m", "gunicorn", "automationhub.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    portal = DemoProcess("The portal", [*arguments, "--no-control-socket"], folder / "portal.log")
    workers = [WorkerProcess(folder, str(number)) for number in range(1, wanted.clusters + 1)]
    try:
        wait_until_live(portal, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}/api/pressero/{ACCOUNT_SLUG}/events/", workers, portal
    finally:
        for process in (portal, *workers):
            process.stop()


def _inject_faults(
    pressero: PresseroSandbox,
    numbers: list[int],
    address: str,
    injectors: tuple[FaultInjector, FaultInjector],
    killer: Killer,
    random: Random,
) -> int:
    """Everything at once; how many events were delivered, repeats included."""
    events = [pressero.fire("OrderPlaced", number) for number in numbers]
    events += [pressero.fire("OrderUpdated", number) for number in random.sample(numbers, len(numbers) // 3)]
    copies = [event for event in events for _ in range(random.choice((1, 2, 3)))]
    random.shuffle(copies)
    began = time.monotonic()
    for injector in injectors:
        injector.is_active = True
    killer.start()
    try:
        _send_all(copies, address)
        while time.monotonic() - began < LONGEST_INJECTION_SECONDS:
            if killer.is_done and _submitted() * 2 >= len(numbers):
                break
            time.sleep(1.0)
    finally:
        killer.stop()
        for injector in injectors:
            injector.is_active = False
    return len(copies)


def _check_faults(killer: Killer, injectors: tuple[FaultInjector, FaultInjector]) -> None:
    """Raises RuntimeError when the storm hit nothing: then the burst proves nothing."""
    if not killer.killed or not any(injector.met for injector in injectors):
        raise RuntimeError("The storm was over before it hit anything; the machine is too slow for it.")


def _submitted() -> int:
    close_old_connections()
    with contextlib.suppress(Error):
        return Order.objects.filter(submitted_at__isnull=False).count()
    return 0


def _send_all(events: list[Event], address: str) -> None:
    waiting: queue.SimpleQueue[Event] = queue.SimpleQueue()
    for event in events:
        waiting.put(event)

    def send() -> None:
        with requests.Session() as session, contextlib.suppress(queue.Empty):
            while True:
                deliver(session, waiting.get_nowait(), address)

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def deliver(session: requests.Session, event: Event, address: str, *, tries: int = EVENT_TRIES) -> None:
    """As Pressero does: again until it is taken. An event that is never taken shows as a lost order."""
    headers = {
        "Content-Type": "application/json",
        "MessageHash": message_hash("key+body:hex", SECURITY_KEY, event.body),
    }
    for _ in range(tries):
        with contextlib.suppress(requests.RequestException):
            if session.post(address, data=event.body, headers=headers, timeout=30).ok:
                return
        time.sleep(0.2)


class Watch:
    """Waits until the orders have settled, presses Retry as staff would, and notes when each was through."""

    def __init__(self, numbers: set[int]) -> None:
        self._waiting = set(numbers)
        self._began = time.monotonic()
        self.retried = 0
        self.after: dict[int, float] = {}

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(self.after.values(), default=0.0)

    def wait(self, say: Say) -> None:
        """Until all are through, or patience is over."""
        told = self._began
        while self._waiting and time.monotonic() - self._began < PATIENCE:
            with contextlib.suppress(Error):
                close_old_connections()
                self._check()
            if time.monotonic() - told > 30:
                told = time.monotonic()
                say(f"  {len(self._waiting)} orders are not through yet")
            time.sleep(1.0)
        connection.close()

    def _check(self) -> None:
        for order in Order.objects.filter(number__in=self._waiting).defer("fetched", "plan", "sent_payload"):
            well = order.failure_mode == FailureMode.NONE
            if order.status == OrderStatus.SUBMITTED and well and order.due_at is None:
                # The first look comes right after the storm: what is through by then was never held up by it.
                self.after[order.number] = time.monotonic() - self._began if self.after else 0.0
                self._waiting.discard(order.number)
            elif order.due_at is None and order.lease_until is None:
                with contextlib.suppress(NotAllowed):
                    order_actions.retry(order, actor="chaos")
                    self.retried += 1


def judged(
    number: int,
    shopper: Shopper,
    expected: Expected,
    contents: PaceContents,
    pressero: PresseroSandbox,
    seconds: float | None,
    group: tuple[str, ...] = (),
) -> Judged:
    """The verdict on one order. `seconds`: until it was through; None: it never was."""
    verdict = verify_order(
        number, shopper.email, [expected.trees[shopper]], contents, pressero,
        comparable=lambda tree: _comparable(shopper, tree),
    )  # fmt: skip
    if seconds is None:
        verdict.lost.append("it never settled")
    return _as_verified(str(number), verdict, seconds or 0.0, group)


def balance(expected: Expected, contents: PaceContents, amount: int) -> Judged:
    """Objects that belong to no order: counted as one order more when there are any."""
    return _as_verified("", verify_counts(expected.counts_of(amount), contents), 0.0, ())


def _as_verified(name: str, verdict: CaseVerdict, seconds: float, group: tuple[str, ...]) -> Judged:
    return Judged(name, group, verdict.duplicates, verdict.lost, verdict.partial, seconds)


def report_failures(judged: list[Judged], say: Say) -> None:
    for one in judged:
        if one.exactly_one:
            continue
        say(f"FAILED order {one.name or 'balance'}")
        for complaint in (*one.duplicates, *one.lost, *one.partial):
            say(f"    {complaint}")
        if one.name:
            for line in _story(int(one.name)):
                say(f"      {line}")


def _story(number: int) -> list[str]:
    return (
        worker.timeline(number)
        if Order.objects.filter(number=number).exists()
        else ["The hub has no such order."]
    )


def forget_queue() -> None:
    """Leave nothing in a Redis that others use too."""
    if settings.REDIS_URL:
        get_broker().delete_queue()
