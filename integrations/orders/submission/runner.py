"""One try of one order: claim it, run the steps, and give it back in its new state.

The runner owns the life cycle (claim, attempts, audit, error routing); a step only does its work or raises.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from automationhub.lib import database, tracing
from automationhub.lib.logs import logging_about
from automationhub.lib.worker_identity import current_worker
from integrations.causes import CauseKind
from integrations.clients.schemas import PresseroOrder
from integrations.core import alerts, order_trace
from integrations.core.audit import log as audit
from integrations.core.audit.recorder import TryRecorder
from integrations.core.connections import cached_lists, circuits
from integrations.core.connections.clients import clients_for
from integrations.core.connections.shadow import begun, in_shadow
from integrations.core.workqueue import failures, orders, outbox
from integrations.core.workqueue.orders import MAX_UNFINISHED_LEASES, Ending, OrderLease
from integrations.core.workqueue.retry_policy import RetryVerdict
from integrations.enums import OrderStatus, Step
from integrations.errors import HubError, LeaseLost, OrderNotFound, PermanentError, TransientError
from integrations.models import Order, PaceServer
from integrations.orders.intake import identity
from integrations.orders.submission import (
    adoption,
    cancellations,
    changes,
    going_live,
    late_files,
    shadow,
    steps,
    submit,
)
from integrations.orders.submission.attempts import Attempts
from integrations.orders.submission.begun import is_begun, server_of
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.write_back import completion

logger = logging.getLogger(__name__)


def process(order_id: int) -> bool:
    """Work on an order if it is due and free. True when this call did; the outcome stands in the order's row."""
    started = tracing.now()
    held = orders.acquire_lease(order_id)
    if held is None:
        return False
    about = logging_about(order=held.number, correlation=held.correlation)
    with about, order_trace.attempt(held, started) as span:
        order_trace.ended(span, _work_on(held))
    return True


@dataclass
class Try:
    """One try of a claimed order, and what is stored of it in the transaction that gives the order back."""

    lease: OrderLease
    recorder: TryRecorder
    attempts: Attempts
    # What else is stored then, holding the lease.
    at_the_end: list[Callable[[], None]] = field(default_factory=list)

    def store(self, outcome: Ending | HubError) -> None:
        """Store what waits for the end of the try. Within `lease.holding`."""
        for write in self.at_the_end:
            write()
        self.attempts.end(outcome if isinstance(outcome, HubError) else None)
        self.recorder.flush()


def _begin(held: OrderLease) -> Try:
    recorder = TryRecorder(held.order_id, held.correlation, batched=True)
    return Try(held, recorder, Attempts(held, recorder))


def _work_on(held: OrderLease) -> Ending | None:
    """How the attempt ended; None when its lease was lost."""
    this = _begin(held)
    try:
        outcome = _run(this)
        # A claim that is not given back holds the order until its lease is over, so a database that is away for a
        # moment is waited for. After that time there is nothing left to give back.
        return database.when_it_answers(lambda: _give_back(this, outcome), until=held.until)
    except LeaseLost:
        logger.warning("Order %s: the lease is gone; the worker that has it now continues.", held.number)
        database.when_it_answers(lambda: _let_go(this), until=timezone.now() + orders.LEASE)
        return None
    finally:
        this.recorder.count_held()


def _let_go(this: Try) -> None:
    this.recorder.flush()
    orders.let_go(this.lease)


def _load(order_id: int, *, without: Sequence[str] = ()) -> Order:
    related = ("storefront__pace_server", "storefront__pressero_account")
    return Order.objects.select_related(*related).defer(*without).get(pk=order_id)


def _run(this: Try) -> Ending | HubError:
    """How the try ended or failed, whatever happens short of the process being killed. Raises LeaseLost."""
    held = this.lease
    try:
        order = _load(held.order_id)
        this.recorder.is_quiet = order.background_refresh
        return _try(this, order)
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        return failures.understood(error, f"Order {held.number}")


def _give_back(this: Try, outcome: Ending | HubError) -> Ending:
    """Tell what came of the try and give the order back, both or neither. Raises LeaseLost when another worker has it."""
    held = this.lease
    try:
        ending = _release(this, outcome)
    except Exception as error:
        if isinstance(error, LeaseLost) or database.is_away(error):
            raise
        # Whatever it is about what was to be told: an order that is not given back lies until its lease is over.
        logger.exception("Order %s: the outcome could not be stored.", held.number)
        bare = _begin(held)
        bare.attempts.step = this.attempts.step
        ending = _release(bare, failures.internal(error, f"Order {held.number}"))
    logger.info("Order %s: %s. %s", held.number, ending.status.label, ending.message or "No problem.")
    return ending


def _release(this: Try, outcome: Ending | HubError) -> Ending:
    held = this.lease
    with this.recorder.waiting_on(), held.holding(or_over=True):
        this.store(outcome)
        ending = _after_failure(held, outcome) if isinstance(outcome, HubError) else outcome
        orders.release(held, ending)
    return ending


