"""The steps of a worker, by the place where it stands: one transaction of the database or one call to Pace each."""

from __future__ import annotations

from tests.model.states import (
    AT_INTENT,
    CLOSED,
    COMMITTING,
    DONE,
    FIRST,
    NONE,
    PLANNED,
    SECOND,
    SENT,
    WHOLE,
    WITHOUT_ANSWER,
    WRITING,
    Next,
    Row,
    Rules,
    State,
    Step,
    Txn,
    Worker,
    broken_off,
    go_on,
    go_to,
    holds,
    ids_of,
    is_own,
    lost,
    put,
    rolled_back,
    row_of,
    txn_of,
    with_done,
    with_row,
    with_txn,
)


def may_claim(state: State, number: int, rules: Rules) -> bool:
    # The holder's lease may be over at any moment. Of a submitted order no job is written any more.
    return state.holder != number and not state.stopped and not (state.submitted and rules.done_is_final)


def claim(state: State, number: int) -> State:
    """The order is taken over and read: settings, rows, and the server at which it goes on (begun.server_of)."""
    own = state.server
    found = [(unit, row) for unit, row in enumerate(state.rows) if row is not None]
    todo = tuple(
        (unit, row.txn, row.quiet_by, int(row.state == COMMITTING), row.server, row.quiet)
        for unit, row in found
        if row.state != DONE and (row.txn or row.state == COMMITTING)
    )
    made = [row.server for _, row in found if row.state == DONE]
    servers = made or [row[4] for row in todo] or [own]
    worker = Worker(
        "settle", own, own if own in servers else servers[0], state.split, todo, settling=bool(todo)
    )
    return put(state._replace(holder=number), number, worker if todo else worker._replace(at="plan"))


def _settle(state: State, number: int, rules: Rules) -> Next:
    """In the database: the lease is held, the row is as it was read, the quiet period is over."""
    worker = state.workers[number]
    unit, txn, read, committing, server, quiet = worker.todo[0]
    if not holds(state, number, rules):
        yield Step(number, "settle", "lost"), lost(state, number)
        return
    row = state.rows[unit]
    changed = row is None or row.state == DONE or (row.txn, row.quiet_by) != (txn, read)
    if changed and rules.settle_compares:
        yield Step(number, "settle", "changed"), go_to(state, number, "release")
        return
    if quiet:
        yield Step(number, "settle", "quiet"), go_to(state, number, "release")
        return
    at = "settle_rollback" if rules.rollback_when_settling else "find" if committing else "undo"
    at = "undo" if at == "find" and not rules.look_when_settling else at
    known = worker._replace(at=at, unit=unit, txn=txn, read=read, committing=bool(committing), server=server)
    if not rules.settle_where_sent:
        known = known._replace(server=worker.own)
    yield Step(number, "settle"), put(state, number, known)


