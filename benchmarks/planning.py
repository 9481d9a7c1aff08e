"""What planning costs: CPU time of a 200-item order after its data was fetched, and database queries by size.

    python -m benchmarks.planning

Runs by itself: a database of its own in a temporary folder, the sandbox Pace and Pressero on loopback. The time is given
in milliseconds and, as machines differ, as a multiple of writing and reading the same order as JSON once, measured in
the same run. The best round counts: what the others take more is the machine.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness import Options, Report, main

LIMIT_MS = 50.0
ROUNDS = 30
SIZES = (1, 20, 200)
STORE = "Example CU Store"


def measure(options: Options) -> Report:
    report = Report("planning", "Planning a large order")
    with tempfile.TemporaryDirectory(prefix="hub-benchmark-") as folder:
        set_up_django(Path(folder))
        look(report)
    return report


def set_up_django(folder: Path) -> None:
    """Settings of its own: nothing of an `.env` file or a real database is touched."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="automationhub.settings",
        DEBUG="true",
        DATABASE_URL=f"sqlite:///{folder / 'benchmark.sqlite3'}",
        REDIS_URL="",
        EMAIL_URL="",
        LOG_FORMAT="text",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def look(report: Report) -> None:
    from django.conf import settings

    from integrations.simulation.sandbox.pace import PaceSandbox
    from integrations.simulation.sandbox.pressero import PresseroSandbox

    settings.DEBUG = False  # Django would keep every query
    with PaceSandbox() as pace, PresseroSandbox() as pressero:
        configure(pace, pressero)
        queries = {size: look_at(pressero, size) for size in SIZES}
        report_queries(report, {size: count for size, (count, _, _) in queries.items()})
        _, gathered, payload = queries[SIZES[-1]]
        report_times(report, gathered, payload)
        report_rules(report, gathered)


def configure(pace: Any, pressero: Any) -> None:
    """The demo's configuration, and as many mapping rows as a busy storefront has."""
    from integrations.models import Storefront
    from integrations.operations.setup.configuration import import_configuration
    from integrations.simulation.demo.configuration import SECURITY_KEY, demo_configuration
    from mappings.models import ProductMapping, ShipmentAddressMapping

    configuration = demo_configuration(
        pressero_url=pressero.base_url,
        credentials=asdict(pressero.credentials),
        pace_url=pace.url,
        pace_login=(pace.username, pace.password),
    )
    import_configuration(configuration)
    pressero.security_key = SECURITY_KEY
    store = Storefront.objects.get(name=STORE)
    store.skip_holidays = True
    store.save()
    for number in range(100):
        ProductMapping.objects.create(
            storefront=store, product=f"Product {number}", match="name", item_template="POSTER-A2"
        )
        ShipmentAddressMapping.objects.create(
            storefront=None, address1=f"{number} Example Ave", ship_via=5010, account_number=f"A-{number}"
        )


