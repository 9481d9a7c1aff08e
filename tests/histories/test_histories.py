"""Thousands of histories: whatever comes late, early, twice or never, and whoever dies at whatever moment.

`HISTORIES=5000 make test ARGS=tests/histories` plays as many as wanted; `FIRST_HISTORY` is the seed of the first one, and
`make simulate` plays them for a given time. A history that fails prints its seed and all that happened in it.
"""

import os
import sys

import pytest

from integrations.orders.submission import submit
from tests.histories.play import Play
from tests.histories.stage import Weather
from tests.histories.tally import Tally

HISTORIES = int(os.environ.get("HISTORIES") or 20)
FIRST = int(os.environ.get("FIRST_HISTORY") or 1)


def test_every_order_becomes_exactly_one_complete_job_in_every_history(play: Play) -> None:
    tally = Tally()
    for seed in range(FIRST, FIRST + HISTORIES):
        tally.add(play(seed))
    sys.stdout.write(f"{tally}\n")


# --- the simulation itself can fail -----------------------------------------------------------------------------


def test_a_hub_that_never_looks_before_it_writes_is_found_out(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit.JobSubmission, "adopt", lambda self: False)
    with pytest.raises(AssertionError, match="history"):
        for seed in range(1, 25):
            play(seed, Weather(fault=0.2, only="drop_after", at="/commit"))
