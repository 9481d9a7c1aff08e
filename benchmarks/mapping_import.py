"""Importing product rows against the plainest way: `csv.DictReader`, `full_clean` for each row, one `bulk_create`.

    python -m benchmarks.mapping_import

Both run side by side on a fresh SQLite database (or TEST_DATABASE_URL). The import runs twice: once as a rehearsal, once
for real, with the history of every row.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Options, Report, main

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# The plain way takes half a minute: its queries, not chance, make its time.
ROWS = 10_000
MOST = 3.0
ROUNDS = {"plain": 1, "rehearsal": 1, "import": 1}


def measure(options: Options) -> Report:
    import django
    from django.test.utils import setup_databases, teardown_databases

    django.setup()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return compare(1_000 if options.short else ROWS)
    finally:
        teardown_databases(databases, verbosity=0)


def compare(rows: int) -> Report:
    from django.db import connection

    from integrations.models import PaceServer, PresseroAccount, Storefront
    from mappings.models import ProductMapping
    from mappings.resources import import_file

    storefront = Storefront.objects.create(
        name="Shop",
        site_id="site",
        pressero_account=PresseroAccount.objects.create(name="A", slug="a", base_url="https://a.example/"),
        pace_server=PaceServer.objects.create(name="S", slug="s", url="https://s.example"),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "products.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["storefront", "product", "match", "item_template"])
            writer.writerows(["Shop", f"Product {n}", "name", f"T-{n % 500}"] for n in range(rows))

        def plain() -> None:
            with file.open(newline="", encoding="utf-8") as text:
                made = []
                for row in csv.DictReader(text):
                    product = ProductMapping(
                        storefront=storefront,
                        product=row["product"],
                        match=row["match"],
                        item_template=row["item_template"],
                    )
                    product.full_clean()
                    made.append(product)
            ProductMapping.objects.bulk_create(made)

        def rehearsal() -> None:
            assert import_file("products", file, dry_run=True).created == rows

        def written() -> None:
            assert import_file("products", file).created == rows

        times = {}
        for name, work in (("plain", plain), ("rehearsal", rehearsal), ("import", written)):
            times[name] = best(work, lambda: ProductMapping.objects.all().delete(), ROUNDS[name])
    report = Report("mapping_import", "Importing mappings")
    lines = [("DictReader, full_clean, bulk_create", f"{times['plain']:.2f} s", "1.00")]
    for name in ("rehearsal", "import"):
        ratio = times[name] / times["plain"]
        lines.append((name, f"{times[name]:.2f} s", f"{ratio:.2f}"))
        report.goal(f"{rows:,} rows, {name}: time over the plain way", ratio, at_most=MOST)
    report.table(f"{rows:,} product rows on {connection.vendor}", ("", "best", "ratio"), lines)
    return report


def best(work: Callable[[], None], clear: Callable[[], object], rounds: int) -> float:
    """The shortest of a few runs, each on an empty table."""
    times = []
    for _ in range(rounds):
        clear()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    clear()
    return min(times)


if __name__ == "__main__":
    sys.exit(main(measure))