def _settle_rollback(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    after = "find" if worker.committing and rules.look_when_settling else "undo"
    closed = rolled_back(state, worker.txn, worker.server)
    yield Step(number, "settle_rollback"), go_to(closed, number, after)
    yield Step(number, "settle_rollback", "fails"), go_to(state, number, "release")
    if closed is not state:
        yield Step(number, "settle_rollback", "unanswered"), go_to(closed, number, "release")


def _find(state: State, number: int, rules: Rules) -> Next:
    """Pace is asked for the job, to settle an attempt or before one is written."""
    worker = state.workers[number]
    jobs = state.jobs[worker.server]
    mine = jobs[worker.unit]
    unexplained = any(
        jobs[other] and not _is_known(state, worker.server, other) for other in _others(worker.unit)
    )
    if mine > 1 or (unexplained and not mine and not worker.committing):
        at = "release"
    elif mine or unexplained:
        at = "adopt"
    else:
        at = "undo" if worker.settling else "start_transaction"
    name = "find" if worker.settling else "look"
    yield (
        Step(number, name, {"release": "asks staff", "adopt": "there"}.get(at, "")),
        go_to(state, number, at),
    )


def _others(unit: int) -> tuple[int, ...]:
    """Units whose jobs are no siblings of this one's."""
    return (FIRST, SECOND) if unit == WHOLE else (WHOLE,)


def _is_known(state: State, server: int, unit: int) -> bool:
    row = state.rows[unit]
    return row is not None and row.state == DONE and row.server == server


def _adopt(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    if not holds(state, number, rules):
        yield Step(number, "adopt", "lost"), lost(state, number)
    elif not is_own(state, worker, rules):
        yield Step(number, "adopt", "changed"), go_to(state, number, "release")
    else:
        yield Step(number, "adopt"), go_on(with_done(state, worker), number)


def _undo(state: State, number: int, rules: Rules) -> Next:
    """Nothing of the transaction is in Pace; a job that is settled so is planned anew."""
    worker = state.workers[number]
    if not holds(state, number, rules):
        yield Step(number, "undo", "lost"), lost(state, number)
    elif not is_own(state, worker, rules):
        yield Step(number, "undo", "changed"), go_to(state, number, "release")
    else:
        cleared = with_row(state, worker.unit, Row(PLANNED, 0, row_of(state, worker.unit).server))
        yield Step(number, "undo"), go_on(cleared, number)


def _plan(state: State, number: int, rules: Rules) -> Next:
    """The plan is stored; rows of units that the order no longer has go, when nothing of them can be in Pace."""
    worker = state.workers[number]
    if not holds(state, number, rules):
        yield Step(number, "plan", "lost"), lost(state, number)
        return
    made = tuple(unit for unit, row in enumerate(state.rows) if row is not None and row.state == DONE)
    units: tuple[int, ...] = (FIRST, SECOND) if worker.split else (WHOLE,)
    server = worker.own
    if made:
        if rules.units_fixed_once_begun:
            units = (WHOLE,) if WHOLE in (*made, *state.plan) else tuple(dict.fromkeys((*made, *state.plan)))
        if rules.go_on_where_begun:
            server = row_of(state, made[0]).server
    rows = tuple(
        None if row is not None and unit not in units and row.state == PLANNED and not row.txn else row
        for unit, row in enumerate(state.rows)
    )
    planned = Worker("row_for", server=server, todo=tuple((unit,) for unit in units))
    yield Step(number, "plan"), put(state._replace(rows=rows, plan=units), number, planned)


def _row_for(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    [unit] = worker.todo[0]
    if not holds(state, number, rules):
        yield Step(number, "row_for", "lost"), lost(state, number)
        return
    row = state.rows[unit]
    if row is not None and row.state == DONE and rules.done_is_final:
        yield Step(number, "row_for", "in Pace"), go_on(state, number)
    elif row is not None and (row.txn or row.state == COMMITTING):
        yield Step(number, "row_for", "changed"), go_to(state, number, "release")
    else:
        at = "find" if rules.look_before_write else "start_transaction"
        known = worker._replace(at=at, unit=unit, txn=0, read=NONE, committing=False)
        fresh = with_row(state, unit, Row(PLANNED, 0, worker.server))
        yield Step(number, "row_for"), put(fresh, number, known)


def _start_transaction(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    txn = Txn(1 + max(ids_of(state), default=0), worker.server, worker.unit)
    known = worker._replace(at="store_txn", txn=txn.id)
    yield (
        Step(number, "start_transaction"),
        put(state._replace(txns=(*state.txns, txn)), number, known),
    )


def _store_txn(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    row = state.rows[worker.unit]
    has_lease = holds(state, number, rules)
    as_read = row is not None and row.txn == 0 and (row.state != DONE or not rules.done_is_final)
    if not has_lease or not (as_read or not rules.change_only_own_txn):
        # Nothing of this worker's stands on the row: it closes what it has begun and stops.
        yield (
            Step(number, "store_txn", "lost"),
            put(state, number, worker._replace(at="roll_back", read=CLOSED)),
        )
        return
    written = Row(WRITING, worker.txn, worker.server)
    yield (
        Step(number, "store_txn"),
        put(with_row(state, worker.unit, written), number, worker._replace(at="write")),
    )


def _write(state: State, number: int, rules: Rules) -> Next:
    if txn_of(state, state.workers[number].txn) is not None:
        yield Step(number, "write"), go_to(state, number, "intent")
    yield Step(number, "write", "fails"), go_to(state, number, "roll_back")


def _intent(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    leaving = worker._replace(at="commit", to_leave=rules.to_leave)
    if not rules.intent_stored:
        yield Step(number, "intent"), put(state, number, leaving)
    elif (rules.lease_at_intent and not holds(state, number, rules)) or not is_own(state, worker, rules):
        yield Step(number, "intent", "lost"), go_to(state, number, "roll_back")
    else:
        quiet = rules.quiet_at_intent
        row = Row(COMMITTING, worker.txn, row_of(state, worker.unit).server, AT_INTENT, quiet)
        yield Step(number, "intent"), put(with_row(state, worker.unit, row), number, leaving)


def _commit(state: State, number: int, rules: Rules) -> Next:
    """The call leaves, unless the time for it is over or there is no connection: then it surely was not sent."""
    worker = state.workers[number]
    if worker.to_leave != CLOSED or not rules.commit_leaves_in_time:
        awaiting = worker._replace(at="answer", to_leave=CLOSED)
        txn = txn_of(state, worker.txn)
        if txn is None:
            yield Step(number, "commit"), put(state, number, awaiting._replace(answer="refused"))
        else:
            sent = with_txn(state, txn._replace(flight=SENT, left=rules.call + rules.quiet))
            yield Step(number, "commit"), put(sent, number, awaiting)
    yield Step(number, "commit", "not sent"), go_to(state, number, "roll_back")


def _answer(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    if worker.answer == "yes":
        yield Step(number, "answer", "yes"), go_to(state, number, "made")
    if worker.answer == "refused":
        yield Step(number, "answer", "refused"), go_to(state, number, "without_answer")
        return
    after = "without_answer" if rules.broken_is_unknown else "roll_back"
    yield Step(number, "answer", "none"), go_to(broken_off(state, worker.txn, rules), number, after)


def _made(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    if not holds(state, number, rules):
        yield Step(number, "made", "lost"), lost(state, number)
    elif not is_own(state, worker, rules):
        yield Step(number, "made", "changed"), go_to(state, number, "release")
    else:
        yield Step(number, "made"), go_on(with_done(state, worker), number)


def _without_answer(state: State, number: int, rules: Rules) -> Next:
    worker = state.workers[number]
    if not holds(state, number, rules):
        yield Step(number, "without_answer", "lost"), lost(state, number)
    elif not is_own(state, worker, rules):
        yield Step(number, "without_answer", "changed"), go_to(state, number, "release")
    else:
        quiet = rules.quiet if rules.quiet_period else 0
        row = row_of(state, worker.unit)
        if row.state == COMMITTING:
            row = row._replace(quiet_by=WITHOUT_ANSWER, quiet=quiet)
        yield Step(number, "without_answer"), go_to(with_row(state, worker.unit, row), number, "release")


def _roll_back(state: State, number: int, rules: Rules) -> Next:
    """The attempt has failed before its commit: closed in Pace, and on the row, as far as both can be reached."""
    worker = state.workers[number]
    stored = worker.read != CLOSED
    closed = rolled_back(state, worker.txn, worker.server)
    yield Step(number, "roll_back"), go_to(closed, number, "undo_own" if stored else "release")
    yield Step(number, "roll_back", "fails"), go_to(state, number, "keep_txn" if stored else "release")


def _undo_own(state: State, number: int, rules: Rules) -> Next:
    yield from _undone(state, number, rules, "undo_own", 0)


def _keep_txn(state: State, number: int, rules: Rules) -> Next:
    """A transaction that could not be rolled back stays on the row for the next attempt."""
    yield from _undone(state, number, rules, "keep_txn", state.workers[number].txn)


def _undone(state: State, number: int, rules: Rules, name: str, left: int) -> Next:
    worker = state.workers[number]
    if not holds(state, number, rules) or not is_own(state, worker, rules):
        yield Step(number, name, "lost"), go_to(state, number, "release")
    else:
        row = Row(PLANNED, left, row_of(state, worker.unit).server)
        yield Step(number, name), go_to(with_row(state, worker.unit, row), number, "release")


def _release(state: State, number: int, rules: Rules) -> Next:
    yield Step(number, "release"), lost(state, number)


def _submitted(state: State, number: int, rules: Rules) -> Next:
    if holds(state, number, rules):
        yield Step(number, "submitted"), lost(state._replace(submitted=True), number)
    else:
        yield Step(number, "submitted", "lost"), lost(state, number)


WORK = {
    "settle": _settle,
    "settle_rollback": _settle_rollback,
    "find": _find,
    "adopt": _adopt,
    "undo": _undo,
    "plan": _plan,
    "row_for": _row_for,
    "start_transaction": _start_transaction,
    "store_txn": _store_txn,
    "write": _write,
    "intent": _intent,
    "commit": _commit,
    "answer": _answer,
    "made": _made,
    "without_answer": _without_answer,
    "roll_back": _roll_back,
    "undo_own": _undo_own,
    "keep_txn": _keep_txn,
    "release": _release,
    "submitted": _submitted,
}
