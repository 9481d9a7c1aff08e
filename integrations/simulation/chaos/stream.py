"""The stream: orders come steadily to a whole hub, one nemesis after the other befalls it, and the way back is timed.

Seen from outside alone: an order is through when Pressero shows the job number of each of its items.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

from integrations.models import PaceServer, PresseroAccount
from integrations.operations.setup.configuration import import_configuration
from integrations.simulation.chaos import own_servers
from integrations.simulation.chaos.burst import (
    Expected,
    Wanted,
    Watch,
    balance,
    deliver,
    forget_queue,
    judged,
    processes,
    report_failures,
    undisturbed,
)
from integrations.simulation.chaos.certificates import authority
from integrations.simulation.chaos.faults import Engine
from integrations.simulation.chaos.matrix import engine
from integrations.simulation.chaos.nemeses import Nemesis, World, nemeses_of
from integrations.simulation.chaos.own_servers import OwnPostgres, OwnRedis
from integrations.simulation.chaos.results import Judged, PartResult, Recovery
from integrations.simulation.chaos.sandboxes import TrappedPace, TrappedPressero
from integrations.simulation.chaos.storefront_fixture import SHOPS, Shopper, configuration, draft
from integrations.simulation.chaos.verify import PaceContents
from integrations.simulation.sandbox.pressero.webhooks import Event

Say = Callable[[str], None]

# The folder of the cluster that the run has started; the variable is set for this part.
POSTGRES_FOLDER = "CHAOS_POSTGRES_FOLDER"
SHOPPERS = 10
SENDERS = 4
# As many at once show how many a second the hub can do; half of that comes from then on, and at most this many.
AT_FIRST = 20
SHARE_OF_CAPACITY = 0.5
MOST_A_SECOND = 2.0
LASTS = 6.0
# Throughput is back when within a window 95 of a hundred usual orders get through; on a slow machine the window is longer, so
# that it is about so many orders and not about one.
WINDOW = 6.0
ORDERS_IN_WINDOW = 6
BACK = 0.95
LONGEST_RECOVERY = 120.0
TICK = 0.1
# An event is sent again for minutes, as Pressero does.
EVENT_TRIES = 900


@dataclass
class _Order:
    placed: float
    shopper: Shopper
    nemesis: str
    through: float | None = None


class _Source:
    """Places orders steadily, sends their events, and notes when each is through."""

    def __init__(self, pressero: TrappedPressero, address: str, today: date) -> None:
        self.orders: dict[int, _Order] = {}
        self.nemesis = "before"
        self._pressero = pressero
        self._address = address
        self._today = today
        self._lock = threading.Lock()
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._pause = 0.0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(SENDERS)]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in self._threads:
            thread.start()

    def place(self) -> None:
        """One more order, of the next shopper."""
        count = len(self.orders)
        shopper = Shopper(SHOPS[count % 2], count % SHOPPERS + 1)
        number = self._pressero.place(draft(shopper, self._today), notify=False)
        with self._lock:
            self.orders[number] = _Order(time.monotonic(), shopper, self.nemesis)
        self._events.put(self._pressero.fire("OrderPlaced", number))

    def begin(self, rate: float) -> None:
        """So many orders a second from now on."""
        self._pause = 1.0 / rate
        self._threads.append(threading.Thread(target=self._place_all, daemon=True))
        self._threads[-1].start()

    def end(self) -> None:
        """No more orders; what was placed is still sent."""
        self._stopping.set()
        self._threads[-1].join()
        for _ in range(SENDERS):
            self._events.put(None)
        for thread in self._threads[:SENDERS]:
            thread.join()

    def open_before(self, moment: float) -> int:
        """How many that were placed before are not through yet."""
        with self._lock:
            return sum(one.through is None and one.placed < moment for one in self.orders.values())

    def through(self) -> list[float]:
        """When orders got through, oldest first."""
        with self._lock:
            return sorted(one.through for one in self.orders.values() if one.through is not None)

    def _place_all(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            self.place()
            due += self._pause

    def _send(self) -> None:
        with requests.Session() as session:
            while (event := self._events.get()) is not None:
                deliver(session, event, self._address, tries=EVENT_TRIES)

    def _watch(self) -> None:
        while not self._stopping.wait(TICK):
            with self._lock:
                waiting = [number for number, one in self.orders.items() if one.through is None]
            for number in waiting:
                items = self._pressero.order(number)["Items"]
                if all(item["OrderItemMISID"] for item in items):
                    with self._lock:
                        self.orders[number].through = time.monotonic()


def run_stream(title: str, clusters: int, only: str, folder: Path, say: Say) -> PartResult:
    """Run it and judge every order. `only`: this nemesis. Raises DemoProcessError when the portal does not start."""
    today = date.today()  # noqa: DTZ011 - any day will do, as long as all orders have the same
    shoppers = [Shopper(SHOPS[n % 2], n + 1) for n in range(SHOPPERS)]
    expected = undisturbed(shoppers, today, folder)
    with contextlib.ExitStack() as stack:
        pace, pressero = stack.enter_context(TrappedPace()), stack.enter_context(TrappedPressero())
        import_configuration(configuration(pace, pressero), actor="chaos")
        for model in (PaceServer, PresseroAccount):
            model.objects.update(ca_certificates=authority().pem)
        connection.close()
        address, workers, portal = stack.enter_context(processes(Wanted(0, clusters, 0), folder))
        world = World(folder, pace, pressero, portal, workers, dict(connection.settings_dict))
        stack.enter_context(_own_servers(world))
        source = _Source(pressero, address, today)
        rate = _usual_rate(source)
        say(f"{rate:.2f} orders a second …")
        source.begin(rate)
        recovered = [
            _befall(nemesis, world, source, rate, say)
            for nemesis in nemeses_of(engine())
            if only in ("", nemesis.key)
        ]
        source.end()
        watch = Watch(set(source.orders))
        watch.wait(say)
        forget_queue()
        found = _judge(source, expected, pace, pressero, watch)
    report_failures(found, say)
    remarks = [f"{len(source.orders)} orders at {rate:.2f} a second; Retry pressed {watch.retried} times."]
    return PartResult(title, found, remarks, recovered=recovered)


@contextlib.contextmanager
def _own_servers(world: World) -> Iterator[None]:
    """The servers that this part may stop; those that it starts end with it."""
    programs, redis = own_servers.postgres_programs(), own_servers.redis_program()
    if engine() is Engine.SQLITE or programs is None or redis is None:
        yield
        return
    folder, port = Path(os.environ[POSTGRES_FOLDER]), int(connection.settings_dict["PORT"])
    world.postgres = OwnPostgres(programs, folder, port)
    world.redis = OwnRedis(redis, int(settings.REDIS_URL.rpartition(":")[2].partition("/")[0]))
    try:
        yield
    finally:
        if world.postgres.folder != folder:
            world.postgres.stop()


def _usual_rate(source: _Source) -> float:
    """How many orders a second are to come: half of what the hub does when many come at once."""
    for _ in range(AT_FIRST):
        source.place()
    deadline = time.monotonic() + 10 * LONGEST_RECOVERY
    while source.open_before(time.monotonic()):
        if time.monotonic() > deadline:
            raise RuntimeError("The first orders do not get through")
        time.sleep(TICK)
    through = source.through()
    capacity = (len(through) - 1) / max(through[-1] - through[0], 1.0)
    return min(MOST_A_SECOND, SHARE_OF_CAPACITY * capacity)


def _befall(nemesis: Nemesis, world: World, source: _Source, rate: float, say: Say) -> Recovery:
    """It begins, ends after some seconds, and is over when all that it held up is through."""
    nemesis.prepare(world)
    time.sleep(WINDOW / 2)
    source.nemesis = nemesis.title
    nemesis.begin(world)
    began = time.monotonic()
    time.sleep(LASTS)
    nemesis.end(world)
    ended = time.monotonic()
    meanwhile = sum(began < one <= ended for one in source.through()) / (rate * (ended - began))
    seconds: float | None = None
    while time.monotonic() - ended < LONGEST_RECOVERY:
        world.keep_running()
        seconds = recovered_after(source.through(), ended, time.monotonic(), rate)
        if seconds is not None and not source.open_before(ended):
            break
        time.sleep(TICK)
    told = "not back" if seconds is None else f"{seconds:.1f} s"
    say(f"  {nemesis.title}: {meanwhile:.0%} of the throughput, back after {told}")
    return Recovery(nemesis.title, engine(), seconds, meanwhile)


def recovered_after(through: list[float], ended: float, now: float, rate: float) -> float | None:
    """Seconds from the end of a nemesis until the throughput is back: until the first order of a window in which nearly as
    many get through as usual. None: not yet."""
    window = max(WINDOW, ORDERS_IN_WINDOW / rate)
    usual = BACK * rate * window
    for moment in (one for one in through if one >= ended):
        if moment + window > now:
            return None
        if sum(moment <= one < moment + window for one in through) >= usual:
            return moment - ended
    return None


def _judge(
    source: _Source, expected: Expected, pace: TrappedPace, pressero: TrappedPressero, watch: Watch
) -> list[Judged]:
    contents = PaceContents(pace)
    found = []
    for number, order in source.orders.items():
        settled = watch.after.get(number)
        seconds = None if settled is None else (order.through or time.monotonic()) - order.placed
        group = (order.nemesis, str(engine()))
        found.append(judged(number, order.shopper, expected, contents, pressero, seconds, group))
    surplus = balance(expected, contents, len(source.orders))
    return found if surplus.exactly_one else [*found, surplus]
