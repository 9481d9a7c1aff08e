"""Creating a customer and contact that Pace does not know: once, however many orders of the buyer come at once.

Works like a job's submission: a lease on a row names who may create; before the commit the row says since when an
answer may be missing; whoever comes next waits for the quiet period and looks again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q

from integrations.errors import HubError, OutcomeUnknown, PermanentError, TransientError
from integrations.models import ContactCreation
from integrations.pipeline.context import Context
from integrations.planning.plan_types import Plan, PlannedParty
from integrations.services.orders import LEASE

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
        ContactCreation.objects.filter(pk=row.pk, lease_token=row.lease_token).update(
            lease_token=None, lease_until=None
        )


def _has_to_create(party: PlannedParty | None) -> bool:
    return party is not None and bool(party.create_customer or party.create_contact)


def _take_right(ctx: Context, key: str) -> ContactCreation:
    now = ctx.now()
    row, _ = ContactCreation.objects.get_or_create(server=ctx.server, key=key[:300])
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    token = uuid.uuid4()
    if not ContactCreation.objects.filter(free, pk=row.pk).update(lease_token=token, lease_until=now + LEASE):
        ctx.record("party.waiting")
        raise TransientError(
            f"Order {ctx.order.number}: another order is creating the same customer or contact.",
            retry_after=_RETRY_SOON,
        )
    row.refresh_from_db()
    return row


def _settle(ctx: Context, row: ContactCreation) -> None:
    """An earlier commit without an answer: wait for the quiet period, then close its transaction."""
    if row.quiet_until is None:
        return
    if ctx.now() < row.quiet_until:
        raise OutcomeUnknown(
            f"Order {ctx.order.number}: Pace did not answer when a customer or contact was created; "
            f"it is looked for before anything is written again.",
            look_at=row.quiet_until,
        )
    if row.txn:
        ctx.pace.rollback(row.txn)
    ContactCreation.objects.filter(pk=row.pk).update(quiet_until=None, txn="")
    row.quiet_until = None


def _create(ctx: Context, row: ContactCreation, party: PlannedParty) -> None:
    ctx.keep_claim()
    txn = ctx.pace.start_transaction(_TRANSACTION_MINUTES)
    try:
        customer_id = party.customer_id
        if party.create_customer:
            fields = {name: planned.value for name, planned in party.create_customer.items()}
            customer_id = str(ctx.pace.create("Customer", fields, txn)["id"])
        contact_id = party.contact_id
        if party.create_contact:
            fields = {name: planned.value for name, planned in party.create_contact.items()}
            contact_id = int(ctx.pace.create("Contact", {**fields, "customer": customer_id}, txn)["id"])
        ctx.claim.renew(force=True)
        quiet_until = ctx.now() + timedelta(seconds=ctx.server.quiet_seconds)
        mine = ContactCreation.objects.filter(
            pk=row.pk, lease_token=row.lease_token, lease_until__gt=ctx.now()
        )
        if not mine.update(quiet_until=quiet_until, txn=txn, lease_until=ctx.now() + LEASE):
            raise TransientError(
                "Another order has taken over the creation of this contact.", retry_after=_RETRY_SOON
            )
    except BaseException as error:
        _roll_back(ctx, txn)
        if isinstance(error, OutcomeUnknown):
            raise TransientError(error.message, evidence=error.evidence) from error
        raise
    _commit(ctx, row, txn)
    if party.create_customer:
        ctx.record("party.created", {"what": "Customer", "id": customer_id})
    if party.create_contact:
        ctx.record("party.created", {"what": "Contact", "id": contact_id, "customer": customer_id})


def _commit(ctx: Context, row: ContactCreation, txn: str) -> None:
    try:
        ctx.pace.commit(txn)
    except HubError as error:
        look_at = ctx.now() + timedelta(seconds=ctx.server.quiet_seconds)
        ContactCreation.objects.filter(pk=row.pk).update(quiet_until=look_at)
        raise OutcomeUnknown(
            f"Order {ctx.order.number}: Pace did not confirm the new customer or contact ({error.message}); "
            f"it is looked for before anything is written again.",
            look_at=look_at,
            evidence=error.evidence,
        ) from error
    ContactCreation.objects.filter(pk=row.pk).update(quiet_until=None, txn="")


def _roll_back(ctx: Context, txn: str) -> None:
    try:
        ctx.pace.rollback(txn)
    except HubError as error:
        logger.warning("Rolling back a Pace transaction failed, Pace will time it out: %s", error)
