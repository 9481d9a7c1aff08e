"""What metrics and traces cost: CPU time of webhooks and orders with traces on, off, and with every call of them taken out.

A cost of one percent is less than what one order differs from the next, so it is measured in two ways. The spans that an
order leaves are recorded again, many times over, and sent in the usual batches: this is precise, and what the goals are
about. And the three ways take turns, one order or a handful of webhooks at a time, each compared with its neighbor: this
misses nothing, and shows how far it can be trusted.
"""

from __future__ import annotations

import gc
import itertools
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from cProfile import Profile
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from unittest import mock

from benchmarks.collector import collector
from benchmarks.harness import Options, Report, main
from benchmarks.hub import STORE, configure, database, draft, set_up_django
from benchmarks.intake import NO_LIMITS, PATH, message
from benchmarks.sandboxes import Sandbox, sandboxes

MOST = 0.02
# Less than this share cannot be told from no cost at all by comparing.
UNMEASURABLE = 0.001
# As OpenTelemetry sends them when it is busy.
BATCH = 512
WEBHOOKS = 10
# As docs/monitoring.md advises; the worker adds up the totals once a minute.
SCRAPE_EVERY, STEP_EVERY = 15.0, 60.0
SCRAPES = 20
TOKEN = "for-the-benchmark-only"
ON, OFF, WITHOUT = "on", "off", "taken out"


@dataclass
class Turns:
    """CPU seconds of one kind of work, turn by turn, for each way; and of sending the spans of all turns with traces."""

    name: str
    of_each: int
    taken: dict[str, list[float]] = field(default_factory=lambda: {ON: [], OFF: [], WITHOUT: []})
    spans: int = 0
    sending: float = 0.0
    # CPU seconds of recording the spans of one order or webhook again.
    again: float = 0.0
    calls_off: int = 0
    # Python's function calls of one turn, by way.
    functions: dict[str, int] = field(default_factory=dict)

    @property
    def milliseconds(self) -> float:
        """Of one order or webhook without traces."""
        return median(self.taken[OFF]) / self.of_each * 1000

    @property
    def recorded(self) -> float:
        """What recording adds, as a share."""
        return self.again * 1000 / self.milliseconds

    @property
    def sent(self) -> float:
        """What sending adds, as a share."""
        return self.sending / len(self.taken[ON]) / median(self.taken[OFF])

    @property
    def spans_of_one(self) -> float:
        return self.spans / len(self.taken[ON]) / self.of_each


@dataclass(frozen=True)
class Share:
    """How much more one way takes than another: the median of neighbors, and between what it lies with 95 %."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:+.2%} ({self.low:+.2%} to {self.high:+.2%})"


def share(one: list[float], other: list[float]) -> Share:
    ratios = sorted(a / b - 1 for a, b in zip(one, other, strict=True))
    # The order statistics around the median: nothing is assumed about how the ratios are spread.
    away = math.ceil(0.98 * math.sqrt(len(ratios)))
    at = len(ratios) // 2
    return Share(median(ratios), ratios[max(0, at - away)], ratios[min(len(ratios) - 1, at + away)])


def measure(options: Options) -> Report:
    report = Report("observing", "Metrics and traces")
    seconds = 4.0 if options.short else 25.0
    with database("sqlite") as url, sandboxes() as (pace, pressero), collector() as address:
        # Spans are sent when the benchmark says so.
        os.environ |= {
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_BSP_SCHEDULE_DELAY": "3600000",
            "OTEL_BSP_MAX_QUEUE_SIZE": "20000",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "20000",
        }
        set_up_django(url, METRICS_TOKEN=TOKEN, **NO_LIMITS)
        logging.disable(logging.INFO)
        configure(pace, pressero)
        work = [
            (Turns("webhook", WEBHOOKS), _webhooks),
            (Turns("order of 1 item", 1), lambda: _order(pressero, draft(1))),
            (Turns("order of 5 items, a file each", 1), lambda: _order(pressero, draft(5, files=1))),
        ]
        for turns, make in work:
            _take_turns(turns, seconds, make)
        metrics = _metrics()
        _send()
    every = [turns for turns, _ in work]
    _report_traces(report, every)
    _report_metrics(report, *metrics)
    return report


# --- traces -----------------------------------------------------------------------------------------------------


def _take_turns(turns: Turns, seconds: float, make: Callable[[], Callable[[], None]]) -> None:
    """Each round does the work in each way once, in a changing order; `make` prepares one turn's work."""
    gc.disable()
    for way in (ON, OFF, WITHOUT) * 3:
        with _way(way):
            make()()
    _send()
    orders = itertools.cycle(itertools.permutations((ON, OFF, WITHOUT)))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for way in next(orders):
            work = make()
            # Rubbish of all turns would be collected in one of them.
            gc.collect(1)
            with _way(way):
                begun = time.process_time()
                work()
                turns.taken[way].append(time.process_time() - begun)
        if _waiting() >= BATCH:
            _send_timed(turns)
    _send_timed(turns)
    with _way(OFF), _counting() as counted:
        make()()
    turns.calls_off = len(counted)
    turns.again = _again(make) / turns.of_each
    turns.functions = {way: min(_functions(way, make) for _ in range(3)) for way in (ON, OFF)}


