"""The product without one of its rules, as the variants of the model are: for showing that their ways are the code's ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from automationhub.lib import database_clock
from integrations.clients.http import transport
from integrations.clients.http.classifier import Trouble
from integrations.clients.pace.client import PaceClient
from integrations.core.workqueue.leases import Lease
from integrations.enums import JobState
from integrations.models import PaceJob, PaceServer, Storefront
from integrations.operations import absent_jobs
from integrations.orders.submission import runner, steps, submit
from integrations.orders.submission.pace_transaction import PaceTransaction
from integrations.orders.submission.submit import JobSubmission
from tests.model.replay import Replay

Break = Callable[[pytest.MonkeyPatch, Replay], None]


@contextmanager
def _any_holding(*args: object, **state: object) -> Iterator[datetime]:
    with transaction.atomic():
        yield database_clock.now()


def _lease_at_intent(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    real = PaceTransaction._store_intent

    def store(self: PaceTransaction[Any], txn: str, made: Any) -> None:
        lease = self.ctx.lease
        lease.holding, lease.renew = _any_holding, lambda **options: None  # type: ignore[assignment, method-assign]
        real(self, txn, made)
        del lease.holding, lease.renew

    patch.setattr(PaceTransaction, "_store_intent", store)


def _lease_elsewhere(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    holding, renew, real = Lease.holding, Lease.renew, PaceTransaction._store_intent

    def store(self: PaceTransaction[Any], txn: str, made: Any) -> None:
        lease = self.ctx.lease
        lease.holding = lambda **state: holding(lease, **state)  # type: ignore[method-assign]
        lease.renew = lambda **options: renew(lease, **options)  # type: ignore[method-assign]
        real(self, txn, made)
        del lease.holding, lease.renew

    patch.setattr(Lease, "holding", _any_holding)
    patch.setattr(Lease, "renew", lambda self, **options: None)
    patch.setattr(PaceTransaction, "_store_intent", store)


def _change_only_own_txn(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    def change(self: PaceTransaction[Any], txn_was: str, **columns: Any) -> None:
        type(self.row)._default_manager.filter(pk=self.row.pk).update(**columns)
        for name, value in columns.items():
            setattr(self.row, name, value)

    patch.setattr(PaceTransaction, "_must_change", change)


def _intent_stored(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(PaceTransaction, "_store_intent", lambda self, txn, made: None)


def _quiet_period(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    PaceServer.objects.update(quiet_seconds=0)
    _quiet_counts_the_call(patch, replay)


def _quiet_counts_the_call(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(PaceClient, "longest_call", property(lambda self: -self.time_to_leave))


def _commit_leaves_in_time(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(transport, "is_too_late", lambda: False)


def _broken_is_unknown(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    replay.no_answer = Trouble.NOT_CONNECTED


def _rollback_when_settling(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(PaceClient, "rollback", lambda self, txn: True)


def _absent_only_after_quiet(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(absent_jobs, "database_now", lambda: datetime(9999, 1, 1, tzinfo=UTC))


def _look_when_settling(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    real = PaceTransaction.adopt
    patch.setattr(JobSubmission, "adopt", lambda self: not self.row.txn and real(self))


def _look_before_write(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    real = PaceTransaction.adopt
    patch.setattr(JobSubmission, "adopt", lambda self: bool(self.row.txn) and real(self))


def _settle_where_sent(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    def at_the_storefronts(self: PaceTransaction[Any]) -> PaceClient:
        return self.ctx.pace_at(Storefront.objects.get(pk=self.ctx.order.storefront_id).pace_server)

    patch.setattr(PaceTransaction, "pace", property(at_the_storefronts))


def _go_on_where_begun(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(runner, "server_of", lambda order: order.storefront.pace_server)


def _units_fixed_once_begun(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    patch.setattr(steps, "begun_units", lambda order: ())


def _done_is_final(patch: pytest.MonkeyPatch, replay: Replay) -> None:
    real = submit._row_for

    def row_for(ctx: Any, planned: Any) -> PaceJob:
        PaceJob.objects.filter(order=ctx.order, state=JobState.DONE).update(state=JobState.PLANNED)
        return real(ctx, planned)

    patch.setattr(submit, "_row_for", row_for)


WITHOUT: dict[str, Break] = {
    "lease_at_intent": _lease_at_intent,
    "lease_elsewhere": _lease_elsewhere,
    "change_only_own_txn": _change_only_own_txn,
    "intent_stored": _intent_stored,
    "quiet_period": _quiet_period,
    "quiet_counts_the_call": _quiet_counts_the_call,
    "commit_leaves_in_time": _commit_leaves_in_time,
    "broken_is_unknown": _broken_is_unknown,
    "rollback_when_settling": _rollback_when_settling,
    "absent_only_after_quiet": _absent_only_after_quiet,
    "look_when_settling": _look_when_settling,
    "look_before_write": _look_before_write,
    "settle_where_sent": _settle_where_sent,
    "go_on_where_begun": _go_on_where_begun,
    "units_fixed_once_begun": _units_fixed_once_begun,
    "done_is_final": _done_is_final,
}
# Without this one a step is left out, so that nobody stops before it.
LEAVE_OUT_A_STEP = frozenset({"rollback_when_settling"})
