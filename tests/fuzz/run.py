"""Fuzz all targets for some minutes: `make fuzz MINUTES=10` (SEED=… repeats a run). Ends with 1 at the first finding."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from random import Random

ROUNDS = 200  # of one target before the next has its turn
SLOWEST = 2.0  # seconds that one input may take


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tests.fuzz.mutation import mutated
    from tests.fuzz.targets import TARGETS

    seed = arguments.seed if arguments.seed is not None else int.from_bytes(os.urandom(4), "big")
    random = Random(seed)
    counts = dict.fromkeys((target.name for target in TARGETS), 0)
    print(f"seed {seed}, {arguments.minutes:g} minutes")
    end = time.monotonic() + 60 * arguments.minutes
    while time.monotonic() < end:
        for target in TARGETS:
            for _ in range(ROUNDS):
                data = mutated(random, list(target.seeds))
                started = time.process_time()
                try:
                    target.check(data)
                    assert time.process_time() - started < SLOWEST, "too slow"
                except Exception:  # noqa: BLE001 - any error is the finding that is looked for
                    traceback.print_exc()
                    print(f"\n{target.name}, seed {seed}: {data!r}", file=sys.stderr)
                    return 1
            counts[target.name] += ROUNDS
    for name, count in counts.items():
        print(f"{name:20} {count:>12,}")
    print(f"{'all':20} {sum(counts.values()):>12,} inputs, no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