def _functions(way: str, make: Callable[[], Callable[[], None]]) -> int:
    """How many functions Python calls in one turn: what a busy machine cannot change."""
    work, profile = make(), Profile()
    with _way(way):
        profile.enable()
        work()
        profile.disable()
    return sum(one.callcount for one in profile.getstats())


def _again(make: Callable[[], Callable[[], None]]) -> float:
    """CPU seconds of recording the spans of one turn, as often as it takes to know."""
    from automationhub.lib import tracing

    queue = _processor()._queue
    work = make()
    queue.clear()
    with _way(ON):
        work()
        spans = list(queue)

        def record() -> None:
            for one in spans:
                if not one.parent:
                    place = tracing.new_trace(one.name)
                    tracing.record_first(one.name, place=place, started=one.started, **one.facts)
                    continue
                with tracing.span(one.name, call=one.call) as span:
                    if one.call:
                        tracing.route_of("/FindObjects/find?type=Job")
                        tracing.headers()
                    for name, value in one.facts.items():
                        span.set(name, value)

        taken = []
        for _ in range(15):
            begun = time.process_time()
            with tracing.span("attempt"):
                for _ in range(20):
                    record()
            taken.append((time.process_time() - begun) / 20)
            queue.clear()
    return median(taken)


def _send_timed(turns: Turns) -> None:
    """Send what waits in batches as usual; the time that takes."""
    processor = _processor()
    turns.spans += _waiting()
    processor._max_export_batch_size = BATCH
    begun = time.process_time()
    _send()
    turns.sending += time.process_time() - begun
    processor._max_export_batch_size = 20_000


def _send() -> None:
    from automationhub.lib import tracing

    with _way(ON):
        tracing.flush()


def _waiting() -> int:
    return len(_processor()._queue)


def _processor() -> Any:
    from automationhub.lib import tracing

    return tracing._process().processor._batch_processor


@contextmanager
def _way(way: str) -> Iterator[None]:
    from django.conf import settings

    from automationhub.lib import tracing
    from integrations.core import order_trace

    settings.TRACES_ENDPOINT = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] if way == ON else ""
    if way != WITHOUT:
        yield
        return
    nothing = nullcontext(tracing.NONE)
    calls = {"is_on": _false, "now": _zero, "span": _none, "record": _nothing, "headers": dict}
    of_orders = {
        "begin": _text, "new_place": _text, "attempt": lambda *_: nothing,
        "ended": _nothing, "webhook": _nothing,
    }  # fmt: skip
    with mock.patch.multiple(tracing, **calls), mock.patch.multiple(order_trace, **of_orders):
        yield


def _none(*_: object, **__: object) -> Any:
    from automationhub.lib import tracing

    return tracing.NONE


def _false() -> bool:
    return False


def _zero() -> int:
    return 0


def _text(*_: object) -> str:
    return ""


def _nothing(*_: object, **__: object) -> None:
    pass


@contextmanager
def _counting() -> Iterator[list[str]]:
    """The calls of tracing that are made within."""
    from automationhub.lib import tracing

    counted: list[str] = []

    def noted(name: str) -> Callable[..., Any]:
        real = getattr(tracing, name)

        def call(*arguments: Any, **facts: Any) -> Any:
            counted.append(name)
            return real(*arguments, **facts)

        return call

    names = ("span", "record", "new_trace", "record_first", "headers")
    with mock.patch.multiple(tracing, **{name: noted(name) for name in names}):
        yield counted


def _one_call_off() -> float:
    """CPU seconds of one span while traces are off, the dearest of these calls."""
    from automationhub.lib import tracing

    times = 20_000
    with _way(OFF):
        best = math.inf
        for _ in range(5):
            begun = time.process_time()
            for _ in range(times):
                with tracing.span("step plan", automationhub__order=1) as span:
                    span.set("url.template", "/")
            best = min(best, time.process_time() - begun)
    return best / times


# --- the work ---------------------------------------------------------------------------------------------------


