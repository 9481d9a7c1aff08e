"""One try of one order: claim it, run the steps, and give it back in its new state.

The runner owns the life cycle (claim, attempts, audit, error routing); a step only does its work or raises.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from automationhub.lib import database
from automationhub.lib.crypto import CredentialsKeyError
from automationhub.lib.logs import logging_about
from integrations import audit
from integrations.clients.schemas import Order as PresseroOrder
from integrations.enums import AttemptOutcome, FailureMode, JobState, OrderStatus, Step
from integrations.errors import ConfigError, HubError, LeaseLost, OrderNotFound, TransientError
from integrations.models import Order, PaceJob, StepAttempt
from integrations.pipeline import changes, completion, inputs, late_files, retry, stages_seen, steps, submit
from integrations.pipeline.context import Context
from integrations.services import alerts, circuits, orders
from integrations.services.connections import clients_for
from integrations.services.orders import MAX_UNFINISHED_CLAIMS, Claim, Ending
from integrations.services.recorder import TryRecorder
from integrations.worker_identity import current_worker

logger = logging.getLogger(__name__)


def process(order_id: int) -> bool:
    """Work on an order if it is due and free. True when this call did; the outcome stands in the order's row."""
    held = orders.claim(order_id)
    if held is None:
        return False
    with logging_about(order=held.number, correlation=held.correlation):
        _work_on(held)
    return True


def _work_on(held: Claim) -> None:
    try:
        outcome = _run(held)
        # A claim that is not given back holds the order until its lease is over, so a database that is away for a
        # moment is waited for. After that time there is nothing left to give back.
        database.when_it_answers(lambda: _give_back(held, outcome), until=held.until)
    except LeaseLost:
        logger.warning("Order %s: another worker has taken it over and goes on with it.", held.number)


def _load(order_id: int, *, without: Sequence[str] = ()) -> Order:
    related = ("storefront__pace_server", "storefront__pressero_account")
    return Order.objects.select_related(*related).defer(*without).get(pk=order_id)


def _run(held: Claim) -> Ending | HubError:
    """How the try ended or failed, whatever happens short of the process being killed. Raises LeaseLost."""
    name = f"Order {held.number}"
    try:
        order = _load(held.order_id)
        recorder = TryRecorder(order, held.correlation, quiet=order.quiet_look)
        with recorder.bundling():
            return _try(held, order, recorder)
    except LeaseLost:
        raise
    except HubError as error:
        return error
    except CredentialsKeyError as error:
        return ConfigError(f"{name}: {error}", cause="credentials_key")
    except Exception as error:
        if database.is_away(error):
            logger.warning("%s: the database was not available: %s", name, error)
            return TransientError(f"{name}: the hub's database did not answer.", cause="database")
        logger.exception("%s stopped at a fault of the hub.", name)
        message = (
            f"{name} stopped at a fault of the hub ({type(error).__name__}: {error}). "
            f"Report it with this text; Retry tries again."
        )
        return HubError(message, cause=f"internal:{type(error).__name__}")


@transaction.atomic
def _give_back(held: Claim, outcome: Ending | HubError) -> None:
    """Tell what came of the try and give the order back, both or neither. Raises LeaseLost when another worker has it."""
    ending = _after_failure(held, outcome) if isinstance(outcome, HubError) else outcome
    if not orders.release(held, ending):
        raise LeaseLost("Another worker has taken this order over.")
    logger.info(
        "Order %s: %s. %s", held.number, ending.status.label, ending.message or "Nothing is the matter."
    )


def _try(held: Claim, order: Order, recorder: TryRecorder) -> Ending:
    """One try, when the order may be tried and both connections are open to it."""
    if order.unfinished_claims > MAX_UNFINISHED_CLAIMS:
        raise HubError(_poison_message(order), cause="worker:killed")
    storefront = order.storefront
    inputs.check_active(storefront)
    circuits.check_concurrency(storefront.pace_server, now=timezone.now())
    with circuits.entered(storefront.pace_server, storefront.pressero_account, recorder.last_trouble):
        pressero, pace = clients_for(storefront, recorder=recorder, correlation=held.correlation)
        ctx = Context(claim=held, order=order, pressero=pressero, pace=pace, recorder=recorder)
        ctx.record("order.claimed", {"attempt": held.attempt})
        return _work(ctx)


