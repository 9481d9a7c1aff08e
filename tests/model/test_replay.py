"""The ways by which the model comes to a second job when it lacks a rule, followed in the real code.

The code does not come to the end of any. When the rule is taken out of the code, too, it goes the whole way: so the
model and the code speak of the same steps.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Protocol

import pytest
from django.db import connection

from automationhub.lib import database_clock
from integrations.clients.pace.client import PaceClient
from integrations.clients.pressero import session as pressero_session
from integrations.core.connections import cached_lists
from integrations.enums import OrderStatus
from integrations.models import Order, PaceServer
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.histories.edges import put_on_stage
from tests.histories.stage import Stage, Weather, frozen_clock
from tests.model.replay import STORE, TICK, Replay, stop_at_steps
from tests.model.unruly import LEAVE_OUT_A_STEP, WITHOUT
from tests.model.variants import VARIANTS, Variant, recorded

FOUND_OUT = [variant for variant in VARIANTS if not variant.holds]
OF_THE_CODE = [variant for variant in FOUND_OUT if not variant.by_people]
OF_PEOPLE = [variant for variant in FOUND_OUT if variant.by_people]


class Follow(Protocol):
    def __call__(self, variant: Variant, *, without: Sequence[str] = ()) -> Replay: ...


@pytest.fixture
def follow(hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    """Follows the recorded way of a variant in the real code, or in the code without some rules."""
    logging.disable(logging.CRITICAL)
    with PaceSandbox() as other, ExitStack() as stack:

        def play(variant: Variant, *, without: Sequence[str] = ()) -> Replay:
            if variant.bound.get("restores") and connection.vendor != "sqlite":
                pytest.skip("Only SQLite's database can be copied while the test is connected to it.")
            hub = hub_for_threads
            files = 2 if variant.bound.get("two_files") else 1
            order = _order(hub, files, other)
            stage = Stage(random.Random(1), stack.enter_context(frozen_clock()), Weather(pause=0))
            replay = Replay(stage, (hub.pace, other), hub.pressero, order.pk)
            pressero_session.forget_tokens()
            # As in the model: a commit may leave one tick after its intent, and not two.
            monkeypatch.setattr(PaceClient, "time_to_leave", property(lambda client: TICK + 0.5))
            put_on_stage(monkeypatch, stage, replay.queue, replay.send)
            for rule in set(without) - LEAVE_OUT_A_STEP:
                WITHOUT[rule](monkeypatch, replay)
            stop_at_steps(monkeypatch, replay)
            for rule in set(without) & LEAVE_OUT_A_STEP:
                WITHOUT[rule](monkeypatch, replay)
            stack.enter_context(database_clock.pretending(stage.now))
            stack.enter_context(connection.execute_wrapper(stage.statement))
            playing.append(replay)
            replay.follow(recorded()[variant.name])
            return replay

        playing: list[Replay] = []
        yield play
        for replay in playing:
            replay.send_home()
    logging.disable(logging.NOTSET)
    cached_lists.forget_cached()


def _order(hub: Hub, files: int, other: PaceSandbox) -> Order:
    here = hub.server
    there = PaceServer.objects.get(pk=here.pk)
    there.pk, there.name, there.slug, there.url = None, "Other Pace", "other", other.url
    there.save()
    hub.storefront(STORE, one_job_per_item=files > 1)
    artwork = [FileDraft(f"art-{number}.pdf", "gen", size=10) for number in range(files)]
    item = ItemDraft("Business Card", quantity=1, price="10.00", method="Ground", files=artwork)
    return hub.take_in(OrderDraft(STORE, "avery@example.com", [item]))


def jobs(replay: Replay) -> list[str]:
    """The descriptions of all jobs in both Paces."""
    return sorted(str(job["description"]) for pace in replay.paces for job in pace.objects("Job"))


def wrong(replay: Replay) -> bool:
    """Whether the order has become anything but one set of jobs in one Pace."""
    where = [bool(pace.objects("Job")) for pace in replay.paces]
    found = Counter(jobs(replay))
    whole = [text for text in found if "(" not in text and "-1-" not in text]
    return all(where) or max(found.values(), default=1) > 1 or (bool(whole) and len(found) > 1)


@pytest.mark.parametrize("variant", OF_THE_CODE, ids=lambda variant: variant.name)
def test_the_code_does_not_come_to_that_end_and_the_order_ends_with_one_set_of_jobs(
    follow: Follow, variant: Variant
) -> None:
    replay = follow(variant)
    assert not wrong(replay), "\n".join(replay.stage.log)
    replay.end_well()
    story = "\n".join(replay.stage.log)
    row = Order.objects.get(pk=replay.order)
    assert row.status == OrderStatus.SUBMITTED, f"{row.message}\n{story}"
    assert len(jobs(replay)) in (
        (1, 2) if variant.bound.get("switches") else (1 + bool(variant.bound.get("two_files")),)
    )
    assert not wrong(replay), f"{jobs(replay)}\n{story}"


@pytest.mark.parametrize("variant", OF_THE_CODE, ids=lambda variant: variant.name)
def test_without_its_rule_the_code_goes_the_whole_way(follow: Follow, variant: Variant) -> None:
    replay = follow(variant, without=variant.without)
    story = "\n".join(replay.stage.log)
    assert replay.left == [], story
    assert wrong(replay), f"{jobs(replay)}\n{story}"


@pytest.mark.parametrize("variant", OF_PEOPLE, ids=lambda variant: variant.name)
def test_what_people_have_to_heed_the_code_cannot_know(follow: Follow, variant: Variant) -> None:
    replay = follow(variant)
    assert replay.left == []
    assert wrong(replay)
