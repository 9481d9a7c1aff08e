"""Run in an installed hub as its user: sets it up for a sandbox Pace and Pressero, places an order, waits for its job.

The webhook goes the way of a real one: to the address that the portal shows, through the proxy. Usage: order.py https://hub.example.com
"""

import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")

import django

django.setup()

from integrations.models import Order, WebhookEvent  # noqa: E402
from integrations.operations.setup.configuration import import_configuration  # noqa: E402
from integrations.operations.setup.reference import refresh_all  # noqa: E402
from integrations.simulation.demo.configuration import (  # noqa: E402
    ACCOUNT_SLUG,
    SECURITY_KEY,
    demo_configuration,
)
from integrations.simulation.sandbox.pace import PaceSandbox  # noqa: E402
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, PresseroSandbox  # noqa: E402

PATIENCE = 120.0


def status_of(number: int) -> str:
    return Order.objects.filter(number=str(number)).values_list("status", flat=True).first() or "not there"


def main(portal: str) -> None:
    with PaceSandbox() as pace, PresseroSandbox() as pressero:
        import_configuration(
            demo_configuration(
                pressero_url=pressero.base_url,
                credentials=asdict(pressero.credentials),
                pace_url=pace.url,
                pace_login=(pace.username, pace.password),
            ),
            actor="trial",
        )
        refresh_all()
        pressero.security_key = SECURITY_KEY
        pressero.webhook_url = f"{portal}/api/pressero/{ACCOUNT_SLUG}/events/"
        item = ItemDraft("Poster 18x24", quantity=1, price="10.00", method="Ground")
        number = pressero.place(OrderDraft("Example CU Store", "avery@example.com", [item]))
        began = time.monotonic()
        while status_of(number) != "submitted":
            if time.monotonic() - began > PATIENCE:
                sys.exit(
                    f"Order {number} is {status_of(number)} after {PATIENCE:.0f} s; webhooks stored: {WebhookEvent.objects.count()}."
                )
            time.sleep(0.2)
        jobs = [job for job in pace.objects("Job") if str(job["description"]).startswith(f"{number} - ")]
        if len(jobs) != 1:
            sys.exit(f"Order {number} has {len(jobs)} jobs in Pace.")
        sys.stdout.write(f"A webhook became job {jobs[0]['job']} in {time.monotonic() - began:.1f} s.\n")


main(sys.argv[1])
