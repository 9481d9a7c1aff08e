"""What changing the configuration costs: a version of 2,000 mapping rows, and a rehearsal of the last 200 orders.

    python -m benchmarks.changes

On a fresh SQLite database (or TEST_DATABASE_URL), without other systems: a rehearsal calls none.
"""

from __future__ import annotations

import os
import sys
import time
from copy import deepcopy
from statistics import median
from typing import Any

from benchmarks.harness import Options, Report, main

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
ROWS, ORDERS, ITEMS, VERSIONS = 2_000, 200, 5, 15
# Of the issue: under 20 queries and one for each hundred orders.
MOST_SECONDS, MOST_QUERIES, MOST_VERSION_MS = 10.0, 20 + ORDERS // 100, 50.0


def measure(options: Options) -> Report:
    import django
    from django.test.utils import setup_databases, teardown_databases

    django.setup()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        report = Report("changes", "Changing the configuration")
        orders = 20 if options.short else ORDERS
        set_up(orders)
        measure_versions(report)
        measure_rehearsal(report, orders)
        return report
    finally:
        teardown_databases(databases, verbosity=0)


def set_up(orders: int) -> None:
    """Three storefronts, 2,000 mapping rows of two kinds, and orders of five items that differ as real ones do."""
    from django.utils import timezone

    from integrations.models import Order, PaceServer, PresseroAccount, Storefront
    from mappings.resources import import_rows

    account = PresseroAccount.objects.create(name="A", slug="a", base_url="https://a.example/")
    server = PaceServer.objects.create(name="S", slug="s", url="https://s.example", default_ship_via=5010)
    stores = [
        Storefront.objects.create(
            name=f"Shop {n}", site_id=f"s{n}", pressero_account=account, pace_server=server
        )
        for n in range(3)
    ]
    products = [
        {"storefront": "", "product": f"Product {n}", "match": "name", "item_template": f"T{n % 50}"}
        for n in range(ROWS // 2)
    ]
    addresses = [
        {"storefront": "", "address1": f"{n} Example Ave", "city": "Springfield", "ship_via": 5010 + n % 5}
        for n in range(ROWS // 2)
    ]
    import_rows("products", products)
    import_rows("shipment_addresses", addresses)
    Order.objects.bulk_create(
        Order(
            account=account,
            storefront=stores[number % 3],
            number=number,
            fetched=payload(number),
            fetched_at=timezone.now(),
            status="submitted",
        )
        for number in range(10_001, 10_001 + orders)
    )


def payload(number: int) -> dict[str, Any]:
    """An order as it is stored after it was read."""
    item = {
        "Quantity": 2, "TotalQuantity": 2, "Price": "96.50", "IsApproved": True, "ShipMethod": "Ground",
        "ShipToCity": "Springfield", "ShiptoStateProvince": "IL", "ShipToPostal": "62701", "ShipToCountry": "US",
    }  # fmt: skip
    items = []
    for seq in range(1, ITEMS + 1):
        n = (number * ITEMS + seq) % 1_500
        items.append(
            deepcopy(item)
            | {
                "OrderNumber": number, "OrderItemNumber": seq, "ItemName": f"Item {seq}",
                "ProductName": f"Product {n}", "Product": {"ProductName": f"Product {n}", "ProductId": f"p-{n}"},
                "ShipToAddress1": f"{n} Example Ave", "ShipToBusiness": f"Branch {seq % 2}",
            }
        )  # fmt: skip
    details = {
        "OrderNumber": number, "OrderedByEmail": "avery@example.com", "OrderedByFirstName": "Avery",
        "OrderedByLastName": "Sample", "OrderTotal": "520.00", "OrderSubtotal": "482.50", "OrderShipping": "25.00",
        "OrderTax": "12.50", "ReqShipDate": "2027-03-10T00:00:00",
    }  # fmt: skip
    return {"details": details, "items": items}


def measure_versions(report: Report) -> None:
    from integrations.models import ConfigurationVersion
    from integrations.operations.setup import versions
    from mappings.models import ProductMapping

    versions.note("first")
    times = []
    for number in range(VERSIONS):
        ProductMapping.objects.filter(product=f"Product {number}").update(item_template="CHANGED")
        begun = time.process_time()
        versions.note(f"person {number}")
        times.append(1000 * (time.process_time() - begun))
    size = len(bytes(ConfigurationVersion.objects.get(number=1).content))
    report.table(
        f"A version of a configuration with {ROWS:,} mapping rows",
        ("median", "slowest", "stored"),
        [(f"{median(times):.0f} ms", f"{max(times):.0f} ms", f"{size / 1000:.0f} kB")],
    )
    report.goal("milliseconds that a version adds to a change", median(times), at_most=MOST_VERSION_MS)


def measure_rehearsal(report: Report, orders: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from integrations.operations.setup.rehearsal import RehearsalChange, rehearse
    from mappings.models import ProductMapping

    rows = list(ProductMapping.objects.all())
    for row in rows:
        row.item_template = "NEW"
    with CaptureQueriesContext(connection) as captured:
        begun = time.process_time()
        result = rehearse(RehearsalChange(put={"products": rows}), orders=orders)
        seconds = time.process_time() - begun
    if result.orders != orders or not result.changed or result.unreadable:
        raise SystemExit(f"The rehearsal is not what it should be: {result.orders} {result.unreadable[:3]}")
    report.table(
        f"A rehearsal of {orders} orders of {ITEMS} items, with {len(rows):,} changed rows",
        ("orders that change", "differences", "seconds", "queries"),
        [(str(result.changed), str(len(result.differences)), f"{seconds:.1f}", str(len(captured)))],
    )
    report.goal(f"seconds of a rehearsal of {orders} orders", seconds, at_most=MOST_SECONDS)
    report.goal("queries of it", len(captured), at_most=MOST_QUERIES)


if __name__ == "__main__":
    sys.exit(main(measure))
