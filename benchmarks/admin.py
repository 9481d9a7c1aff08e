"""How long the portal's pages take, and how much they ask of the database: a small hub beside a large one.

    python benchmarks/admin.py [--small 10000] [--orders 1000000] [--entries 20] [--payload 1000]

Fills a fresh database (SQLite, or TEST_DATABASE_URL) with the small number of orders, opens every page several times, fills
it up to the large number and opens the same pages again. Prints the best time (on SQLite the time of the process, which does
the database's work too) and the queries of each, and how many times longer the large hub took. Ends with 1 when a page takes more than `--most` times as long (and more than `--grace` ms), or
asks more than `--queries` times. A million orders with twenty audit entries each take about 15 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


@dataclass(frozen=True)
class Reading:
    """The best time of a page in milliseconds, and its queries."""

    milliseconds: float
    queries: int


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=20, help="audit entries of each order")
    parser.add_argument(
        "--payload", type=int, default=1_000, help="bytes of each stored order as it was read"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=float, default=2.0)
    parser.add_argument("--grace", type=float, default=20.0, help="milliseconds within which no ratio counts")
    parser.add_argument("--queries", type=int, default=30)
    options = parser.parse_args()

    import django
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    django.setup()
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return measure(options)
    finally:
        teardown_databases(databases, verbosity=0)


def measure(options: argparse.Namespace) -> int:
    from benchmarks.admin_rows import fill, make_first
    from integrations.operations import statistics

    first = make_first(entries=options.entries, payload=options.payload)
    readings = []
    have = 1
    for want in (options.small, options.orders):
        print(f"{want:,} orders with {options.entries} audit entries each:", flush=True)
        fill(first, have=have, want=want, say=lambda line: print(line, flush=True))
        have = want
        statistics.refresh_if_due()  # as the sweep does every minute
        statistics.refresh()
        readings.append(read_pages(first.pk + want - 1, want, options.rounds))
    return report(*readings, options)


def pages(newest: int, count: int) -> dict[str, str]:
    """Every page by name; `newest` is the id of the newest order of `count`."""
    from django.utils import timezone

    from integrations.models import AuditEntry, OutgoingCall, PaceJob, Storefront, WebhookEvent

    admin, today = "/admin/integrations", timezone.localdate().isoformat()
    middle, shop = newest - count // 2, Storefront.objects.order_by("pk").last()
    assert shop is not None
    number = 100_000 + count // 2
    found = {
        "home": "/admin/",
        "inbox": "/admin/inbox/",
        "orders": f"{admin}/order/",
        "orders, page 200": f"{admin}/order/?p=200",
        "orders by number": f"{admin}/order/?o=1",
        "orders completed": f"{admin}/order/?status__exact=completed",
        "orders needing attention": f"{admin}/order/?status__exact=needs_attention",
        "orders of a common storefront": f"{admin}/order/?storefront__id__exact={shop.pk - 11}",
        "orders of a rare storefront": f"{admin}/order/?storefront__id__exact={shop.pk}",
        "orders completed of a rare one": f"{admin}/order/?storefront__id__exact={shop.pk}&status__exact=completed",
        "orders staff must act on": f"{admin}/order/?act=config",
        "orders changed": f"{admin}/order/?changed=open",
        "orders of today": f"{admin}/order/?received_at_from={today}&received_at_to={today}",
        "orders, search by number": f"{admin}/order/?q={number}",
        "orders, search by customer": f"{admin}/order/?q=customer+7",
        "orders, search by two words": f"{admin}/order/?q=press+card",
        "search, number": f"/admin/find/?glance=1&q={number}",
        "search, half a number": "/admin/find/?glance=1&q=100",
        "search, email": "/admin/find/?q=buyer77",
        "search, product": "/admin/find/?q=business+card",
        "search, tracking": f"/admin/find/?q=1z{count // 2}",
        "search, nothing": "/admin/find/?q=zzz+yyy",
        "jobs": f"{admin}/pacejob/",
        "jobs, search": f"{admin}/pacejob/?q={100_000 + number}",
        "jobs without a mapping row": f"{admin}/pacejob/?amiss=unmapped",
        "jobs not told": f"{admin}/pacejob/?amiss=waiting",
        "jobs followed": f"{admin}/pacejob/?watch=open",
        "job": f"{admin}/pacejob/{PaceJob.objects.latest('pk').pk}/change/",
        "events": f"{admin}/webhookevent/",
        "events, page 200": f"{admin}/webhookevent/?p=200",
        "events, rare verdict": f"{admin}/webhookevent/?verdict__exact=conflict",
        "events of a type": f"{admin}/webhookevent/?type=OrderPlaced",
        "events of a type that never came": f"{admin}/webhookevent/?type=LowInventory",
        "events of today": f"{admin}/webhookevent/?received_at_from={today}&received_at_to={today}",
        "events, search": f"{admin}/webhookevent/?q={number}",
        "event": f"{admin}/webhookevent/{WebhookEvent.objects.latest('pk').pk}/change/",
        "calls, slowest": f"{admin}/outgoingcall/",
        "calls, newest": f"{admin}/outgoingcall/?o=-4",
        "calls, slowest of Pace": f"{admin}/outgoingcall/?system=Pace",
        "calls without an answer": f"{admin}/outgoingcall/?outcome__exact=silent&o=-4",
        "calls refused (none)": f"{admin}/outgoingcall/?outcome__exact=refused",
        "calls of today": f"{admin}/outgoingcall/?at_from={today}&at_to={today}",
        "calls over 30 seconds (none)": f"{admin}/outgoingcall/?slower=30000",
        "calls, search": f"{admin}/outgoingcall/?q={number}",
        "call": f"{admin}/outgoingcall/{OutgoingCall.objects.latest('pk').pk}/change/",
        "audit": f"{admin}/auditentry/",
        "audit, page 50": f"{admin}/auditentry/?p=50",
        "audit, what staff did": f"{admin}/auditentry/?kind=staff",
        "audit, calls": f"{admin}/auditentry/?kind=call",
        "audit, configuration (none)": f"{admin}/auditentry/?kind=config",
        "audit of today": f"{admin}/auditentry/?at_from={today}&at_to={today}",
        "audit, search by order": f"{admin}/auditentry/?q={number}",
        "audit, search by person": f"{admin}/auditentry/?q=boss",
        "audit, search by type": f"{admin}/auditentry/?q=order.stopped",
        "audit entry": f"{admin}/auditentry/{AuditEntry.objects.latest('pk').pk}/change/",
    }
    for tab in ("timeline", "items", "jobs", "plan", "events", "attempts", "fetched"):
        found[f"order, {tab}"] = f"{admin}/order/{middle}/change/?tab={tab}"
    return found


def read_pages(newest: int, count: int, rounds: int) -> dict[str, Reading]:
    """Open every page `rounds` times and once more before, so that nothing is measured cold."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    # SQLite works in this very process: its own time is the page's time, whatever else the machine is doing.
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    user, _ = User.objects.get_or_create(username="boss", defaults={"is_staff": True, "is_superuser": True})
    client = Client()
    client.force_login(user)
    readings = {}
    for name, path in pages(newest, count).items():
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        assert answer.status_code in (200, 302), f"{name}: {answer.status_code}"
        queries, times = len(captured), []
        for _ in range(rounds):
            begun = clock()
            client.get(path)
            times.append(clock() - begun)
        readings[name] = Reading(min(times) * 1_000, queries)
    return readings


def report(small: dict[str, Reading], large: dict[str, Reading], options: argparse.Namespace) -> int:
    misses = 0
    print(f"\n{'page':34} {options.small:>10,} {options.orders:>12,}  ratio  queries")
    for name, before in small.items():
        after = large[name]
        ratio = after.milliseconds / before.milliseconds
        missed = ratio > options.most and after.milliseconds - before.milliseconds > options.grace
        missed = missed or after.queries > options.queries
        misses += missed
        print(
            f"{name:34} {before.milliseconds:7.1f} ms {after.milliseconds:9.1f} ms {ratio:6.2f}  {after.queries:4}"
            f"{'   MISSED' if missed else ''}"
        )
    home = large["home"]
    print(f"\nHome: {home.milliseconds:.0f} ms (aim 150), {home.queries} queries (aim 20).")
    print(
        f"{misses} of {len(small)} pages missed: more than {options.most} times as long, or over {options.queries} queries."
    )
    return 1 if misses else 0


if __name__ == "__main__":
    raise SystemExit(main())
