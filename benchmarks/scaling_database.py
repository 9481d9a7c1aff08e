"""Commands for a database of the scaling benchmark: `prepare` it, `add` orders that wait for a worker."""

from __future__ import annotations

import json
import logging
import sys

import requests

from benchmarks.hub import STORE, draft


def prepare(addresses: str) -> None:
    """Migrations and the demo's configuration, pointing at the two sandboxes."""
    from django.core.management import call_command

    from integrations.operations.setup.configuration import import_configuration
    from integrations.simulation.demo.configuration import demo_configuration

    pace, pressero = json.loads(addresses)
    call_command("migrate", verbosity=0)
    import_configuration(
        demo_configuration(
            pressero_url=pressero["base_url"],
            credentials=pressero["credentials"],
            pace_url=pace["url"],
            pace_login=(pace["username"], pace["password"]),
        )
    )


def add(pressero: str, count: str) -> None:
    """Place orders of one item in Pressero and have them due; prints the id of the newest order before them."""
    from django.utils import timezone

    from integrations.models import Order, Storefront

    logging.disable(logging.INFO)
    store = Storefront.objects.get(name=STORE)
    newest = Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    session = requests.Session()
    numbers = [
        session.post(f"{pressero}/_sandbox/orders?notify=false", json=draft(1), timeout=30).json()["number"]
        for _ in range(int(count))
    ]
    Order.objects.bulk_create(
        [
            Order(
                account_id=store.pressero_account_id, storefront=store, number=number, due_at=timezone.now()
            )
            for number in numbers
        ]
    )
    print(newest)


if __name__ == "__main__":
    import django

    django.setup()
    {"prepare": prepare, "add": add}[sys.argv[1]](*sys.argv[2:])
