"""Running the cases: several hubs side by side, each on a scratch database, one case after the other."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from django.db import connection

from integrations.simulation.chaos import worker
from integrations.simulation.chaos.call_sites import CallSite, System, places
from integrations.simulation.chaos.cases import Case
from integrations.simulation.chaos.databases import copy_of_default
from integrations.simulation.chaos.faults import Engine, Sandbox
from integrations.simulation.chaos.hub import MatrixHub, WorkerDied
from integrations.simulation.chaos.processes import fork_server
from integrations.simulation.chaos.storefront_fixture import FIRST_SHOPPER, draft
from integrations.simulation.chaos.verify import (
    CaseVerdict,
    Object,
    PaceContents,
    counts,
    verify_counts,
    verify_order,
)

# How long an order may take to settle after one fault: longer than its lease, which is the slowest way back.
PATIENCE = 240.0
NOT_MET = "the fault did not meet its call, so nothing is proved"
MOST_REPEATS = 3
# As `manage.py worker` looks for due orders.
TICK = 1.0

Choose = Callable[[list[CallSite], Engine], list[Case]]


@dataclass(frozen=True)
class CaseEnding:
    """What an undisturbed run leaves in Pace: the trees of its jobs, and how many objects of each kind."""

    trees: list[Object]
    counts: Counter[str]


@dataclass(frozen=True)
class Reference:
    """The undisturbed run: the calls it made, what it left in Pace, and what it would have left with a job per item."""

    places: list[CallSite]
    whole: CaseEnding
    split: CaseEnding

    def ending_of(self, case: Case, jobs: int) -> CaseEnding:
        """What the order should have become: where settings changed, as before or as after, whichever it was."""
        return self.split if case.fault.changes_settings and jobs == len(self.split.trees) else self.whole


@dataclass(frozen=True)
class CaseOutcome:
    """How a case ended. `seconds`: from the fault until the order was settled. `story`: its timeline, when it failed."""

    case: Case
    verdict: CaseVerdict
    seconds: float
    retried: int = 0
    story: list[str] = field(default_factory=list)


def run_matrix(
    choose: Choose, *, hubs: int, folder: Path, say: Callable[[str], None]
) -> tuple[Reference, list[CaseOutcome]]:
    """Record an undisturbed run, then run the cases chosen from it."""
    today = date.today()  # noqa: DTZ011 - any day will do, as long as all orders have the same
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_hub(1, folder))
        reference = _undisturbed(first, today)
        cases = choose(reference.places, engine())
        count = max(1, min(hubs, len(cases)))
        say(f"{len(reference.places)} calls in an undisturbed run; {len(cases)} cases on {count} hubs …")
        all_hubs = [first, *(stack.enter_context(_hub(number, folder)) for number in range(2, count + 1))]
        return reference, _run_all(all_hubs, cases, reference, today, say)


def engine() -> Engine:
    """The kind of database that this process uses."""
    return Engine.SQLITE if connection.vendor == "sqlite" else Engine.POSTGRESQL


@contextlib.contextmanager
def _hub(number: int, folder: Path) -> Iterator[MatrixHub]:
    database = copy_of_default(connection.settings_dict, f"hub{number}")
    with MatrixHub(fork_server(), database, folder / f"hub{number}.log") as hub:
        yield hub


def _undisturbed(hub: MatrixHub, today: date) -> Reference:
    """Raises RuntimeError when an order does not even get through without a fault."""
    whole = _ending(hub, today, before=lambda: None)
    found = places(hub.pace.calls, hub.pressero.calls, hub.ask(worker.statements))
    split = _ending(hub, today, before=hub.split_jobs)
    if len(whole.trees) != 1 or len(split.trees) < 2:
        raise RuntimeError(f"The undisturbed order became {len(whole.trees)} and {len(split.trees)} jobs")
    return Reference(found, whole, split)


def _ending(hub: MatrixHub, today: date, *, before: Callable[[], None]) -> CaseEnding:
    hub.fresh()
    before()
    number = _place(hub, today)
    hub.ask(worker.work, number)
    state = hub.ask(worker.state, number)
    if not state.settled:
        raise RuntimeError(f"The undisturbed order is {state.status}: {state.message}")
    contents = PaceContents(hub.pace)
    jobs = sorted(contents.jobs_of(number), key=lambda job: str(job["description"]))
    return CaseEnding([contents.tree(job) for job in jobs], counts(contents))


def _place(hub: MatrixHub, today: date) -> int:
    number = hub.pressero.place(draft(FIRST_SHOPPER, today), notify=False)
    hub.number = number
    hub.ask(worker.take_in, number, hub.pressero.order(number)["SiteId"])
    return number


def _run_all(
    hubs: list[MatrixHub], cases: list[Case], reference: Reference, today: date, say: Callable[[str], None]
) -> list[CaseOutcome]:
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)
    outcomes: list[CaseOutcome] = []
    lock = threading.Lock()

    def work(hub: MatrixHub) -> None:
        while True:
            try:
                case = waiting.get_nowait()
            except queue.Empty:
                return
            outcome = run_case(hub, case, reference, today)
            for _ in range(MOST_REPEATS):
                if outcome.verdict.complaints != [NOT_MET]:
                    break
                # The order got through, but a call before was too slow on a busy machine, so that another one was hit.
                outcome = run_case(hub, case, reference, today)
            with lock:
                outcomes.append(outcome)
                if not outcome.verdict.exactly_one:
                    _report_failure(outcome, say)
                if len(outcomes) % 50 == 0:
                    say(f"  {len(outcomes)} of {len(cases)} cases")

    # A run that is stopped does not wait for them.
    threads = [
        threading.Thread(target=work, args=(hub,), name=f"hub{n}", daemon=True)
        for n, hub in enumerate(hubs, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    order = {case.name: position for position, case in enumerate(cases)}
    return sorted(outcomes, key=lambda outcome: order[outcome.case.name])


def run_case(hub: MatrixHub, case: Case, reference: Reference, today: date) -> CaseOutcome:
    """One order, one fault, until the order is settled; then the judgement."""
    hub.fresh()
    number = _place(hub, today)
    sandbox: Sandbox = hub.pressero if case.place.system is System.PRESSERO else hub.pace
    case.fault.set_up(sandbox, case.place.nth, hub)
    way = _settle(hub, number)
    if hub.finish_the_others():
        way = _settle(hub, number, way)
    settled_at = datetime.now(UTC)
    hub.wait_until_quiet()
    contents, elsewhere = PaceContents(hub.pace), PaceContents(hub.second_pace)
    moved = elsewhere.jobs_of(number)
    verdict = CaseVerdict()
    if moved and contents.jobs_of(number):
        verdict.duplicates.append("there are jobs in both Paces")
    where = elsewhere if moved else contents
    expected = reference.ending_of(case, len(where.jobs_of(number)))
    found = [verify_order(number, FIRST_SHOPPER.email, expected.trees, where, hub.pressero)]
    if not moved:
        # Of an order that was moved to the other Pace, the new customer may stand in both.
        found.append(verify_counts(expected.counts, contents))
    for one in found:
        verdict.duplicates.extend(one.duplicates)
        verdict.lost.extend(one.lost)
        verdict.partial.extend(one.partial)
    if way.problem:
        verdict.lost.append(way.problem)
    if open_ones := [*hub.pace.writing_transactions(), *hub.second_pace.writing_transactions()]:
        verdict.partial.append(f"{len(open_ones)} transactions with writes are still open in Pace")
    if case.place.system is System.DATABASE:
        struck_at = hub.lost_worker_at
    else:
        struck_at = _struck_at(sandbox, case, reference, was_deaf=way.was_deaf)
    if struck_at is None:
        verdict.lost.append(NOT_MET)
    seconds = (settled_at - (struck_at or settled_at)).total_seconds()
    story = [] if verdict.exactly_one else hub.ask(worker.timeline, number)
    return CaseOutcome(case, verdict, seconds, way.retried, story)


@dataclass
class _Way:
    """What an order went through until it was settled. `problem`: why it never was."""

    retried: int = 0
    was_deaf: bool = False
    problem: str = ""


def _settle(hub: MatrixHub, number: int, way: _Way | None = None) -> _Way:
    """Work on the order whenever it is due, until it is settled or patience is over; press Retry when staff must act."""
    way, deadline = way or _Way(), time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(WorkerDied):
            hub.ask(worker.work, number)
        way.was_deaf = hub.listen() or way.was_deaf
        state: worker.State | None = None
        with contextlib.suppress(WorkerDied):
            # None: the database does not answer.
            state = hub.ask(worker.state, number)
        if state is not None and state.settled:
            return way
        if time.monotonic() > deadline:
            found = f"{state.status}, {state.message}" if state else "the database does not answer"
            way.problem = f"not settled after {PATIENCE:.0f} s: {found}"
            return way
        if state is None:
            time.sleep(TICK)
            continue
        if state.waits_for_person and hub.ask(worker.press_retry, number):
            way.retried += 1
        else:
            time.sleep(TICK if state.ready_in is None else min(max(state.ready_in, 0.0), TICK))


def _struck_at(sandbox: Sandbox, case: Case, reference: Reference, *, was_deaf: bool) -> datetime | None:
    """When the call that was to fail was made; None when it was not that call, or nothing happened to it.

    A call that never came is not in the log of a sandbox: then the call before it must be the right one.
    """
    made, nth, unseen = sandbox.calls, case.place.nth, case.fault.unseen
    seen = nth - 1 if unseen else nth
    of_system = [place.path for place in reference.places if place.system is case.place.system]
    if [call.path for call in made[:seen]] != of_system[:seen]:
        return None
    happened = was_deaf if unseen else bool(sandbox.faults.fired or sandbox.traps.sprung)
    if not happened:
        return None
    return made[max(seen - 1, 0)].at


def _report_failure(outcome: CaseOutcome, say: Callable[[str], None]) -> None:
    say(f"FAILED {outcome.case.name}: {outcome.case.fault.title} at {outcome.case.place.title}")
    for complaint in outcome.verdict.complaints:
        say(f"    {complaint}")
    for line in outcome.story:
        say(f"      {line}")
