"""Lists of the other systems that change rarely: read once in some minutes by each process, so that no order reads them again."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from integrations.clients.pace.client import PaceClient
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.schemas import PaceReference
from integrations.models import PaceServer, PresseroAccount
from integrations.planning.statuses import StageChoice
from mappings.text import name_key

CACHE_SECONDS = 300.0


Cached = TypeVar("Cached")


_cached: dict[tuple[object, ...], tuple[float, object]] = {}


_lock = Lock()


def cached(key: tuple[object, ...], read: Callable[[], Cached]) -> Cached:
    """The value of this key, read again when it is older than CACHE_SECONDS."""
    with _lock:
        found = _cached.get(key)
    if found is not None and found[0] > time.monotonic():
        return found[1]  # type: ignore[return-value]
    value = read()
    with _lock:
        _cached[key] = (time.monotonic() + CACHE_SECONDS, value)
    return value


def forget_cached() -> None:
    """Read everything afresh next time: "retry" after a change in Pace or Pressero must see it."""
    with _lock:
        _cached.clear()


def reference_of(server: PaceServer, pace: PaceClient) -> PaceReference:
    """What Pace has for item templates, ship vias and the other codes that plans are checked against."""
    return cached(("reference", server.pk, server.updated_at), pace.reference)


def workflows_of(account: PresseroAccount, pressero: PresseroClient) -> dict[str, list[StageChoice]]:
    """The stages of every workflow of the account, by the workflow's id."""

    def read() -> dict[str, list[StageChoice]]:
        return {
            name_key(workflow.id): [
                StageChoice(stage.id, stage.seq, stage.name, stage.customer_name)
                for stage in pressero.stages(workflow.id)
            ]
            for workflow in pressero.workflows()
        }

    return cached(("workflows", account.pk, account.updated_at), read)
