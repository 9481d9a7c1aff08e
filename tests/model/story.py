"""The steps of the model in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from tests.model.states import NOBODY, Step

_WORDS = {
    "claim": "claims the order",
    "settle": "holds the order and finds an open attempt",
    "settle quiet": "finds an open attempt whose quiet period is not over",
    "settle_rollback": "rolls its transaction back",
    "find": "looks for the job in Pace to settle the attempt: not there",
    "find there": "looks for the job in Pace to settle the attempt: there",
    "adopt": "stores that the job is in Pace",
    "undo": "stores that nothing of the attempt is in Pace",
    "plan": "stores the plan",
    "row_for": "stores the row of the job",
    "row_for in Pace": "sees that the job is in Pace",
    "look": "looks for the job in Pace before it is written: not there",
    "look there": "looks for the job in Pace before it is written: there",
    "start_transaction": "starts a transaction",
    "store_txn": "stores the transaction's id",
    "write": "writes the job in it",
    "write fails": "fails to write the job",
    "intent": "stores the intent to commit",
    "commit": "sends the commit",
    "commit not sent": "does not send the commit",
    "answer yes": "hears that it was applied",
    "answer none": "hears nothing: the connection breaks",
    "answer refused": "hears that Pace does not know the transaction",
    "made": "stores that the job is in Pace",
    "without_answer": "stores that there was no answer",
    "roll_back": "rolls the transaction back",
    "roll_back fails": "fails to roll the transaction back",
    "undo_own": "stores that nothing of it is in Pace",
    "keep_txn": "leaves the transaction on the row",
    "release": "gives the order back",
    "submitted": "stores that the order is submitted",
    "killed": "is killed",
}


def sentence(step: Step) -> str:
    """The step in words, without who takes it."""
    if step.worker == NOBODY:
        return step.name
    return _WORDS.get(f"{step.name} {step.how}".strip()) or f"{_WORDS[step.name]} ({step.how})"


def told(path: Iterable[Step]) -> Iterator[str]:
    """A way in sentences, one for each run of steps of one worker."""
    for worker, steps in groupby(path, key=lambda step: step.worker):
        parts = [sentence(step) for step in steps]
        if worker != NOBODY:
            yield f"Worker {'AB'[worker]} {', '.join(parts)}."
            continue
        for part, times in groupby(parts):
            count = len(list(times))
            yield f"{part[0].upper()}{part[1:]}{f' ({count} times)' if count > 1 else ''}."
