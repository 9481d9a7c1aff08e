"""The edges of the product, put on a stage: network, queue, identity of a process, the commit of its database, time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest
from django.db import connections
from django.utils import timezone

from integrations.clients.http import at_once, transport
from integrations.clients.http.gateway import HttpGateway
from integrations.core.audit import recorder
from integrations.core.workqueue import failures, messages, orders, worker_clock
from integrations.orders.submission import attempts, runner
from tests.histories.stage import Stage


def put_on_stage(patch: pytest.MonkeyPatch, stage: Stage, queue: list[int], send: Callable[..., Any]) -> None:
    """Nothing of the product reaches the outside any more. `queue` gets the messages, `send` the calls."""

    def sent(gateway: HttpGateway, *request: Any) -> Any:
        return send(gateway, *request)

    patch.setattr(HttpGateway, "send", sent)
    # All actors share one thread: calls that are made at the same time come one after another.
    patch.setattr(at_once, "MOST", 1)
    patch.setattr(
        messages,
        "_send",
        lambda task, *args: queue.append(args[0]) if task == messages.PROCESS_ORDER else None,
    )
    for module in (orders, runner, attempts, recorder):
        patch.setattr(module, "current_worker", stage.worker_name)
    # Of some dead workers nobody knows: they ran on another machine.
    patch.setattr(
        orders, "is_surely_dead", lambda name: name in stage.killed and crc32(name.encode()) % 2 == 0
    )
    database = connections["default"]
    # All actors share this one connection: one that is old is not closed under the others' hands.
    patch.setattr(database, "close_if_unusable_or_obsolete", lambda: None)
    commit = database.commit
    patch.setattr(database, "commit", lambda: stage.committed(commit))
    # Not of the module itself: whatever else draws from it would change the history.
    patch.setattr(failures, "random", stage.rng)
    patch.setattr(timezone, "now", stage.machine_time)
    # The time that caches and bundles go by: time_machine leaves it alone, and then the same seed is not the same history.
    patch.setattr(transport, "_now", lambda: stage.now().timestamp())
    patch.setattr(time, "monotonic", _on_stage(lambda: stage.now().timestamp(), time.monotonic))
    # A clock goes wrong right after it was compared: a machine on which that is noticed takes no orders.
    patch.setattr(worker_clock, "problem", lambda: "")
    patch.setattr(time, "sleep", _on_stage(stage.let_pass, time.sleep))


def _on_stage(pretended: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """The pretended one in the thread of the stage, the real one in the others of this process.

    A thread that another test left behind, and that sleeps in a loop, would drive the clock of the stage ahead.
    """
    stage_thread = threading.get_ident()

    def whichever(*args: Any) -> Any:
        return pretended(*args) if threading.get_ident() == stage_thread else real(*args)

    return whichever
