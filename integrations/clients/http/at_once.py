"""Independent calls at the same time: reads, and writes that may be repeated without harm.

Only the calls themselves run in other threads. What is recorded of them is told by the thread that asked, when all are
over and in the order in which they were given: nothing touches the database in another thread, and the story of an order
reads the same every time. Whatever is true of the thread that asked (trace, log facts, deadlines) is true of the calls.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from integrations.errors import HubError

Answer = TypeVar("Answer")

# So many calls of one process to other systems at the same time. More would be felt as a burst there.
MOST = 4

# What the calls of a thread want to be told, while it is not the thread that asked.
_later: ContextVar[list[Callable[[], None]] | None] = ContextVar("recorded later", default=None)
# The process is part of the key: threads are not forked with it.
_pools: dict[int, ThreadPoolExecutor] = {}


def report(say: Callable[[], None]) -> None:
    """Tell the observer of a call: now, or when the calls that are made at the same time are all over."""
    later = _later.get()
    if later is None:
        say()
    else:
        later.append(say)


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer | HubError]:
    """What each of these calls gives, or the HubError that it raises; any other error is raised when all are over."""
    if len(calls) < 2 or MOST < 2:
        return [outcome_of(call) for call in calls]
    reports: list[list[Callable[[], None]]] = [[] for _ in calls]
    futures = [
        _pool().submit(copy_context().run, _in_thread, call, later)
        for call, later in zip(calls, reports, strict=True)
    ]
    wait(futures)
    for later in reports:
        for say in later:
            say()
    return [future.result() for future in futures]


def answers(outcomes: Sequence[Any]) -> list[Any]:
    """The answers, when all calls had one. Raises the first error."""
    for outcome in outcomes:
        if isinstance(outcome, HubError):
            raise outcome
    return list(outcomes)


def _in_thread(call: Callable[[], Answer], later: list[Callable[[], None]]) -> Answer | HubError:
    _later.set(later)
    return outcome_of(call)


def outcome_of(call: Callable[[], Answer]) -> Answer | HubError:
    """What a call gives, or the HubError that it raises."""
    try:
        return call()
    except HubError as error:
        return error


def _pool() -> ThreadPoolExecutor:
    pool = _pools.get(os.getpid())
    if pool is None:
        _pools.clear()
        pool = _pools.setdefault(os.getpid(), ThreadPoolExecutor(MOST, thread_name_prefix="calls"))
    return pool