def _try(this: Try, order: Order) -> Ending | HubError:
    """One try, when the order may be tried and both connections are open to it."""
    held, recorder = this.lease, this.recorder
    if order.unfinished_leases > MAX_UNFINISHED_LEASES:
        raise HubError(_poison_message(order), cause=CauseKind.WORKER_KILLED.of())
    storefront = order.storefront
    identity.take(held, order)
    if stays := going_live.switched_off(order):
        if stays.cause and stays.cause != order.cause:
            recorder.record("order.storefront_inactive", {"sentence": stays.message})
        return stays
    own = storefront.pace_server
    # An order that is begun waits for the server that has its jobs, and for no other.
    storefront.pace_server = server_of(order)
    circuits.check_concurrency(storefront.pace_server)
    with (
        circuits.guard_both(storefront.pace_server, storefront.pressero_account, recorder.last_trouble),
        ExitStack() as others,
    ):
        pressero, pace = clients_for(
            order, recorder=recorder, correlation=held.correlation, while_waiting=held.renew
        )
        ctx = SubmissionContext(
            lease=held,
            order=order,
            pressero=pressero,
            pace=pace,
            recorder=recorder,
            attempts=this.attempts,
            at_the_end=this.at_the_end,
            circuits=others,
        )
        ctx.record("order.claimed", {"attempt": held.attempt})
        return _work(ctx, own)


def _poison_message(order: Order) -> str:
    return f"Order {order.number}: the background worker stopped unexpectedly {order.unfinished_leases - 1} times in a row, so there are no more automatic retries. Check the worker's log, then select Retry."


def _work(ctx: SubmissionContext, own: PaceServer) -> Ending | HubError:
    """Work on the order; `own`: the server of its storefront, where it goes when nothing of it is in Pace."""
    if submit.unsettled(ctx.order).exists():
        with _step(ctx, Step.SUBMIT):
            submit.settle_jobs(ctx)
            if not is_begun(ctx.order):
                ctx.go_on_at(own)
    with _step(ctx, Step.FETCH):
        reading = _fetch(ctx)
    fetched = reading.order
    if ctx.order.submitted_at is not None:
        _store_reading(ctx, reading)
        return _finish(ctx, fetched)
    only_planned, kept = in_shadow(ctx.order), False
    if not only_planned and shadow.was_in_shadow(ctx.order) and not begun(ctx.order):
        _store_reading(ctx, reading)
        kept = True
        with _step(ctx, Step.DECIDE):
            adopted = adoption.adopt(ctx, fetched)
        if adopted:
            return _finish(ctx, fetched)
        with ctx.lease.holding():
            shadow.note_judged(ctx.order)
        if stays := going_live.stays_shadow(ctx, fetched):
            return stays
    # What was read, what follows from it, and that planning begins: nothing in here asks another system.
    with ctx.lease.holding() as now:
        if not kept:
            steps.store_reading(ctx, reading, now)
        if only_planned:
            shadow.note_entered(ctx.order, now)
        with tracing.span(f"step {Step.DECIDE}"):
            end = _decide(ctx, fetched)
        if end is None:
            if not only_planned:
                _note_processing(ctx)
            ctx.attempts.begin(Step.PLAN, now, passed=Step.DECIDE)
        else:
            ctx.attempts.begin(Step.DECIDE, now)
    if end is not None:
        return end
    if only_planned:
        with _step(ctx, Step.PLAN, begun=True):
            steps.plan_in_shadow(ctx, fetched)
        return Ending(OrderStatus.SHADOW)
    with _step(ctx, Step.PLAN, begun=True):
        plan = steps.plan_order(ctx, fetched)
    # It begins with the transaction that stores the plan.
    with _step(ctx, Step.SUBMIT, begun=True):
        steps.submit_order(ctx, fetched, plan)
    return _finish(ctx, fetched)


def _store_reading(ctx: SubmissionContext, reading: steps.Reading) -> None:
    with ctx.lease.holding() as now:
        steps.store_reading(ctx, reading, now)


def _decide(ctx: SubmissionContext, fetched: PresseroOrder) -> Ending | HubError | None:
    """What ends the try before anything is planned; None when the order goes on. Asks no other system."""
    if older := going_live.left_alone(ctx, fetched):
        return older
    try:
        if held := cancellations.hold_if_cancelled(ctx, fetched):
            return held
    except PermanentError as error:
        return error
    decision = steps.decide_order(ctx, fetched)
    if decision.kind == "nothing":
        return TransientError(decision.reason, field="items")
    if not is_begun(ctx.order):
        if decision.kind == "wait":
            due_at = ctx.now() + steps.RECHECK_WAITING
            return Ending(OrderStatus.WAITING, message="", due_at=due_at)
        if decision.kind == "denied":
            ctx.record("order.denied")
            return Ending(OrderStatus.DENIED)
    return None


def _note_processing(ctx: SubmissionContext) -> None:
    if ctx.order.status != OrderStatus.PROCESSING:
        ctx.lease.update(status=OrderStatus.PROCESSING)
        outbox.status_changed(ctx.order.pk, ctx.order.status, OrderStatus.PROCESSING)
        ctx.order.status = OrderStatus.PROCESSING


