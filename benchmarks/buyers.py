"""Sixty new buyers of one customer, against sixty buyers that Pace knows: new buyers must not wait for one another.

Pace answers after 20 ms, six workers. Each new buyer needs a contact, which is created once, in a transaction of its own.
"""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.harness import Options, Report, main, postgresql_url
from benchmarks.hub import STORE, configure, database, draft, set_up_django
from benchmarks.sandboxes import Sandbox, sandboxes

LATENCY = 0.020
WORKERS = 6
BUYERS = 60
MOST = 1.3


def measure(options: Options) -> Report:
    report = Report("buyers", "New buyers of one customer")
    buyers = 12 if options.short else BUYERS
    with (
        database("postgresql" if postgresql_url() else "sqlite") as url,
        sandboxes(pace_latency=LATENCY) as (pace, pressero),
    ):
        set_up_django(url)
        logging.disable(logging.INFO)
        configure(pace, pressero)
        _name_the_customer()
        _work(_placed(pressero, 1, "warm"))
        new = _seconds(_placed(pressero, buyers, "new"))
        known = _seconds(_placed(pressero, buyers, "new"))
    _report(report, buyers, new, known)
    return report


def _name_the_customer() -> None:
    """All orders of the store go to one customer, as those of a company's own store do."""
    from integrations.models import Storefront

    Storefront.objects.filter(name=STORE).update(integration_id="EXCU")


def _placed(pressero: Sandbox, buyers: int, name: str) -> list[int]:
    from integrations.models import Storefront
    from integrations.orders.intake import receive

    storefront = Storefront.objects.get(name=STORE)
    return [
        receive.take_in(
            storefront, pressero.place(_draft(f"{name}{n}")), why="A benchmark.", actor="bench"
        ).pk
        for n in range(buyers)
    ]


def _draft(name: str) -> dict[str, object]:
    return {**draft(2), "buyer": {"first_name": name, "last_name": "Buyer", "email": f"{name}@example.com"}}


def _seconds(order_ids: list[int]) -> float:
    begun = time.perf_counter()
    _work(order_ids)
    return time.perf_counter() - begun


def _work(order_ids: list[int]) -> None:
    """Six workers, and again what had to wait for another order, until every order is in Pace."""
    from integrations.models import Order

    with ThreadPoolExecutor(WORKERS) as workers:
        left = order_ids
        while left:
            list(workers.map(_process, left))
            open_ = Order.objects.filter(pk__in=order_ids).exclude(status="submitted")
            if bad := open_.exclude(status="processing").values_list("status", "message").first():
                raise SystemExit(f"An order did not end well: {bad}")
            left = list(open_.values_list("pk", flat=True))
            if left:
                time.sleep(0.2)


def _process(order_id: int) -> None:
    from django.db import connection

    from integrations.orders.submission import runner

    try:
        runner.process(order_id)
    finally:
        connection.close()


def _report(report: Report, buyers: int, new: float, known: float) -> None:
    ratio = new / known
    report.table(
        "Six workers, a Pace that answers after 20 ms",
        ("Orders", "Seconds", "Orders per second"),
        [
            (f"{buyers} new buyers of one customer", f"{new:.1f}", f"{buyers / new:.1f}"),
            (f"{buyers} known buyers", f"{known:.1f}", f"{buyers / known:.1f}"),
        ],
    )
    report.goal("new buyers of one customer: times as long as known buyers", ratio, at_most=MOST)


if __name__ == "__main__":
    sys.exit(main(measure))
