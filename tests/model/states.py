"""What the model's world is made of, and the small changes of it that steps are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Job units: the whole order, or one for each of its two files.
WHOLE, FIRST, SECOND = range(3)
PLANNED, WRITING, COMMITTING, DONE = "planned", "being written", "commit sent", "in Pace"
# What `quiet_until` was set by; with the transaction it says which one was read.
NONE, AT_INTENT, WITHOUT_ANSWER = range(3)
NOBODY = -1
# A commit that is sent may wait on its way, or have been begun by Pace.
OPEN, SENT, BEGUN = "open", "sent", "begun"
CLOSED = -1


@dataclass(frozen=True)
class Rules:
    """The rules of the product, each a switch; what may happen; the times in ticks.

    `two_files`: the order has two, of which each becomes a job as long as "one job per item" is on, as it is at first. It may
    be switched (`switches`), and the storefront moved (`moves`), at any time and as often as anybody likes. `restores`: a backup is made and put back, once. `absents`: staff say
    that its jobs are not in Pace, when they are not.
    """

    lease_at_intent: bool = True
    lease_elsewhere: bool = True
    intent_stored: bool = True
    quiet_period: bool = True
    quiet_counts_the_call: bool = True
    commit_leaves_in_time: bool = True
    broken_is_unknown: bool = True
    rollback_when_settling: bool = True
    look_when_settling: bool = True
    settle_compares: bool = True
    change_only_own_txn: bool = True
    look_before_write: bool = True
    settle_where_sent: bool = True
    go_on_where_begun: bool = True
    units_fixed_once_begun: bool = True
    done_is_final: bool = True
    stopped_before_restore: bool = True
    absent_only_after_quiet: bool = True

    two_files: bool = False
    switches: bool = False
    moves: bool = False
    restores: bool = False
    absents: bool = False
    workers: int = 2
    to_leave: int = 1
    call: int = 1
    quiet: int = 1

    @property
    def quiet_at_intent(self) -> int:
        if not self.quiet_period:
            return 0
        return self.quiet + (self.to_leave + self.call if self.quiet_counts_the_call else 0)


class Row(NamedTuple):
    """A PaceJob. `quiet_by` and `quiet`: who set `quiet_until`, and what is left of it."""

    state: str = PLANNED
    txn: int = 0
    server: int = 0
    quiet_by: int = NONE
    quiet: int = 0


class Txn(NamedTuple):
    """A transaction in Pace. `is_open`: it takes calls. `left`: the time in which Pace may begin and end its commit."""

    id: int
    server: int
    unit: int
    is_open: bool = True
    flight: str = OPEN
    left: int = 0


class Worker(NamedTuple):
    """`at`: the step that comes next. `own`: the storefront's server and `split` its setting, as read at the claim; `server`:
    where the order goes on. `todo`: rows to settle, as they were read, or units to submit. `txn`, `read`: of the row in
    hand, as this worker knows it."""

    at: str = "claim"
    own: int = 0
    server: int = 0
    split: bool = False
    todo: tuple[tuple[int, ...], ...] = ()
    unit: int = 0
    txn: int = 0
    read: int = NONE
    committing: bool = False
    settling: bool = False
    to_leave: int = CLOSED
    answer: str = ""


class Backup(NamedTuple):
    rows: tuple[Row | None, ...]
    plan: tuple[int, ...]
    submitted: bool
    server: int
    split: bool


class State(NamedTuple):
    """All of it: the order, its storefront, the workers, Pace. `jobs[server][unit]` are counted."""

    holder: int = NOBODY
    rows: tuple[Row | None, ...] = (None, None, None)
    plan: tuple[int, ...] = ()
    submitted: bool = False
    server: int = 0
    split: bool = False
    workers: tuple[Worker, ...] = (Worker(), Worker())
    txns: tuple[Txn, ...] = ()
    jobs: tuple[tuple[int, int, int], ...] = ((0, 0, 0), (0, 0, 0))
    backup: Backup | None = None
    restored: bool = False
    stopped: int = 0


def beginning(rules: Rules) -> State:
    """An order that came in, and nothing else."""
    return State(split=rules.two_files, workers=(IDLE,) * rules.workers)


class Step(NamedTuple):
    """Who does what. `worker`: its number, or NOBODY for Pace, staff and the clock. `how`: which of several outcomes."""

    worker: int
    name: str
    how: str = ""


Next = Iterator[tuple[Step, State]]
IDLE = Worker()


# --- Pace ---


def applied(state: State, txn: Txn) -> State:
    of_server = tuple(min(2, count + (unit == txn.unit)) for unit, count in enumerate(state.jobs[txn.server]))
    jobs = tuple(of_server if server == txn.server else kept for server, kept in enumerate(state.jobs))
    return _told(state._replace(jobs=jobs), txn, "yes")  # type: ignore[arg-type]


def gone(state: State, txn: Txn) -> State:
    return _told(state, txn, "refused")


def _told(state: State, txn: Txn, answer: str) -> State:
    """The transaction is over; who waits for the answer of its commit may hear of it."""
    workers = tuple(
        one._replace(answer=answer) if one.at == "answer" and one.txn == txn.id and not one.answer else one
        for one in state.workers
    )
    return state._replace(txns=tuple(one for one in state.txns if one.id != txn.id), workers=workers)


# --- workers, rows, transactions ---


def put(state: State, number: int, worker: Worker) -> State:
    return state._replace(
        workers=tuple(worker if at == number else other for at, other in enumerate(state.workers))
    )


def go_to(state: State, number: int, at: str) -> State:
    if at == "release":
        return put(state, number, Worker(at))
    return put(state, number, state.workers[number]._replace(at=at, to_leave=CLOSED, answer=""))


def go_on(state: State, number: int) -> State:
    """The next row to settle or unit to submit, or what comes after all of them."""
    worker = state.workers[number]
    todo = worker.todo[1:]
    forgotten = worker._replace(
        todo=todo, unit=0, txn=0, read=NONE, committing=False, answer="", to_leave=CLOSED
    )
    if worker.settling:
        return put(state, number, forgotten._replace(at="settle" if todo else "plan", settling=bool(todo)))
    return put(state, number, forgotten._replace(at="row_for" if todo else "submitted"))


def lost(state: State, number: int) -> State:
    """The worker stops; the order is free unless another one has it."""
    free = state._replace(holder=NOBODY) if state.holder == number else state
    return put(free, number, IDLE)


def killed(state: State, number: int, rules: Rules) -> State:
    worker = state.workers[number]
    if worker.at == "answer":
        state = broken_off(state, worker.txn, rules)
    return lost(state, number)


def holds(state: State, number: int, rules: Rules) -> bool:
    return state.holder == number or (not rules.lease_elsewhere and state.workers[number].at != "intent")


def row_of(state: State, unit: int) -> Row:
    return state.rows[unit] or Row()


def is_own(state: State, worker: Worker, rules: Rules) -> bool:
    """Whether the row still is of the transaction that this worker knows."""
    row = state.rows[worker.unit]
    if row is None:
        return False
    if not rules.change_only_own_txn:
        return True
    return row.txn == worker.txn and (row.state != DONE or not rules.done_is_final)


def with_row(state: State, unit: int, row: Row) -> State:
    return state._replace(rows=tuple(row if at == unit else other for at, other in enumerate(state.rows)))


def with_done(state: State, worker: Worker) -> State:
    return with_row(state, worker.unit, Row(DONE, 0, row_of(state, worker.unit).server))


def txn_of(state: State, id_: int) -> Txn | None:
    return next((txn for txn in state.txns if txn.id == id_ and txn.is_open), None)


def with_txn(state: State, txn: Txn) -> State:
    return state._replace(txns=tuple(txn if one.id == txn.id else one for one in state.txns))


def rolled_back(state: State, id_: int, server: int) -> State:
    """What a rollback does at this server: an open transaction is gone, with a commit that has not been begun."""
    txn = txn_of(state, id_)
    return state if txn is None or txn.flight == BEGUN or txn.server != server else gone(state, txn)


def broken_off(state: State, id_: int, rules: Rules) -> State:
    txn = txn_of(state, id_)
    if txn is None or txn.flight == OPEN:
        return state
    return with_txn(state, txn._replace(left=min(txn.left, rules.quiet)))


def ids_of(state: State) -> Iterator[int]:
    """Every transaction that anything speaks of."""
    yield from (row.txn for row in state.rows if row is not None)
    for worker in state.workers:
        yield worker.txn
        yield from (row[1] for row in worker.todo if len(row) > 1)
    yield from (row.txn for row in (state.backup.rows if state.backup else ()) if row is not None)
    yield from (txn.id for txn in state.txns)


# --- states that are the same ---


def canonical(state: State) -> tuple[State, bool]:
    """The state as its equals are written: transactions numbered by who speaks of them, those of which nobody can hear any
    more left out, and the two workers in order. Whether these changed places."""
    swapped = False
    first, last = state.workers[0], state.workers[-1]
    if last < first or (last == first and state.holder == 1):
        # Ids do not decide: they are not yet numbered. Two orders of one state cost time, not truth.
        holder = state.holder if state.holder == NOBODY else 1 - state.holder
        state, swapped = state._replace(workers=state.workers[::-1], holder=holder), True
    names: dict[int, int] = {0: 0}
    for id_ in ids_of(state._replace(txns=())):
        names.setdefault(id_, len(names))
    kept = sorted(
        (txn for txn in state.txns if txn.id in names or txn.flight != OPEN),
        key=lambda txn: (txn.id not in names, txn.id),
    )
    for txn in kept:
        names.setdefault(txn.id, len(names))
    if all(old == new for old, new in names.items()) and len(kept) == len(state.txns):
        return state._replace(txns=tuple(sorted(kept))), swapped

    def named(rows: tuple[Row | None, ...]) -> tuple[Row | None, ...]:
        return tuple(row._replace(txn=names[row.txn]) if row is not None and row.txn else row for row in rows)

    return (
        state._replace(
            rows=named(state.rows),
            workers=tuple(
                worker._replace(
                    txn=names[worker.txn],
                    todo=tuple(
                        (row[0], names[row[1]], *row[2:]) if len(row) > 1 else row for row in worker.todo
                    ),
                )
                for worker in state.workers
            ),
            txns=tuple(sorted(txn._replace(id=names[txn.id]) for txn in kept)),
            backup=state.backup and state.backup._replace(rows=named(state.backup.rows)),
        ),
        swapped,
    )
