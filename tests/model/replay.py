"""Follows a way of the model in the real code: two real workers that stop before each step of the protocol.

The steps carry the code's names: a worker that stands before the step that comes next on the way takes it, one that stands
before another one does not, and that is where the code has left the way. Faults, Pace's delays, staff and the clock
happen as the way says. The machinery is that of tests/histories.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection
from django.db.models import F
from django.utils import timezone

from integrations.clients.http import transport
from integrations.clients.http.answers import NoAnswer
from integrations.clients.http.classifier import Trouble, Vendor
from integrations.clients.http.gateway import HttpGateway
from integrations.clients.pace.client import PaceClient
from integrations.enums import OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Order, PaceServer, Storefront
from integrations.operations import absent_jobs
from integrations.orders.submission import runner, steps, submit
from integrations.orders.submission.pace_transaction import PaceTransaction
from integrations.orders.submission.submit import JobSubmission
from integrations.simulation.sandbox.http import Request, Response
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.histories.stage import Actor, Stage
from tests.histories.wire import as_request, as_response
from tests.model.states import NOBODY, Step

STORE = "Example CU Store"
# A tick of the model in seconds: each of its times is one, and no real one is longer.
TICK = 61
MOST_TRIES = 12
# Steps of the model that are one place in the code.
PLACES = {
    "settle_rollback": "rollback",
    "roll_back": "rollback",
    "look": "find",
    "undo_own": "undo",
    "keep_txn": "undo",
}


@dataclass(eq=False)
class Commit:
    """A commit on its way. `ended`: how, when it is over."""

    pace: PaceSandbox
    request: Request
    begun: Callable[[], None] | None = None
    ended: Response | None = None

    def begin(self) -> None:
        self.begun = self.pace.take(self.request)

    def end(self) -> None:
        """It is applied, or refused because its transaction is gone."""
        if self.begun is None:
            self.ended = self.pace.serve(self.request, lambda seconds: False)
        else:
            self.begun()
            self.ended = Response(200, True)


@dataclass
class Replay:
    """One order, its two workers, and the way that they are led. `left`: the steps that the code did not take."""

    stage: Stage
    paces: tuple[PaceSandbox, PaceSandbox]
    pressero: PresseroSandbox
    order: int = 0
    no_answer: Trouble = Trouble.BROKEN
    queue: list[int] = field(default_factory=list)
    left: list[Step] = field(default_factory=list)
    _workers: dict[int, Actor] = field(default_factory=dict)
    _at: dict[Actor, str] = field(default_factory=dict)
    _how: str = ""
    _free: bool = False
    _commits: list[Commit] = field(default_factory=list)
    _backup: sqlite3.Connection | None = None

    # --- the way ---

    def follow(self, path: Iterable[Step]) -> None:
        """Take the steps of this way that the code takes."""
        for step in path:
            taken = self._elsewhere(step) if step.worker == NOBODY else self._work(step)
            places = ", ".join(
                f"{'AB'[number]} at {self._at[actor]}" for number, actor in self._workers.items()
            )
            who = "AB"[step.worker] if step.worker != NOBODY else "elsewhere"
            self.stage.say(f"{'' if taken else 'NOT '}{who}: {step.name} {step.how} ({places})")
            if not taken:
                self.left.append(step)

    def end_well(self) -> None:
        """From now on nothing fails: what is on its way ends, and other workers finish the order."""
        self.send_home()
        while self._pending():
            self._pending()[0].end()
        self._free = True
        for _ in range(MOST_TRIES):
            row = Order.objects.get(pk=self.order)
            if row.status == OrderStatus.SUBMITTED and not row.message:
                return
            self.stage.let_pass(600)
            self._make_due()
            self.stage.go_on(self.stage.start("worker", lambda: runner.process(self.order)))

    def send_home(self) -> None:
        """The workers end without another deed."""
        for actor in list(self._workers.values()):
            self._kill(actor)

    # --- workers ---

    def _work(self, step: Step) -> bool:
        actor = self._workers.get(step.worker)
        if step.name == "killed":
            if actor is not None:
                self._kill(actor)
            return actor is not None
        if step.name == "claim":
            if actor is not None:
                return False
            self._make_due()
            actor = self._workers[step.worker] = self.stage.start(
                "worker", lambda: runner.process(self.order)
            )
        elif actor is None or self._at[actor] != PLACES.get(step.name, step.name):
            # A worker that has lost its lease needs not give the order back.
            return actor is None and step.name == "release"
        self._how = step.how
        self._at[actor] = ""
        self.stage.go_on(actor)
        while step.name == "submitted" and not actor.thread.dead:
            self.stage.go_on(actor)
        self._forget_ended()
        return True

    def _make_due(self) -> None:
        """The order is due, and a lease that anybody has is over."""
        past = timezone.now() - timedelta(seconds=1)
        Order.objects.filter(pk=self.order).update(due_at=past)
        Order.objects.filter(pk=self.order, lease_until__isnull=False).update(lease_until=past)

    def _kill(self, actor: Actor) -> None:
        self.stage.kill(actor)
        self.stage.go_on(actor)
        self._forget_ended()

    def _forget_ended(self) -> None:
        self._workers = {number: actor for number, actor in self._workers.items() if not actor.thread.dead}

    def stop(self, place: str) -> None:
        """A place of the code: who comes here waits for its step."""
        actor = self.stage.current
        if actor is not None and not self._free:
            self._at[actor] = place
            self.stage.put_aside()

    # --- Pace ---

    def send(
        self, gateway: HttpGateway, method: str, url: str, headers: Mapping[str, str], body: str | None
    ) -> requests.Response:
        """In place of HttpGateway.send."""
        self.stage.turn(f"the call {method} {url}")
        request = as_request(method, url, headers, body)
        if gateway.vendor is not Vendor.PACE:
            return as_response(method, url, _served(self.pressero, request))
        port = urlsplit(url).port
        pace = next(one for one in self.paces if urlsplit(one.url).port == port)
        how, self._how = self._how, ""
        if transport.is_too_late() or how == "not sent":
            raise NoAnswer(Trouble.NOT_CONNECTED, "no connection")
        if request.path.endswith("/commit") and not self._free:
            return as_response(method, url, self._committed(Commit(pace, request)))
        if how == "fails":
            raise NoAnswer(Trouble.BROKEN, "no answer came")
        answer = _served(pace, request)
        if how == "unanswered":
            raise NoAnswer(Trouble.BROKEN, "no answer came")
        return as_response(method, url, answer)

    def _committed(self, commit: Commit) -> Response:
        self._commits.append(commit)
        self.stop("answer")
        how, self._how = self._how, ""
        if how == "none" or commit.ended is None:
            raise NoAnswer(self.no_answer, "no answer came")
        return commit.ended

    def _pending(self) -> list[Commit]:
        return [commit for commit in self._commits if commit.ended is None]

    # --- what else happens ---

    def _elsewhere(self, step: Step) -> bool:
        pending = self._pending()
        match step.name:
            case "Pace begins a commit":
                if waiting := [commit for commit in pending if commit.begun is None]:
                    waiting[0].begin()
                return bool(waiting)
            case "Pace applies a commit":
                if pending:
                    pending[0].end()
                return bool(pending)
            case "time passes":
                self.stage.let_pass(TICK)
                # Whoever holds the order in the model does so until another one claims it.
                held = Order.objects.filter(pk=self.order, lease_until__isnull=False)
                held.update(lease_until=F("lease_until") + timedelta(seconds=TICK))
            case "the storefront is moved":
                [here, there] = PaceServer.objects.order_by("pk")
                store = Storefront.objects.get(name=STORE)
                store.pace_server = here if store.pace_server_id == there.pk else there
                store.save()
            case "“one job per item” is switched":
                store = Storefront.objects.get(name=STORE)
                store.one_job_per_item = not store.one_job_per_item
                store.save()
            case "staff say that the jobs are not in Pace":
                return self._declare_absent()
            case "a backup is made":
                self._backup = sqlite3.connect(":memory:")
                connection.connection.backup(self._backup)
            case "the backup is put back":
                for actor in list(self._workers.values()):
                    self._kill(actor)
                assert self._backup is not None
                self._backup.backup(connection.connection)
            case _:
                raise NotImplementedError(step.name)
        return True

    def _declare_absent(self) -> bool:
        self._make_due()
        try:
            absent_jobs.declare_absent(
                Order.objects.get(pk=self.order), reason="The server is gone.", actor="staff"
            )
        except NotAllowed:
            return False
        return True


def _served(sandbox: PaceSandbox | PresseroSandbox, request: Request) -> Response:
    answer = sandbox.serve(request, lambda seconds: False)
    assert answer is not None
    return answer


def stop_at_steps(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    """Make the code stop before each step of the protocol."""

    def before(
        owner: Any, name: str, place: str, when: Callable[..., bool] = lambda *args, **named: True
    ) -> None:
        real = getattr(owner, name)

        @wraps(real)
        def stopping(*args: Any, **named: Any) -> Any:
            if when(*args, **named):
                replay.stop(place)
            return real(*args, **named)

        patch.setattr(owner, name, stopping)

    def after(owner: Any, name: str, place: str) -> None:
        real = getattr(owner, name)

        @wraps(real)
        def stopping(*args: Any, **named: Any) -> Any:
            found = real(*args, **named)
            if found is not None or name == "commit":
                replay.stop(place)
            return found

        patch.setattr(owner, name, stopping)

    after(PaceClient, "commit", "made")
    after(JobSubmission, "find", "adopt")
    before(JobSubmission, "settle", "settle", lambda self: self.is_open)
    before(PaceClient, "rollback", "rollback")
    before(PaceClient, "jobs_of_order", "find")
    before(PaceTransaction, "_undo", "undo", lambda self, txn, **more: self.row.txn == txn)
    before(steps, "submit_order", "plan")
    before(submit, "_row_for", "row_for")
    before(PaceClient, "start_transaction", "start_transaction")
    before(
        PaceTransaction,
        "_change",
        "store_txn",
        lambda self, was, **columns: not was and bool(columns.get("txn")),
    )
    before(JobSubmission, "write", "write")
    before(PaceTransaction, "_store_intent", "intent")
    before(PaceClient, "commit", "commit")
    before(PaceTransaction, "_without_answer", "without_answer")
    before(submit, "note_jobs_on_items", "submitted")
    before(runner, "_give_back", "release")
