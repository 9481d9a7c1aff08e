"""Importing product rows against the plainest way: `csv.DictReader`, `full_clean` for each row, one `bulk_create`.

    python benchmarks/mapping_import.py [--rows 10000] [--most 3.0]

Both run side by side on a fresh SQLite database (or TEST_DATABASE_URL). The
import runs twice: once as a rehearsal, once for real, with the history of every row. Ends with 1 when either takes more
than `--most` times as long.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# The plain way takes half a minute: its queries, not chance, make its time.
ROUNDS = {"plain": 1, "rehearsal": 3, "import": 3}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--most", type=float, default=3.0)
    options = parser.parse_args()

    import django
    from django.test.utils import setup_databases, teardown_databases

    django.setup()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return measure(options.rows, options.most)
    finally:
        teardown_databases(databases, verbosity=0)


def measure(rows: int, most: float) -> int:
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
    print(f"{rows} product rows on {connection.vendor}:")
    print(f"  DictReader, full_clean, bulk_create   {times['plain']:6.2f} s")
    ratios = []
    for name in ("rehearsal", "import"):
        ratios.append(times[name] / times["plain"])
        print(f"  {name:<38}{times[name]:6.2f} s   ratio {ratios[-1]:.2f}")
    good = max(ratios) <= most
    print(f"The limit is {most:.1f}: {'kept' if good else 'EXCEEDED'}.")
    return 0 if good else 1


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
    sys.exit(main())