def look_at(pressero: Any, size: int) -> tuple[int, Any, dict[str, Any]]:
    """Place an order of so many items, fetch it, gather and plan it: queries, inputs of the plan, order as fetched."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from integrations.clients.pressero.orders import parse_order
    from integrations.core.connections import cached_lists
    from integrations.core.connections.clients import pace_client, pressero_client
    from integrations.models import Storefront
    from integrations.orders.submission import inputs
    from integrations.planning.plan import make_plan

    number = pressero.place(draft(size), notify=False)
    store = Storefront.objects.select_related("pace_server", "pressero_account").get(name=STORE)
    shop, server = pressero_client(store.pressero_account), pace_client(store.pace_server)
    payload = shop.order_payload(number)
    order = parse_order(payload)
    cached_lists.forget_cached()
    with CaptureQueriesContext(connection) as captured:
        gathered = inputs.gather(order, store, server, shop, timezone.now())
        plan = make_plan(gathered)
    if plan.problems or sum(len(job.parts) for job in plan.jobs) != size:
        raise SystemExit(f"The plan of {size} items is not what it should be: {plan.problems}")
    return len(captured), gathered, payload


def draft(size: int) -> Any:
    """Items that differ as real ones do: prices, options, files, and forty destinations."""
    from django.utils import timezone

    from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft, SandboxAddress

    products = ("Business Card", "A4 Brochure", "Rate Insert", "Poster 18x24")
    items = [
        ItemDraft(
            products[seq % 4],
            quantity=1 + seq % 7,
            price=f"{20 + seq}.{seq % 100:02d}",
            shipping=None,
            tax=None,
            method="Ground" if seq % 3 else "2nd Day Air",
            item_name=f"Item {seq}",
            notes="Two sides, please." if seq % 5 == 0 else "",
            options={"Paper": "14pt Uncoated", "Sides": "2", "Coating": "None", "Proof": "PDF"},
            files=[FileDraft(f"art-{seq}.pdf", "gen", size=100_000 + seq)],
            ship_to=SandboxAddress(
                business=f"Branch {seq % 40}", first_name="Sam", last_name="Reader",
                address1=f"{seq % 40} Example Ave", city="Springfield", state="IL", postal="62701",
            ),
        )
        for seq in range(1, size + 1)
    ]  # fmt: skip
    ship = timezone.now().date() + timedelta(days=21)
    return OrderDraft(
        STORE,
        "avery@example.com",
        items,
        shipping="99.99",
        tax="12.34",
        discount="5.00",
        requested_ship_date=ship,
    )


def report_queries(report: Report, counts: dict[int, int]) -> None:
    report.table(
        "Database queries of gathering and planning an order",
        ("items", "queries"),
        [(str(size), str(count)) for size, count in counts.items()],
    )
    more = max(counts.values()) - min(counts.values())
    report.goal(f"queries more for {SIZES[-1]} items than for {SIZES[0]}", more, at_most=0)


def report_times(report: Report, gathered: Any, payload: dict[str, Any]) -> None:
    from integrations.planning.plan import make_plan

    yardstick = cpu_ms(lambda: json.loads(json.dumps(payload, default=str)))
    rows = [
        ("the same order to JSON and back", f"{median(yardstick):.1f} ms", f"{min(yardstick):.1f} ms", "1.0")
    ]
    for name, split in (("one job for the order", False), ("a job for each file", True)):
        with_mode = replace(gathered, storefront=replace(gathered.storefront, one_job_per_item=split))
        taken = cpu_ms(partial(make_plan, with_mode))
        ratio = f"{min(taken) / min(yardstick):.1f}"
        rows.append((name, f"{median(taken):.1f} ms", f"{min(taken):.1f} ms", ratio))
        report.goal(f"{SIZES[-1]} items, {name}: CPU milliseconds", min(taken), at_most=LIMIT_MS)
    report.table(
        f"CPU time of planning {SIZES[-1]} items", ("", "median", "best", "times the yardstick"), rows
    )


RULES = (
    ("part", "u_cost_center", '{{ item.form["Cost center"] }}', ""),
    ("part", "salesCategory", "3", 'item.product.name contains "Poster"'),
    ("part", "u_line", "{{ order.number }}-{{ item.seq }}", ""),
    ("part", "u_name", "{{ item.name | upcase }}", ""),
    ("part", "u_csr", '{{ buyer.department | lookup: "CSR" }}', ""),
    ("part", "priority", "1", "order.days_to_ship <= 3"),
    ("part", "u_paper", '{{ item.options["Paper"] }} / {{ item.options["Sides"] }}', ""),
    ("part", "u_price", "{{ item.price | times: 2 }}", "item.price > 100"),
    ("part", "u_method", "{{ item.method }}", "item.quantity > 1"),
    ("part", "u_city", "{{ item.ship_to.city }}, {{ item.ship_to.state }}", ""),
    ("part", "u_notes", "{{ item.notes }}", "item.notes"),
    ("part", "u_product", "{{ item.product.name }} ({{ item.product.part_number }})", ""),
    ("shipment", "notes", '{{ items | map: "name" | join: ", " }}', ""),
    ("shipment", "u_pieces", '{{ items | map: "quantity" | sum }}', ""),
    ("carton", "note", "{{ buyer.last_name }}", ""),
    ("job", "csr", '{{ buyer.department | lookup: "CSR" }}', ""),
    ("job", "u_store", "{{ storefront.name }}", ""),
    ("job", "u_total", "{{ order.total }}", ""),
    ("job", "description2", "{{ items.size }} items", ""),
    ("job", "u_day", '{{ order.ship_date | date: "%m/%d/%Y" }}', "order.ship_date"),
)


def report_rules(report: Report, gathered: Any) -> None:
    """What twenty field rules cost: most of them for every part."""
    from integrations.planning.plan import make_plan
    from mappings.types import FieldRuleRow, ValueRow

    rules = tuple(
        FieldRuleRow(number, None, object_, field, when=when, value=value)
        for number, (object_, field, value, when) in enumerate(RULES, start=1)
    )
    values = (ValueRow(1, "CSR", "Marketing", "7"), ValueRow(2, "CSR", "*", "1"))
    without = replace(gathered, mappings=replace(gathered.mappings, fields=(), values=()))
    ruled = replace(gathered, mappings=replace(gathered.mappings, fields=rules, values=values))
    if problems := make_plan(ruled).problems:
        raise SystemExit(f"The rules of the benchmark cannot be applied: {problems[0].message}")
    # In turn, so that what else the machine does meets both alike.
    plain, with_rules = [], []
    for _ in range(3):
        plain += cpu_ms(partial(make_plan, without))
        with_rules += cpu_ms(partial(make_plan, ruled))
    report.table(
        f"CPU time of planning {SIZES[-1]} items with {len(rules)} field rules",
        ("", "median", "best"),
        [
            ("without rules", f"{median(plain):.1f} ms", f"{min(plain):.1f} ms"),
            (f"with {len(rules)} rules", f"{median(with_rules):.1f} ms", f"{min(with_rules):.1f} ms"),
        ],
    )
    report.goal(
        f"{SIZES[-1]} items with {len(rules)} rules, times without", min(with_rules) / min(plain), at_most=2.0
    )


def cpu_ms(work: Callable[[], object]) -> list[float]:
    """CPU milliseconds of each round, after one to warm up (holidays of the year, time zones)."""
    work()
    gc.collect()
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return taken


if __name__ == "__main__":
    sys.exit(main(measure))