def _poison_message(order: Order) -> str:
    return (
        f"Order {order.number}: its worker ended without a word {order.unfinished_claims - 1} times in a row, so it is "
        f"not tried again by itself. Look at the worker's log, then press Retry."
    )


def _work(ctx: Context) -> Ending:
    if ctx.order.jobs.filter(state=JobState.COMMITTING).exists():
        with _step(ctx, Step.SUBMIT):
            submit.settle_open_commits(ctx)
    with _step(ctx, Step.FETCH):
        fetched = _fetch(ctx)
    if ctx.order.submitted_at is not None:
        return _finish(ctx, fetched)
    with _step(ctx, Step.DECIDE):
        if held := stages_seen.hold_if_cancelled(ctx, fetched):
            return held
        decision = steps.decide_order(ctx, fetched)
        if decision.kind == "nothing":
            raise TransientError(decision.reason, field="items")
    if not _anything_begun(ctx.order):
        if decision.kind == "wait":
            due_at = ctx.now() + steps.RECHECK_WAITING
            return Ending(OrderStatus.WAITING, message="", due_at=due_at)
        if decision.kind == "denied":
            ctx.record("order.denied")
            return Ending(OrderStatus.DENIED)
    if ctx.order.status != OrderStatus.PROCESSING:
        Order.objects.filter(pk=ctx.order.pk).update(status=OrderStatus.PROCESSING)
    with _step(ctx, Step.PLAN):
        plan = steps.plan_order(ctx, fetched)
    with _step(ctx, Step.SUBMIT):
        steps.submit_order(ctx, fetched, plan)
    return _finish(ctx, fetched)


def _fetch(ctx: Context) -> PresseroOrder:
    try:
        return steps.fetch(ctx)
    except OrderNotFound as error:
        raise OrderNotFound(
            f"Order {ctx.order.number} cannot be found in Pressero yet (its lists lag behind its events).",
            evidence=error.evidence,
            field="order",
            cause="pressero:order_not_found",
        ) from error


def _anything_begun(order: Order) -> bool:
    """Whether some job of a split order is in Pace already: then the rest follows, whatever was decided since."""
    return PaceJob.objects.filter(order=order, state=JobState.DONE).exists()


def _finish(ctx: Context, fetched: PresseroOrder) -> Ending:
    """After submission: note what changed since, add files that came later, tell Pressero the job numbers.

    A failure of these never touches the jobs."""
    changes.note_changes(ctx, fetched)
    stages_seen.alert_if_cancelled(ctx, fetched)
    with _step(ctx, Step.WRITE_BACK) as attempt:
        untold, unfiled = steps.write_back(ctx), _late_files(ctx, fetched)
        failure = untold or unfiled
        if failure is not None:
            attempt.outcome, attempt.failure_mode, attempt.message = (
                AttemptOutcome.RETRY, failure.failure_mode, failure.message,
            )  # fmt: skip
    completed = Order.objects.filter(pk=ctx.order.pk, status=OrderStatus.COMPLETED).exists()
    status = OrderStatus.COMPLETED if completed else OrderStatus.SUBMITTED
    if failure is None:
        return Ending(status, **completion.open_problem(ctx.order.pk))
    missing = "Pressero was not told their numbers" if untold else "not all its files were added"
    # A failure that the clock can mend sets the clock, also beside one that waits for a person.
    verdicts = [_verdict(ctx.claim, ctx.order, error) for error in (untold, unfiled) if error is not None]
    due = [verdict.due_at for verdict in verdicts if verdict.due_at is not None]
    return Ending(
        status,
        message=_naming(ctx.order, f"The jobs are in Pace, but {missing}: {failure.message}"),
        failure_mode=failure.failure_mode,
        cause=failure.cause or "after_submission",
        due_at=min(due) if due else None,
    )


