"""What an order, an event, a sweep and a page cost in a hub that keeps 10,000, 100,000 and 1,000,000 orders.

The rows are cloned inside the database from one real order (`benchmarks.admin_rows`); then real orders go through the
hub beside them. On SQLite, which does its work in this very process: so its CPU time is what is taken, whatever else the
machine is doing. The plans of the ten hottest queries are those of the largest hub.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.harness import Options, Picture, Report, main
from benchmarks.hub import database, set_up_django
from benchmarks.sandboxes import Sandbox, sandboxes

SIZES = (10_000, 100_000, 1_000_000)
# Seconds for making rows and measuring; with less speed the largest hub is made smaller, and the page says so.
TIME = 230.0
# What comes before and after that: migrations, the first order, the hottest queries, the report.
AROUND = 90.0
FLAT = 1.3
_GROWING = (
    r"integrations_(?:order|orderitem|pacejob|webhookevent|auditentry|outgoingcall|stepattempt|searchword|itemstage"
    r"|paceshipment)"
)
ENTRIES = 4  # audit entries of each cloned order: far fewer than a real one leaves, for the time this takes


def measure(options: Options) -> Report:
    report = Report("growth", "More and more orders kept")
    sizes = (6_000, 20_000) if options.short else SIZES
    costs: dict[int, dict[str, float]] = {}
    with database("sqlite") as url, sandboxes() as (pace, pressero):
        set_up_django(url)
        logging.disable(logging.INFO)
        from benchmarks.admin_rows import fill, make_first

        first, have = make_first(entries=ENTRIES, payload=200), 1
        _thin(first)
        _number_from(2_000_000_000)  # before anything else leaves an entry with an id that a cloned row gets
        shop = _shop(pace, pressero)
        pace_of_work = Tempo(min(TIME, options.seconds - AROUND))
        for wanted in sizes:
            size = pace_of_work.affordable(wanted, have)
            if size < wanted:
                report.skip(f"{wanted:,} orders", f"{size:,} are what there was time for on this machine")
            fill(first, have=have, want=size, say=lambda line: print(line, flush=True))
            pace_of_work.filled(size - have)
            have = size
            costs[size] = {
                "an order, from Pressero to Pace": _order(shop, pressero),
                "a webhook": _webhook(shop),
                "a sweep": _sweep(),
                "the worker's tick": _tick(),
                **_pages(first.pk + size - 1, size),
            }
            pace_of_work.measured()
        plans = _plans(shop, pressero)
    _report(report, costs, plans)
    return report


class Tempo:
    """How fast this machine makes rows and measures, to know what there is time for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = self._last = time.monotonic()
        self._per_order = self._measuring = 0.0

    def filled(self, count: int) -> None:
        self._per_order = self._lap() / count

    def measured(self) -> None:
        self._measuring = self._lap()

    def affordable(self, wanted: int, have: int) -> int:
        """As many orders as there is time for."""
        if not self._per_order or have < 50_000:
            return wanted
        left = self._seconds - (self._last - self._begun) - 1.5 * self._measuring
        could = have + int(max(0.0, left) / (1.15 * self._per_order))
        return wanted if could >= wanted else max(have + 50_000, could // 50_000 * 50_000)

    def _lap(self) -> float:
        now = time.monotonic()
        lap, self._last = now - self._last, now
        return lap


def _thin(first: Any) -> None:
    """Leave one event and one attempt: what is cloned a million times must fit into the time."""
    first.events.exclude(pk=first.events.order_by("pk")[0].pk).delete()
    first.step_attempts.exclude(pk=first.step_attempts.order_by("pk")[0].pk).delete()


def _number_from(number: int) -> None:
    """Give what is stored from now on ids far from those of the cloned rows, which follow one another."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = %s", [number])


def _shop(pace: Sandbox, pressero: Sandbox) -> Any:
    """A storefront that works with the two sandboxes, beside the ones of the rows."""
    from benchmarks.hub import STORE, configure
    from integrations.models import Storefront

    configure(pace, pressero)
    return Storefront.objects.select_related("pressero_account").get(name=STORE)


def _best(work: Callable[[], object], rounds: int) -> float:
    """The least CPU milliseconds of so many rounds, after one that is not counted."""
    work()
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        taken.append((time.process_time() - begun) * 1000)
    return min(taken)


def _order(shop: Any, pressero: Sandbox) -> float:
    from benchmarks.hub import draft
    from integrations.orders.intake import receive
    from integrations.orders.submission import runner

    waiting = [
        receive.take_in(shop, pressero.place(draft(2)), why="A benchmark.", actor="bench").pk
        for _ in range(13)
    ]
    return _best(lambda: runner.process(waiting.pop()), 12)


def _webhook(shop: Any) -> float:
    from django.test import Client

    from benchmarks.intake import PATH, message

    client, bodies = Client(), [message() for _ in range(41)]

    def post() -> None:
        body, signature = bodies.pop()
        answer = client.post(
            PATH, data=body, content_type="application/json", headers={"MessageHash": signature}
        )
        assert answer.status_code == 202, answer.content

    return _best(post, 40)


def _sweep() -> float:
    from integrations.core.workqueue import orders
    from integrations.models import Order

    # What the benchmark has taken in must not be what differs.
    Order.objects.filter(due_at__isnull=False).update(due_at=None)
    return _best(orders.wake_due_orders, 20)


def _tick() -> float:
    from integrations.core.workqueue import write_backs

    return _best(write_backs.wake_if_due, 20)


def _pages(newest: int, count: int) -> dict[str, float]:
    from benchmarks.admin import read_pages
    from integrations.operations import statistics

    statistics.refresh()  # as the sweep does every minute
    return {f"page: {name}": reading.milliseconds for name, reading in read_pages(newest, count, 4).items()}


# --- the hottest queries --------------------------------------------------------------------------------------------


def _plans(shop: Any, pressero: Sandbox) -> list[tuple[int, str, str]]:
    """(times, query, plan) of the ten that an order, its webhook and ten sweeps ask most often, with values left out."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        for _ in range(3):
            _order(shop, pressero)
            _webhook(shop)
            _sweep()
            _tick()
    asked: dict[str, list[str]] = {}
    for query in captured:
        sql = query["sql"]
        if sql.startswith(("SELECT", "UPDATE", "DELETE")) and " WHERE " in sql:
            asked.setdefault(_shape(sql), []).append(sql)
    hottest = sorted(asked.items(), key=lambda one: -len(one[1]))[:10]
    found = []
    with connection.cursor() as cursor:
        for shape, examples in hottest:
            cursor.execute(f"EXPLAIN QUERY PLAN {examples[-1]}")
            plan = "\n".join(str(row[3]) for row in cursor.fetchall())
            found.append((len(examples), shape, plan))
    return found


def _shape(sql: str) -> str:
    """The query without its values and its list of columns, short enough to read."""
    sql = re.sub(r"'(?:[^']|'')*'", "?", sql)
    sql = re.sub(r"\b\d+(?:\.\d+)?\b", "?", sql)
    sql = re.sub(r"\((?:\?, )+\?\)", "(…)", sql)
    sql = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", sql, flags=re.DOTALL)
    sql = re.sub(r" SET .*? WHERE ", " SET … WHERE ", sql, flags=re.DOTALL)
    sql = re.sub(r'"\w+"\."(\w+)"', r"\1", sql).replace('"', "").replace("integrations_", "")
    return sql if len(sql) <= 400 else f"{sql[:400]} …"


def _report(report: Report, costs: dict[int, dict[str, float]], plans: list[tuple[int, str, str]]) -> None:
    report.say(
        "Rows are cloned from one real order of two items, thinner than those of real work (four audit entries, one event), so "
        "that they can be made in the time there is; the orders that are timed are real ones. CPU time, least of several."
    )
    small, large = min(costs), max(costs)
    ratios = {name: costs[large][name] / costs[small][name] for name in costs[small]}
    columns = ("", *(f"{size:,} orders" for size in costs), "ratio")

    def row(name: str) -> tuple[str, ...]:
        return name, *(f"{costs[size][name]:.1f} ms" for size in costs), f"{ratios[name]:.2f}"

    work = [name for name in ratios if not name.startswith("page: ")]
    pages = [name for name in ratios if name.startswith("page: ")]
    report.table("CPU time of the hub's work", columns, [row(name) for name in work])
    by_ratio = sorted(pages, key=lambda name: -ratios[name])
    report.table(
        f"Pages: the 15 of {len(pages)} that grow most", columns, [row(name) for name in by_ratio[:15]]
    )
    together = {size: sum(costs[size][name] for name in pages) for size in costs}
    report.picture(
        Picture(
            "growth",
            "Cost, against the smallest hub",
            "orders kept",
            "times",
            {
                **{name: [(size, costs[size][name] / costs[small][name]) for size in costs] for name in work},
                "all pages together": [(size, together[size] / together[small]) for size in costs],
            },
            log=True,
        )
    )
    what = f"{large:,} over {small:,} orders"
    for name in work:
        report.goal(f"{name}: {what}", ratios[name], at_most=FLAT)
    report.goal(f"all pages together: {what}", together[large] / together[small], at_most=FLAT)
    report.goal(
        f"the middle one of {len(pages)} pages: {what}", median(ratios[name] for name in pages), at_most=FLAT
    )
    report.goal(f"the page that grows most ({by_ratio[0][6:]}): {what}", ratios[by_ratio[0]], at_most=FLAT)
    report.code(
        f"The ten hottest queries with {large:,} orders, and how SQLite answers them",
        "\n\n".join(
            f"{times} times: {shape}\n{'': <4}{plan.replace(chr(10), chr(10) + '    ')}"
            for times, shape, plan in plans
        ),
    )
    scans = [
        shape for _, shape, plan in plans if re.search(rf"^SCAN {_GROWING}\b(?!.* USING)", plan, re.MULTILINE)
    ]
    report.goal("hottest queries that read the whole of a table that grows", len(scans), at_most=0)


if __name__ == "__main__":
    sys.exit(main(measure))
