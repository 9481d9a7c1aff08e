"""The stage of the random histories, itself."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tests.histories.edges import put_on_stage
from tests.histories.stage import START, Stage, Weather, frozen_clock

pytestmark = pytest.mark.django_db


def test_only_who_is_on_stage_moves_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    with frozen_clock() as clock:
        stage = Stage(random.Random(1), clock, Weather())
        put_on_stage(monkeypatch, stage, [], lambda *request: None)
        other = threading.Thread(target=lambda: time.sleep(0.001))
        other.start()
        other.join()
        assert stage.now() == START
        time.sleep(30)
        assert (stage.now() - START).total_seconds() == 30
