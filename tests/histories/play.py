"""Plays one history from its seed: a hub on real commits, of which nothing of an earlier history is left."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from automationhub.lib import database_clock
from integrations import models as hub
from integrations.clients.pressero import session as pressero_session
from integrations.core.connections import cached_lists
from integrations.models import PaceServer, Storefront, audit_switch
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.conftest import configure, forget_other_tests
from tests.histories.edges import put_on_stage
from tests.histories.history import SPLIT, History
from tests.histories.stage import Stage, Weather, frozen_clock
from tests.histories.wire import Wire

QUIET_SECONDS = 20

WEATHERS = [
    Weather(pause=0.4),  # nothing fails, but everything comes in any order
    Weather(fault=0.12),
    Weather(fault=0.04, kill=0.05),
    Weather(fault=0.04, database=0.006),
    Weather(fault=0.08, kill=0.02, database=0.003),
    Weather(fault=0.06, settings=1.5),
    Weather(fault=0.04, pause=0.3, clocks=0.4),
    Weather(fault=0.04, kill=0.02, settings=1.0, clocks=0.2),
    Weather(fault=0.04, restore=1.0),
]
# What stays from one history to the next; all other tables are emptied.
CONFIGURATION = (
    hub.PresseroAccount, hub.PaceServer, hub.Storefront, hub.ReferenceEntry, hub.ReferenceReading, hub.ApiToken,
)  # fmt: skip
Configured = Mapping[type[Model], list[dict[str, Any]]]


class Play(Protocol):
    def __call__(self, seed: int, weather: Weather | None = None) -> History: ...


@pytest.fixture
def play(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Plays the history of a seed to its end, on real commits. Raises AssertionError with the whole story."""
    pace, pressero = PaceSandbox(port=9), PresseroSandbox(port=9)
    configure(pace, pressero)
    PaceServer.objects.update(quiet_seconds=QUIET_SECONDS)
    configured = {model: list(model.objects.values()) for model in CONFIGURATION}
    logging.disable(logging.CRITICAL)

    def play_one(seed: int, weather: Weather | None = None) -> History:
        rng = random.Random(seed)
        with frozen_clock() as clock, monkeypatch.context() as patch, ExitStack() as stack:
            drawn = rng.choice(WEATHERS)
            weather = weather or drawn
            stage = Stage(rng, clock, weather)
            history = History(stage, Wire(stage, pace, pressero, QUIET_SECONDS))
            put_on_stage(patch, stage, history.queue, history.wire.send)
            _begin_afresh(pace, pressero, configured)
            stack.enter_context(database_clock.pretending(stage.now))
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
    cached_lists.forget_cached()


def _begin_afresh(pace: PaceSandbox, pressero: PresseroSandbox, configured: Configured) -> None:
    """Nothing of an earlier history is left, also not in this process: the same seed is the same history."""
    pace.reset()
    pressero.reset()
    with audit_switch.opened():
        for model in apps.get_app_config("integrations").get_models():
            if model in CONFIGURATION:
                continue
            rows = model.objects.all()
            rows._raw_delete(rows.db)
        for model, rows_of_model in configured.items():
            for row in rows_of_model:
                model.objects.filter(pk=row["id"]).update(**row)
        Storefront.objects.update(one_job_per_item=False)
        Storefront.objects.filter(name=SPLIT[0]).update(one_job_per_item=True)
    forget_other_tests()
    cached_lists.forget_cached()
    pressero_session.forget_tokens()


def _send_home(stage: Stage) -> None:
    """Whoever is still on stage when a history has failed ends without another deed."""
    for actor in list(stage.actors):
        stage.kill(actor)
        stage.go_on(actor)
