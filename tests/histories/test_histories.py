"""Thousands of histories: whatever comes late, early, twice or never, and whoever dies at whatever moment.

`HISTORIES=5000 make test ARGS=tests/histories` plays as many as wanted; `FIRST_HISTORY` is the seed of the first one.
A history that fails prints its seed and all that happened in it.
"""

import logging
import os
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol
from zlib import crc32

import pytest
from django.apps import apps
from django.db import connection, connections, transaction

from integrations import models as hub
from integrations import queue
from integrations.clients.http import HttpDoor
from integrations.models import PaceServer
from integrations.pipeline import inputs, runner, submit
from integrations.sandbox.pace import PaceSandbox
from integrations.sandbox.pressero import PresseroSandbox
from integrations.services import orders, recorder
from tests.conftest import configure
from tests.histories.history import History
from tests.histories.stage import Stage, Weather, frozen_clock
from tests.histories.wire import Wire

HISTORIES = int(os.environ.get("HISTORIES") or 20)
FIRST = int(os.environ.get("FIRST_HISTORY") or 1)
QUIET_SECONDS = 20

WEATHERS = [
    Weather(pause=0.4),  # nothing fails, but everything comes in any order
    Weather(fault=0.12),
    Weather(fault=0.04, kill=0.05),
    Weather(fault=0.04, database=0.006),
    Weather(fault=0.08, kill=0.02, database=0.003),
]
# What stays from one history to the next; all other tables are emptied.
CONFIGURATION = (
    hub.PresseroAccount, hub.PaceServer, hub.Storefront, hub.ReferenceEntry, hub.ReferenceReading, hub.ApiToken,
)  # fmt: skip


class Play(Protocol):
    def __call__(self, seed: int, weather: Weather | None = None) -> History: ...


@pytest.fixture
def play(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Plays the history of a seed to its end, on real commits. Raises AssertionError with the whole story."""
    pace, pressero = PaceSandbox(port=9), PresseroSandbox(port=9)
    configure(pace, pressero)
    PaceServer.objects.update(quiet_seconds=QUIET_SECONDS)
    logging.disable(logging.CRITICAL)

    def play_one(seed: int, weather: Weather | None = None) -> History:
        rng = random.Random(seed)
        with frozen_clock() as clock, monkeypatch.context() as patch, ExitStack() as stack:
            drawn = rng.choice(WEATHERS)
            weather = weather or drawn
            stage = Stage(rng, clock, weather)
            history = History(stage, Wire(stage, pace, pressero, QUIET_SECONDS))
            _begin_afresh(pace, pressero, rng)
            _put_on_stage(patch, history)
            stack.enter_context(connection.execute_wrapper(stage.statement))
            try:
                history.live()
            except AssertionError as error:
                story = "\n".join(stage.log)
                raise AssertionError(f"history {seed}, {weather}:\n{story}\n\n{error}") from error
            finally:
                _send_home(stage)
        return history

    yield play_one
    logging.disable(logging.NOTSET)
    inputs.forget_kept()


def _begin_afresh(pace: PaceSandbox, pressero: PresseroSandbox, rng: random.Random) -> None:
    pace.reset()
    pressero.reset()
    if rng.random() < 0.2:
        inputs.forget_kept()
    with transaction.atomic():
        for model in apps.get_app_config("integrations").get_models():
            if model in CONFIGURATION:
                continue
            rows = model.objects.all()
            rows._raw_delete(rows.db)


def _put_on_stage(patch: pytest.MonkeyPatch, history: History) -> None:
    """The edges of the product: network, queue, identity of a process, the commit of its database, sleep."""
    stage = history.stage

    def send(door: HttpDoor, *request: Any) -> Any:
        return history.wire.send(door, *request)

    patch.setattr(HttpDoor, "send", send)
    patch.setattr(
        queue,
        "_send",
        lambda task, *args: history.queue.append(args[0]) if task == queue.PROCESS_ORDER else None,
    )
    for module in (orders, runner, recorder):
        patch.setattr(module, "current_worker", stage.worker_name)
    # Of some dead workers nobody knows: they ran on another machine.
    patch.setattr(
        orders, "is_surely_dead", lambda name: name in stage.killed and crc32(name.encode()) % 2 == 0
    )
    database = connections["default"]
    commit = database.commit
    patch.setattr(database, "commit", lambda: stage.committed(commit))
    patch.setattr(runner.random, "random", stage.rng.random)
    patch.setattr("automationhub.lib.database.time.sleep", stage.let_pass)


def _send_home(stage: Stage) -> None:
    """Whoever is still on stage when a history has failed ends without another deed."""
    for actor in list(stage.actors):
        stage.kill(actor)
        stage.go_on(actor)


def test_every_order_becomes_exactly_one_complete_job_in_every_history(play: Play) -> None:
    faults: dict[str, int] = {}
    killed = 0
    for seed in range(FIRST, FIRST + HISTORIES):
        history = play(seed)
        killed += len(history.stage.killed)
        for kind, count in history.wire.drawn.items():
            faults[kind] = faults.get(kind, 0) + count
    sys.stdout.write(f"{HISTORIES} histories, {killed} kills, faults: {faults}\n")


# --- the simulation itself can fail -----------------------------------------------------------------------------


def test_a_hub_that_never_looks_before_it_writes_is_found_out(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "adopt_if_in_pace", lambda ctx, row: False)
    with pytest.raises(AssertionError, match="history"):
        for seed in range(1, 25):
            play(seed, Weather(fault=0.2, only="drop_after", at="/commit"))