def _fetch(ctx: SubmissionContext) -> steps.Reading:
    try:
        return steps.fetch(ctx)
    except OrderNotFound as error:
        raise OrderNotFound(
            f"Order {ctx.order.number} cannot be found in Pressero yet (its lists lag behind its events).",
            evidence=error.evidence,
            field="order",
            cause=error.cause,
        ) from error


def _finish(ctx: SubmissionContext, fetched: PresseroOrder) -> Ending:
    """After submission: note what changed since, add files that came later, tell Pressero the job numbers.

    A failure of these never touches the jobs."""
    changes.note_changes(ctx, fetched)
    cancellations.alert_if_cancelled(ctx, fetched)
    # After the submission in this very try it has begun with the transaction that says so.
    with _step(ctx, Step.WRITE_BACK, begun=ctx.attempts.step == Step.WRITE_BACK):
        unsent, unfiled = steps.write_back(ctx), _late_files(ctx, fetched)
        failure = unsent or unfiled
        if failure is not None:
            ctx.attempts.fail(failure)
    completed = Order.objects.filter(pk=ctx.order.pk, status=OrderStatus.COMPLETED).exists()
    status = OrderStatus.COMPLETED if completed else OrderStatus.SUBMITTED
    if failure is None:
        return Ending(status, **completion.open_problem(ctx.order.pk))
    missing = "their numbers were not sent to Pressero" if unsent else "not all its files were added"
    # A failure that the clock can mend sets the clock, also beside one that waits for a person.
    verdicts = [_verdict(ctx.lease, ctx.order, error) for error in (unsent, unfiled) if error is not None]
    due = [verdict.due_at for verdict in verdicts if verdict.due_at is not None]
    return Ending(
        status,
        message=_naming(ctx.order, f"The jobs are in Pace, but {missing}: {failure.message}"),
        failure_mode=failure.failure_mode,
        cause=failure.cause or CauseKind.AFTER_SUBMISSION.of(),
        due_at=min(due) if due else None,
    )


def _late_files(ctx: SubmissionContext, fetched: PresseroOrder) -> HubError | None:
    """Add files that came later; their failure, so that what Pace says about a file keeps nothing else back."""
    try:
        late_files.add_late_files(ctx, fetched)
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        return failures.understood(error, f"Order {ctx.order.number}")
    return None


@contextmanager
def _step(ctx: SubmissionContext, step: Step, *, begun: bool = False) -> Iterator[None]:
    """Store the attempt before the work begins, unless a transaction does that anyway (`begun`)."""
    ctx.renew_lease()
    if not begun:
        with ctx.lease.holding() as now:
            ctx.attempts.begin(step, now)
    with tracing.span(f"step {step}"):
        yield


def _verdict(held: OrderLease, order: Order, error: HubError) -> RetryVerdict:
    return failures.decided(
        error,
        attempt=held.attempt,
        # A paused connection is nobody's failure: after Resume the order has its whole time again.
        failing_since=None if isinstance(error, circuits.NotFailing) else order.failing_since,
        retry_hours=order.storefront.pace_server.retry_hours,
    )


def _after_failure(held: OrderLease, error: HubError) -> Ending:
    order = _load(held.order_id, without=("fetched", "plan", "sent_payload"))
    verdict = _verdict(held, order, error)
    message = _naming(order, verdict.message)
    actor = f"worker {current_worker()}"
    data: dict[str, Any] = {"message": message, "mode": error.failure_mode, "field": error.field}
    if error.evidence is not None:
        data["evidence"] = error.evidence.as_data()
    if verdict.due_at is None:
        data["cause"] = error.cause.key
        audit.record("order.stopped", data, order=order, actor=actor, correlation=held.correlation)
        cached_lists.forget_cached()
        submitted = order.submitted_at is not None
        status = OrderStatus.SUBMITTED if submitted else OrderStatus.NEEDS_ATTENTION
        alerts.raise_alert(order, "needs_attention", message, cause=error.cause)
        return Ending(status, message, error.failure_mode, error.cause)
    seconds = max(0, round((verdict.due_at - timezone.now()).total_seconds()))
    data["when"] = f"in {seconds} seconds"
    waits = isinstance(error, circuits.CircuitOpen)
    if not waits or order.message != message:
        # An order that only waits says so once, not every few seconds.
        audit.record("order.retry_planned", data, order=order, actor=actor, correlation=held.correlation)
    current = Order.objects.only("status").get(pk=order.pk).status
    keep = current in (OrderStatus.WAITING, *going_live.FINISHED)
    status = OrderStatus(current) if keep else OrderStatus.PROCESSING
    return Ending(
        status,
        message,
        error.failure_mode,
        error.cause,
        verdict.due_at,
        tried=not waits,
        failing=not isinstance(error, circuits.NotFailing),
    )


def _naming(order: Order, message: str) -> str:
    """A refusal by Pace or Pressero does not know which order it was about; lists and alerts show it alone."""
    named = re.search(rf"\border {order.number}\b", message, re.IGNORECASE)
    return message if named else f"Order {order.number}: {message}"
