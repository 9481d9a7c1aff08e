"""Creating a customer and contact that Pace does not know: once, however many orders of the buyer come at once.

Works like a job's submission: a row names the claim that may create, for as long as that claim lasts; before the commit
it says since when an answer may be missing; whoever comes next waits for the quiet period and looks again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from integrations.errors import HubError, OutcomeUnknown, PermanentError, TransientError
from integrations.models import ContactCreation
from integrations.pipeline.context import Context
from integrations.planning.plan_types import Plan, PlannedParty
from integrations.services import orders

logger = logging.getLogger(__name__)

_RETRY_SOON = 3.0
_TRANSACTION_MINUTES = 5


def ensure_party(ctx: Context, plan: Plan, plan_again: Callable[[], Plan]) -> Plan:
    """The plan with a customer and contact that exist in Pace, creating them when the plan says so.

    `plan_again` reads Pace afresh: what another order has created meanwhile is found and used.
    """
    if not _has_to_create(plan.party):
        return plan
    assert plan.party is not None  # noqa: S101 - narrows the type
    row = _take_right(ctx, plan.party.lock)
    try:
        _settle(ctx, row)
        plan = plan_again()
        if plan.problems or not _has_to_create(plan.party):
            return plan
        assert plan.party is not None  # noqa: S101
        _create(ctx, row, plan.party)
        plan = plan_again()
        if _has_to_create(plan.party):
            raise PermanentError(
                f"Order {ctx.order.number}: Pace took the new customer or contact but does not show it. "
                f"Look at it in Pace, then press Retry.",
                field="contact",
                cause="pace:contact_invisible",
            )
        return plan
    finally:
        _mine(ctx, row).update(lease_token=None)


def _has_to_create(party: PlannedParty | None) -> bool:
    return party is not None and bool(party.create_customer or party.create_contact)


def _take_right(ctx: Context, key: str) -> ContactCreation:
    created, _ = ContactCreation.objects.get_or_create(server=ctx.server, key=key[:300])
    with transaction.atomic():
        row = ContactCreation.objects.select_for_update().get(pk=created.pk)
        if not orders.is_held(row.lease_token, now=ctx.now()):
            row.lease_token = ctx.claim.token
            row.save(update_fields=["lease_token"])
            return row
    ctx.record("party.waiting")
    raise TransientError(
        f"Order {ctx.order.number}: another order is creating the same customer or contact.",
        retry_after=_RETRY_SOON,
    )


def _mine(ctx: Context, row: ContactCreation) -> QuerySet[ContactCreation]:
    """The row, while the right to it is this claim's."""
    return ContactCreation.objects.filter(pk=row.pk, lease_token=ctx.claim.token)


def _settle(ctx: Context, row: ContactCreation) -> None:
    """An earlier creation that nobody finished: wait for the quiet period of its commit, then close its transaction."""
    if row.quiet_until is not None and ctx.now() < row.quiet_until:
        raise OutcomeUnknown(
            f"Order {ctx.order.number}: Pace did not answer when a customer or contact was created; "
            f"it is looked for before anything is written again.",
            look_at=row.quiet_until,
        )
    if row.txn:
        ctx.pace.rollback(row.txn)
        _forget(row, row.txn)


def _forget(row: ContactCreation, txn: str) -> None:
    # Only that very transaction: a worker that wakes up late must not undo what its successor has begun.
    ContactCreation.objects.filter(pk=row.pk, txn=txn).update(quiet_until=None, txn="")


def _create(ctx: Context, row: ContactCreation, party: PlannedParty) -> None:
    ctx.keep_claim()
    txn = ctx.pace.start_transaction(_TRANSACTION_MINUTES)
    try:
        _hold(ctx, row, txn=txn)
        customer_id = party.customer_id
        if party.create_customer:
            fields = {name: planned.value for name, planned in party.create_customer.items()}
            customer_id = str(ctx.pace.create("Customer", fields, txn)["id"])
        contact_id = party.contact_id
        if party.create_contact:
            fields = {name: planned.value for name, planned in party.create_contact.items()}
            contact_id = int(ctx.pace.create("Contact", {**fields, "customer": customer_id}, txn)["id"])
        ctx.claim.renew(force=True)
        ctx.recorder.flush()
        _hold(ctx, row, quiet_until=ctx.commit_settles_at())
    except BaseException as error:
        _roll_back(ctx, row, txn)
        if isinstance(error, OutcomeUnknown):
            raise TransientError(error.message, evidence=error.evidence) from error
        raise
    _commit(ctx, row, txn)
    if party.create_customer:
        ctx.record("party.created", {"what": "Customer", "id": customer_id})
    if party.create_contact:
        ctx.record("party.created", {"what": "Contact", "id": contact_id, "customer": customer_id})


def _hold(ctx: Context, row: ContactCreation, **changes: Any) -> None:
    """Note how far the creation has come, while it is still this claim's."""
    if not _mine(ctx, row).update(**changes):
        raise TransientError(
            f"Order {ctx.order.number}: another order has taken over the creation of this customer or contact.",
            retry_after=_RETRY_SOON,
        )


def _commit(ctx: Context, row: ContactCreation, txn: str) -> None:
    try:
        ctx.pace.commit(txn)
    except HubError as error:
        look_at = ctx.now() + timedelta(seconds=ctx.server.quiet_seconds)
        ContactCreation.objects.filter(pk=row.pk, txn=txn).update(quiet_until=look_at)
        raise OutcomeUnknown(
            f"Order {ctx.order.number}: Pace did not confirm the new customer or contact ({error.message}); "
            f"it is looked for before anything is written again.",
            look_at=look_at,
            evidence=error.evidence,
        ) from error
    _forget(row, txn)


def _roll_back(ctx: Context, row: ContactCreation, txn: str) -> None:
    try:
        ctx.pace.rollback(txn)
    except HubError as error:
        # Its id stays on the row: the next try does it again.
        logger.warning("Rolling back a Pace transaction failed; the next try does it again: %s", error)
    else:
        _forget(row, txn)
