"""The protocol by which an order becomes exactly one set of jobs in Pace, as states and the steps between them.

It speaks the code's names: claim, settle, look, start_transaction, store_txn, write, intent, commit, without_answer, undo,
adopt, release. One step is one transaction of the database or one call to Pace; between any two, any other worker, Pace,
staff or the clock may come, for ever: that is a worker that is frozen anywhere. A lease may therefore end at any moment.

Pace, as docs/guarantee.md supposes it: nothing of a transaction is there before its commit, or after its rollback. A commit
that was sent arrives at any time, or never. One that Pace has begun is past every rollback; it ends, either way, before the
quiet period after the connection broke is over, or, while a frozen worker keeps its connection open, before the longest call
and the quiet period after it was sent. One that arrives later still is stopped by the rollback, or applied where it can be
seen.

Time is counted in ticks and kept as what is left, so that the states are finite and no number of steps is the bound.
"""

from __future__ import annotations

from tests.model.states import DONE, FIRST, NOBODY, SECOND, WHOLE, Next, Rules, State, Step, killed
from tests.model.surroundings import pace, staff, tick
from tests.model.work import WORK, claim, may_claim


def violation(state: State) -> str:
    """What is wrong with this state; "" when nothing is."""
    totals = [state.jobs[0][unit] + state.jobs[1][unit] for unit in (WHOLE, FIRST, SECOND)]
    if max(totals) > 1:
        return "two jobs of one unit"
    if totals[WHOLE] and (totals[FIRST] or totals[SECOND]):
        return "an item in two jobs"
    if any(state.jobs[0]) and any(state.jobs[1]):
        return "one order in two Paces"
    for unit, row in enumerate(state.rows):
        if row is not None and row.state == DONE and not state.jobs[row.server][unit]:
            return "a row says “in Pace”, and Pace has no such job"
    if state.submitted and tuple(totals) not in ((1, 0, 0), (0, 1, 1)):
        return "submitted, but not complete"
    return ""


def steps(state: State, rules: Rules) -> Next:
    """Every step that can come next."""
    for number, worker in enumerate(state.workers):
        if worker.at == "claim":
            if may_claim(state, number, rules):
                yield Step(number, "claim"), claim(state, number)
        else:
            yield from WORK[worker.at](state, number, rules)
            yield Step(number, "killed"), killed(state, number, rules)
    yield from pace(state)
    yield from staff(state, rules)
    if (later := tick(state)) is not None:
        yield Step(NOBODY, "time passes"), later
