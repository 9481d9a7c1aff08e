"""What comes from elsewhere between any two steps of a worker: Pace, staff, the clock."""

from __future__ import annotations

from tests.model.states import (
    BEGUN,
    CLOSED,
    NOBODY,
    OPEN,
    PLANNED,
    SENT,
    Backup,
    Next,
    Row,
    Rules,
    State,
    Step,
    Worker,
    applied,
    gone,
    killed,
    with_txn,
)


def pace(state: State) -> Next:
    for txn in state.txns:
        if txn.flight == OPEN:
            yield Step(NOBODY, "Pace ends a transaction"), gone(state, txn)
            continue
        yield Step(NOBODY, "Pace applies a commit"), applied(state, txn)
        yield Step(NOBODY, "Pace does not apply a commit"), gone(state, txn)
        if txn.flight == SENT and txn.left:
            yield Step(NOBODY, "Pace begins a commit"), with_txn(state, txn._replace(flight=BEGUN))


def staff(state: State, rules: Rules) -> Next:
    if rules.moves:
        yield Step(NOBODY, "the storefront is moved"), state._replace(server=1 - state.server)
    if rules.switches:
        yield Step(NOBODY, "“one job per item” is switched"), state._replace(split=not state.split)
    if rules.restores and not state.restored:
        if state.backup is None:
            backup = Backup(state.rows, state.plan, state.submitted, state.server, state.split)
            yield Step(NOBODY, "a backup is made"), state._replace(backup=backup)
        else:
            yield Step(NOBODY, "the backup is put back"), _restored(state, state.backup, rules)
    if rules.absents and _may_declare_absent(state, rules):
        rows = tuple(None if row is None else Row(PLANNED, 0, row.server) for row in state.rows)
        yield Step(NOBODY, "staff say that the jobs are not in Pace"), state._replace(rows=rows)


def _restored(state: State, backup: Backup, rules: Rules) -> State:
    for number in range(len(state.workers)):
        state = killed(state, number, rules)
    return state._replace(
        rows=backup.rows,
        plan=backup.plan,
        submitted=backup.submitted,
        server=backup.server,
        split=backup.split,
        backup=None,
        restored=True,
        stopped=rules.call + rules.quiet if rules.stopped_before_restore else 0,
    )


def _may_declare_absent(state: State, rules: Rules) -> bool:
    """Whether staff may say so, and are right: no job is there, and none is on its way from Pace's side."""
    rows = [row for row in state.rows if row is not None and (row.state != PLANNED or row.txn)]
    if not rows or state.holder != NOBODY or state.submitted or any(any(jobs) for jobs in state.jobs):
        return False
    if not rules.absent_only_after_quiet:
        return True
    return not any(row.quiet for row in rows) and all(txn.flight == OPEN for txn in state.txns)


def tick(state: State) -> State | None:
    """One tick later; None while Pace has to end a commit first, and when nothing depends on time."""
    if any(txn.flight == BEGUN and txn.left <= 1 for txn in state.txns):
        return None
    if state.stopped == 1:
        # Workers were kept stopped until what they had sent had surely ended.
        state = state._replace(txns=tuple(txn for txn in state.txns if txn.flight == OPEN))
    later = state._replace(
        rows=_rows_later(state.rows),
        workers=tuple(_worker_later(worker) for worker in state.workers),
        txns=tuple(
            txn._replace(left=txn.left - 1) if txn.flight != OPEN and txn.left else txn for txn in state.txns
        ),
        backup=state.backup and state.backup._replace(rows=_rows_later(state.backup.rows)),
        stopped=max(0, state.stopped - 1),
    )
    return None if later == state else later


def _rows_later(rows: tuple[Row | None, ...]) -> tuple[Row | None, ...]:
    return tuple(row._replace(quiet=row.quiet - 1) if row is not None and row.quiet else row for row in rows)


def _worker_later(worker: Worker) -> Worker:
    if worker.to_leave != CLOSED:
        return worker._replace(to_leave=worker.to_leave - 1)
    if worker.settling and worker.todo and any(row[5] for row in worker.todo):
        return worker._replace(todo=tuple((*row[:5], max(0, row[5] - 1)) for row in worker.todo))
    return worker