def _late_files(ctx: Context, fetched: PresseroOrder) -> HubError | None:
    """Add files that came later; their failure, so that what Pace says about a file keeps nothing else back."""
    try:
        late_files.add_late_files(ctx, fetched)
    except LeaseLost:
        raise
    except HubError as error:
        return error
    return None


@contextmanager
def _step(ctx: Context, step: Step) -> Iterator[StepAttempt]:
    """Store the attempt before the work begins, and how it ended."""
    ctx.keep_claim()
    attempt = StepAttempt.objects.create(
        order_id=ctx.order.pk,
        step=step,
        attempt=ctx.claim.attempt,
        worker=current_worker(),
        started_at=ctx.now(),
    )
    try:
        yield attempt
    except Exception as error:
        mode = error.failure_mode if isinstance(error, HubError) else FailureMode.INTERNAL
        repeats = mode in (FailureMode.TRANSIENT, FailureMode.LOOK_FIRST)
        attempt.outcome = AttemptOutcome.RETRY if repeats else AttemptOutcome.STOPPED
        attempt.failure_mode = mode
        attempt.message = str(error)
        raise
    else:
        if attempt.outcome == AttemptOutcome.RUNNING:
            attempt.outcome = AttemptOutcome.DONE
    finally:
        if ctx.recorder.is_quiet and attempt.outcome == AttemptOutcome.DONE:
            attempt.delete()
        elif attempt.outcome != AttemptOutcome.RUNNING:
            attempt.finished_at = timezone.now()
            attempt.save(update_fields=["outcome", "failure_mode", "message", "finished_at"])


def _verdict(held: Claim, order: Order, error: HubError) -> retry.Verdict:
    return retry.after_failure(
        error,
        attempt=held.attempt,
        failing_since=order.failing_since,
        now=timezone.now(),
        retry_hours=order.storefront.pace_server.retry_hours,
        jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
    )


def _after_failure(held: Claim, error: HubError) -> Ending:
    order = _load(held.order_id, without=("fetched", "plan", "sent_payload"))
    verdict = _verdict(held, order, error)
    message = _naming(order, verdict.message)
    actor = f"worker {current_worker()}"
    data: dict[str, Any] = {"message": message, "mode": error.failure_mode, "field": error.field}
    if error.evidence is not None:
        data["evidence"] = error.evidence.as_data()
    # A step whose end could not be stored, because the database was away just then.
    order.step_attempts.filter(attempt=held.attempt, outcome=AttemptOutcome.RUNNING).update(
        outcome=AttemptOutcome.RETRY,
        failure_mode=error.failure_mode,
        message=message,
        finished_at=timezone.now(),
    )
    if verdict.due_at is None:
        audit.record("order.stopped", data, order=order, actor=actor, correlation=held.correlation)
        inputs.forget_kept()
        submitted = order.submitted_at is not None
        status = OrderStatus.SUBMITTED if submitted else OrderStatus.NEEDS_ATTENTION
        alerts.raise_alert(order, "needs_attention", message, cause=error.cause)
        return Ending(status, message, error.failure_mode, error.cause)
    seconds = max(0, round((verdict.due_at - timezone.now()).total_seconds()))
    data["when"] = f"in {seconds} seconds"
    waits = isinstance(error, circuits.Waits)
    if not waits or order.message != message:
        # An order that only waits says so once, not every few seconds.
        audit.record("order.retry_planned", data, order=order, actor=actor, correlation=held.correlation)
    current = Order.objects.only("status").get(pk=order.pk).status
    keep = current in (OrderStatus.SUBMITTED, OrderStatus.COMPLETED, OrderStatus.WAITING, OrderStatus.DENIED)
    status = OrderStatus(current) if keep else OrderStatus.PROCESSING
    return Ending(status, message, error.failure_mode, error.cause, verdict.due_at, tried=not waits)


def _naming(order: Order, message: str) -> str:
    """A refusal by Pace or Pressero does not know which order it was about; lists and alerts show it alone."""
    named = re.search(rf"\border {order.number}\b", message, re.IGNORECASE)
    return message if named else f"Order {order.number}: {message}"
