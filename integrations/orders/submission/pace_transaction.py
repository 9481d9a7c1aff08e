"""One Pace transaction, from its start until its outcome is known.

For jobs, for customers and contacts, and for files that come later: each says how to write and how to verify, the care is
here. In the order in which it happens:

- the transaction's id is stored before the first write, so that whoever comes next can close it;
- the lease is renewed between the calls;
- that the commit is sent is stored in the database transaction that checks the lease, before the call leaves; it leaves
  soon after that, or not at all;
- a commit that was surely not sent is rolled back, and the next attempt starts over;
- any other failure of a commit, a refusal in words too, is verified in Pace after the quiet period, when the
  transaction has been closed there. What is not in Pace then is written again, or, refused in words, waits for a person.

The quiet period of a worker that is killed at its commit begins when the answer would have been given up.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import QuerySet

from integrations.causes import CauseKind
from integrations.clients.http.transport import moment_in
from integrations.clients.pace.client import PaceClient
from integrations.core.workqueue.leases import must_change
from integrations.errors import (
    HubError,
    LeaseLost,
    OutcomeUnknown,
    PermanentError,
    StateChanged,
    TransientError,
)
from integrations.models import ContactCreation, PaceJob
from integrations.orders.submission.context import SubmissionContext
from integrations.planning.calls import transaction_minutes

logger = logging.getLogger(__name__)

Made = TypeVar("Made")
Row = PaceJob | ContactCreation

_NOTHING_OPEN = {"txn": "", "sent_to": "", "quiet_until": None, "refusal": ""}


class PaceTransaction(ABC, Generic[Made]):
    """One write to Pace that happens exactly once. `row` carries its state; all changes of it are conditional on the
    lease and on the transaction that was read."""

    # The prefix of its timeline entries, and what else changes on the row with each state.
    trail: ClassVar[str]
    when_started: ClassVar[Mapping[str, Any]] = {}
    when_intended: ClassVar[Mapping[str, Any]] = {}
    when_undone: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, ctx: SubmissionContext, row: Row) -> None:
        self.ctx = ctx
        self.row = row

    # --- what each kind of write says ---

    @abstractmethod
    def rows(self) -> QuerySet[Any]:
        """The row, as long as this worker may change it."""

    @abstractmethod
    def write(self, txn: str) -> Made:
        """Make the calls in the transaction. Calls `ctx.renew_lease` between them; raises the clients' errors."""

    @abstractmethod
    def find(self) -> Mapping[str, Any] | None:
        """What to store on the row when Pace holds what was written; None when it does not.

        Raises PermanentError when that is for a person to say.
        """

    @abstractmethod
    def made(self, made: Made, now: datetime) -> Mapping[str, Any]:
        """What to store on the row when the commit was applied."""

    @abstractmethod
    def record_made(self, made: Made) -> None:
        """Record in the timeline what is in Pace now: in the database transaction that stores it."""

    @abstractmethod
    def unanswered(self, reason: str) -> str:
        """The sentence for staff about a commit without a usable answer. `reason`: what Pace said, "" when nothing."""

    def intended(self, made: Made) -> Mapping[str, Any]:
        """What else is stored with the intent to commit."""
        return self.when_intended

    def store_beside_intent(self, made: Made) -> None:
        """Store what else must outlast a lost answer, in the database transaction of the intent."""

    def data(self) -> dict[str, Any]:
        """What its timeline entries name."""
        return {}

    # --- the care ---

    @property
    def pace(self) -> PaceClient:
        """Pace where the transaction is or was, wherever the storefront's orders go by now."""
        return self.ctx.pace_at(self.row.server, self.row.sent_to)

    @property
    def is_open(self) -> bool:
        """Whether an attempt left something that has to be settled first."""
        return bool(self.row.txn) or self.is_committing

    @property
    def is_committing(self) -> bool:
        """Whether the commit may have been sent."""
        return self.row.quiet_until is not None

    def settle(self) -> None:
        """Find out what became of an earlier attempt, and close it.

        Raises OutcomeUnknown while its quiet period lasts, and PermanentError when Pace refused it in words and does not
        hold it.
        """
        if not self.is_open:
            return
        with self.ctx.lease.holding() as now:
            # As it is now: what was read before the lease was checked may be a predecessor's.
            must_change(self.rows().filter(txn=self.row.txn, quiet_until=self.row.quiet_until).count())
        if self.row.quiet_until is not None and now < self.row.quiet_until:
            raise OutcomeUnknown(self.unanswered(""), verify_at=self.row.quiet_until)
        if self.row.txn:
            # A commit that was never sent, or is still on its way, can no longer be applied after this.
            self.pace.rollback(self.row.txn)
        committing, refusal = self.is_committing, self.row.refusal
        if committing and self.adopt():
            return
        self._undo(self.row.txn)
        if committing:
            self.ctx.record(f"{self.trail}.not_found", self.data())
        if refusal:
            raise PermanentError(refusal, field=self.trail, cause=CauseKind.COMMIT_REFUSED.of())

    def adopt(self) -> bool:
        """Look for it in Pace; take it over when it is there."""
        columns = self.find()
        if columns is None:
            return False
        with self.ctx.lease.holding():
            self._must_change(self.row.txn, **{**_NOTHING_OPEN, **columns})
            self.ctx.record_with_state(f"{self.trail}.adopted", self.data())
        return True

    def make(self, calls: int) -> Made:
        """Write and commit. Every HubError leaves nothing in Pace but, perhaps, a commit that `settle` finds on the row."""
        server = self.row.server
        self.row.sent_to = server.url
        self.ctx.renew_lease()
        txn = self.pace.start_transaction(transaction_minutes(calls, server.max_calls_per_second))
        try:
            self._change("", txn=txn, sent_to=server.url, **self.when_started)
            self.ctx.record(f"{self.trail}.started", self.data())
            made = self.write(txn)
            # A limit of calls is waited for before the intent: the quiet period then begins with the call.
            self.pace.wait_for_turn()
            # Counted from before the intent: a worker that is frozen after it must not send the commit when the
            # quiet period is over. Pace may have begun it then, and no rollback stops it.
            by = moment_in(self.pace.time_to_leave)
            self._store_intent(txn, made)
        except BaseException as error:
            self._roll_back(txn)
            if isinstance(error, OutcomeUnknown):
                # Unknown inside a transaction that is rolled back (or times out) is only a failure: start over.
                raise TransientError(error.message, evidence=error.evidence, field=error.field) from error
            raise
        self._commit(txn, made, by)
        return made

    def _change(self, txn_was: str, **columns: Any) -> None:
        """Change the row while this worker holds the lease and the row stands as it was read. Raises LeaseLost, StateChanged."""
        with self.ctx.lease.holding():
            self._must_change(txn_was, **columns)

    def _must_change(self, txn_was: str, **columns: Any) -> None:
        must_change(self.rows().filter(txn=txn_was).update(**columns))
        for name, value in columns.items():
            setattr(self.row, name, value)

    def _store_intent(self, txn: str, made: Made) -> None:
        """The point of no return, as a committed row, and only while this worker still holds the order."""
        longest = self.pace.time_to_leave + self.pace.longest_call
        with self.ctx.lease.holding() as now:
            # The commit's answer may take its whole time: the lease has to outlast it.
            self.ctx.lease.renew(force=True)
            self._must_change(
                txn,
                intent_at=now,
                quiet_until=now + timedelta(seconds=longest + self.row.server.quiet_seconds),
                refusal="",
                **self.intended(made),
            )
            self.store_beside_intent(made)
            self.ctx.record_with_state(f"{self.trail}.commit_intended", self.data())

    def _commit(self, txn: str, made: Made, by: float) -> None:
        try:
            self.pace.commit(txn, in_turn=True, by=by)
        except TransientError as error:
            if not error.surely_not_sent:
                raise self._without_answer(txn, error) from error
            self._roll_back(txn)
            raise
        except HubError as error:
            # Even a plain refusal may come after Pace applied the commit: verify before believing it.
            raise self._without_answer(txn, error) from error
        with self.ctx.lease.holding() as now:
            self._must_change(txn, **{**_NOTHING_OPEN, **self.made(made, now)})
            self.record_made(made)

    def _without_answer(self, txn: str, error: HubError) -> OutcomeUnknown:
        refusal = error.message if isinstance(error, PermanentError) else ""
        with self.ctx.lease.holding() as now:
            verify_at = now + timedelta(seconds=self.row.server.quiet_seconds)
            self._must_change(txn, quiet_until=verify_at, refusal=refusal)
        self.ctx.record(
            f"{self.trail}.outcome_unknown", {**self.data(), "error": error.message, "look_at": verify_at}
        )
        return OutcomeUnknown(self.unanswered(error.message), verify_at=verify_at, evidence=error.evidence)

    def _roll_back(self, txn: str) -> None:
        """Best effort: what cannot be rolled back now keeps its id on the row for the next attempt.

        Without one it ends with Pace's own time-out, uncommitted.
        """
        try:
            self.pace.rollback(txn)
        except HubError as error:
            logger.warning(
                "Rolling back a Pace transaction failed; the next attempt does it again: %s", error
            )
            left = txn
        else:
            self.ctx.record(f"{self.trail}.rolled_back", self.data())
            left = ""
        try:
            self._undo(txn, left=left)
        except (LeaseLost, StateChanged):
            # The row is its successor's by now, or was never stored as it is here: who comes next closes what is on it.
            logger.warning("The row of a Pace transaction changed before it was rolled back.")

    def _undo(self, txn: str, *, left: str = "") -> None:
        """Nothing of the transaction is in Pace. `left`: one that is still to be rolled back."""
        where = {"sent_to": self.row.sent_to} if left else {}
        if self.row.txn == txn:
            self._change(
                txn, **{**_NOTHING_OPEN, "intent_at": None, "txn": left, **where, **self.when_undone}
            )
