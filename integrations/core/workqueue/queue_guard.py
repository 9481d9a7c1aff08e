"""What may come out of the task queue: calls of the hub's own tasks, with plain values, and nothing else.

django-q calls whatever a message names, and reads further functions to call (`chain`, `hook`) from its options. A message
is signed, but what is signed may come from a row of a table. So the workers take messages through this guard: it opens
each one, refuses what is not a call that the hub makes, and writes the refusal to the audit log.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf
from django_q.signing import SignedPackage

from integrations.core.workqueue.queue_signals import QueueSignals, store

logger = logging.getLogger(__name__)

MODULE = "integrations.tasks"
_NAME = re.compile(rf"{re.escape(MODULE)}\.([a-z][a-z0-9_]*)", re.ASCII)
# What a message of ours consists of. `cluster` and `group` are labels; every other option of django-q calls something
# or changes how a task runs.
_PARTS = frozenset({"id", "name", "func", "args", "kwargs", "started", "ack_failure", "cluster", "group"})


def refusal(task: Any) -> str:
    """Why this message is not run, as the end of a sentence; "" when it is a call that the hub makes."""
    if not isinstance(task, Mapping):
        return "is not a task"
    parameters = _parameters(task.get("func"))
    if parameters is None:
        return "is not one of the hub's own tasks"
    if more := sorted(str(part) for part in set(task) - _PARTS):
        return f"carries options that the hub never sends ({', '.join(more)})"
    args, kwargs = task.get("args", ()), task.get("kwargs", {})
    plain = isinstance(args, tuple) and all(isinstance(value, int | str) for value in args)
    if not plain or kwargs or len(args) != parameters:
        return "has arguments that the hub never sends"
    return ""


def is_schedulable(func: object) -> bool:
    """Whether a schedule may name this: a task of the hub that takes no arguments."""
    return _parameters(func) == 0


@lru_cache(maxsize=128)
def _parameters_of(name: str) -> int | None:
    match = _NAME.fullmatch(name)
    found = getattr(importlib.import_module(MODULE), match[1], None) if match else None
    if not inspect.isfunction(found) or found.__module__ != MODULE:
        return None
    return len(inspect.signature(found).parameters)


def _parameters(func: object) -> int | None:
    """How many arguments this task of ours takes; None for everything else."""
    return _parameters_of(func) if isinstance(func, str) else None


class _GuardedQueue:
    """A broker whose messages are opened and judged before a worker gets them."""

    def dequeue(self) -> list[tuple[Any, Any]] | None:
        messages = super().dequeue() or ()  # type: ignore[misc]
        return [(receipt, payload) for receipt, payload in messages if self._is_ours(receipt, payload)]

    def _is_ours(self, receipt: Any, payload: Any) -> bool:
        try:
            task = SignedPackage.loads(payload)
        except Exception as error:  # noqa: BLE001 - a bad signature, or what unpickling raises: never opened again
            logger.error(
                "A message of the queue was thrown away: it cannot be read (%s).", type(error).__name__
            )
            self.fail(receipt)  # type: ignore[attr-defined]
            return False
        reason = refusal(task)
        if not reason:
            return True
        self.fail(receipt)  # type: ignore[attr-defined]
        _write_down(task, reason)
        return False


class _PromptORM(ORM):
    """The queue in the database, whose clusters are told when something comes instead of sleeping over it."""

    _signals: QueueSignals | None = None

    def enqueue(self, task: Any) -> Any:
        return store(self.list_key or Conf.CLUSTER_NAME, task)

    def dequeue(self) -> list[tuple[Any, Any]] | None:
        # Not left to the class above, which sleeps when there is nothing, and asks for each message whether the connection is fit.
        queue = self.get_connection()
        ready = queue.filter(key=self.list_key, lock__lt=timezone.now())
        waiting = list(ready.values_list("pk", "payload", "lock")[: Conf.BULK])
        if not waiting:
            self._signals = self._signals or QueueSignals()
            self._signals.wait(Conf.POLL)
            return None
        # One that another cluster was quicker to take is left out.
        return [
            (pk, payload)
            for pk, payload, lock in waiting
            if queue.filter(pk=pk, lock=lock).update(lock=self.timeout(pk))
        ]


class DatabaseQueue(_GuardedQueue, _PromptORM):
    """The queue in the hub's own database."""


class RedisQueue(_GuardedQueue, Redis):
    """The queue in Redis."""


def _write_down(task: Any, reason: str) -> None:
    from integrations.core.audit import log as audit

    func = str(task.get("func") if isinstance(task, Mapping) else type(task).__name__)[:200]
    logger.error("The task %s was refused: it %s.", func, reason)
    try:
        audit.record("queue.refused", {"task": func, "reason": reason}, actor="task queue")
    except Exception:
        # Without a database the worker goes on refusing; the log line above stands.
        logger.exception("The refusal of %s could not be written to the audit log.", func)