def _webhooks() -> Callable[[], None]:
    """Webhooks as the web process gets them, each about an order of its own."""
    from io import BytesIO

    from automationhub.wsgi import application

    environments = []
    for body, signature in (message() for _ in range(WEBHOOKS)):
        environments.append(
            {
                "REQUEST_METHOD": "POST", "PATH_INFO": PATH, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
                "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1",
                "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "HTTP_MESSAGEHASH": signature,
                "wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
                "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
            }
        )  # fmt: skip
    statuses: list[str] = []

    def post() -> None:
        for environment in environments:
            answer = application(environment, lambda status, headers, trouble=None: statuses.append(status))
            for _ in answer:
                pass
            if hasattr(answer, "close"):  # the entry point's answers have nothing to close
                answer.close()
        if any(not status.startswith("202") for status in statuses):
            raise SystemExit(f"A webhook was not taken: {statuses}")

    return post


def _order(pressero: Sandbox, drafted: dict[str, Any]) -> Callable[[], None]:
    from integrations.models import Order, Storefront
    from integrations.orders.intake import receive
    from integrations.orders.submission import runner

    shop = Storefront.objects.get(name=STORE)
    order = receive.take_in(shop, pressero.place(drafted), why="A benchmark.", actor="bench")

    def process() -> None:
        runner.process(order.pk)
        status = Order.objects.values_list("status", flat=True).get(pk=order.pk)
        if status != "submitted":
            raise SystemExit(f"The order did not end well: {status}")

    return process


# --- metrics ----------------------------------------------------------------------------------------------------


def _metrics() -> tuple[float, float, int]:
    """CPU seconds of one scrape and of the worker's step, and how many orders there were."""
    from django.test import Client

    from integrations.models import Order
    from integrations.operations.metrics import snapshot, totals

    client = Client()

    def scrape() -> None:
        snapshot.CACHED.forget()
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        if answer.status_code != 200:
            raise SystemExit(f"/metrics answered {answer.status_code}")

    with _way(OFF):
        scrape()
        return _median(scrape), _median(totals.roll_up), Order.objects.count()


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(SCRAPES):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return median(taken)


# --- report -----------------------------------------------------------------------------------------------------


def _report_traces(report: Report, every: list[Turns]) -> None:
    report.say(
        "CPU time in one process, on SQLite, against sandboxes that answer right away and a collector of traces that takes "
        "everything. Recording: the spans that an order leaves, recorded again many times over. Sending: in batches of "
        f"{BATCH} spans, as OpenTelemetry does when it is busy; a quiet process sends at most one batch in 5 seconds. The next "
        "columns are a check of it: how many more functions Python calls with traces on, and traces on, off, and with every call "
        f"of them taken out in turns, one order or {WEBHOOKS} webhooks at a time, each compared with its neighbor (median, and the "
        "range in which it lies with 95%; a busy machine makes it wide). The machine's load during this run was "
        f"{os.getloadavg()[2]:.0f}; a machine that does nothing else has 1."
    )
    one = _one_call_off()
    rows = [
        (
            turns.name,
            f"{turns.milliseconds:.1f} ms",
            f"{turns.spans_of_one:.0f}",
            f"{turns.again * 1e6:.0f} µs",
            f"{turns.recorded:.2%} + {turns.sent:.2%}",
            f"{turns.functions[ON] / turns.functions[OFF] - 1:+.2%}",
            str(share(turns.taken[ON], turns.taken[OFF])),
            str(share(turns.taken[OFF], turns.taken[WITHOUT])),
            str(len(turns.taken[ON])),
        )
        for turns in every
    ]
    report.table(
        "Traces",
        (
            "",
            "CPU, off",
            "spans",
            "recording them",
            "recording + sending",
            "function calls",
            "on, against off",
            "off, against taken out",
            "turns",
        ),
        rows,
    )
    for turns in every:
        report.goal(
            f"{turns.name}: CPU that traces add when on (recording and sending)",
            turns.recorded + turns.sent,
            at_most=MOST,
        )
    for turns in every:
        calls = turns.calls_off / turns.of_each
        report.goal(
            f"{turns.name}: CPU of its {calls:.0f} calls of tracing when off, {one * 1e9:.0f} ns each",
            calls * one / (turns.milliseconds / 1000),
            at_most=UNMEASURABLE,
        )


def _report_metrics(report: Report, scrape: float, step: float, orders: int) -> None:
    report.say(
        f"Metrics add nothing to a webhook or an order: they are read from the database when they are asked for. With {orders:,} "
        f"orders kept, a scrape takes {scrape * 1000:.1f} ms of CPU, and the step with which a worker adds up the totals "
        f"{step * 1000:.1f} ms. So of a core that is busy with webhooks or orders, metrics take the share below."
    )
    report.goal(
        f"metrics on: CPU of a scrape each {SCRAPE_EVERY:.0f} s and a step each {STEP_EVERY:.0f} s, of one core",
        scrape / SCRAPE_EVERY + step / STEP_EVERY,
        at_most=MOST,
    )


if __name__ == "__main__":
    sys.exit(main(measure))
