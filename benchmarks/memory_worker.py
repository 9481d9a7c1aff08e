"""One process that works through orders until its time is over; prints (orders, MB) after the warm-up as JSON."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
import time

from benchmarks.memory import pss

WARM_UP = 0.25
POINTS = 12


def work(addresses: str, pressero: str, seconds: float) -> list[tuple[int, float]]:
    from benchmarks.scaling_database import add, prepare
    from integrations.models import Order
    from integrations.orders.submission import runner

    prepare(addresses)
    logging.disable(logging.INFO)
    begun, done, since_warm_up = time.monotonic(), 0, 0
    points: list[tuple[int, float]] = []
    while (used := time.monotonic() - begun) < seconds:
        with contextlib.redirect_stdout(io.StringIO()):
            add(pressero, "25")
        for pk in Order.objects.filter(submitted_at__isnull=True).values_list("pk", flat=True):
            runner.process(pk)
            done += 1
        if used < WARM_UP * seconds:
            since_warm_up = done
        elif len(points) < POINTS * (used / seconds):
            points.append((done - since_warm_up, pss(os.getpid())))
    points.append((done - since_warm_up, pss(os.getpid())))
    return points


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(work(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
