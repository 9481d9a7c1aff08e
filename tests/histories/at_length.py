"""Histories for a given time (`make simulate`), collected only by name. Failures are counted, and their stories kept."""

import json
import os
import time
from pathlib import Path

from tests.histories.play import Play
from tests.histories.tally import Tally

# Before any history pretends another time.
_clock = time.perf_counter


def test_at_length(play: Play) -> None:
    until = _clock() + float(os.environ["SIMULATE_SECONDS"])
    folder, seed, tally = Path(os.environ["SIMULATE_FOLDER"]), int(os.environ["FIRST_HISTORY"]), Tally()
    first = seed
    while _clock() < until:
        try:
            tally.add(play(seed))
        except AssertionError as error:
            tally.wrong.append(seed)
            (folder / f"history-{seed}.txt").write_text(str(error), encoding="utf-8")
        seed += 1
    (folder / f"from-{first}.json").write_text(json.dumps(tally.as_data()), encoding="utf-8")
