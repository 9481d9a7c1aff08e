"""Creating a customer and contact that Pace does not know: once, however many orders of the buyer come together.

The right to create is held by one order's lease and ends with it. It is for one buyer; for all buyers of a customer only
while that customer itself is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from integrations.core.workqueue import orders
from integrations.errors import TransientError
from integrations.models import ContactCreation
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.submission.pace_transaction import PaceTransaction
from integrations.planning.calls import calls_of_customer
from integrations.planning.plan_types import Plan, PlannedCustomer

_RETRY_SOON = 3.0


@dataclass(frozen=True)
class CreatedCustomer:
    """The ids that Pace gave."""

    customer: str
    contact: int | None


class PlanAgain(Protocol):
    """Plans the order once more."""

    def __call__(self, created: CreatedCustomer | None = None) -> Plan: ...


class CustomerCreation(PaceTransaction[CreatedCustomer]):
    """The customer and contact of one plan. `plan` is the latest one; `plan_again` reads Pace afresh for it."""

    trail = "party"

    def __init__(
        self, ctx: SubmissionContext, row: ContactCreation, plan: Plan, plan_again: PlanAgain
    ) -> None:
        super().__init__(ctx, row)
        self.plan = plan
        self._plan_again = plan_again

    @property
    def party(self) -> PlannedCustomer:
        assert self.plan.party is not None  # noqa: S101 - narrows the type
        return self.plan.party

    def rows(self) -> QuerySet[ContactCreation]:
        return _of_this_lease(self.ctx, self.row.pk)

    def write(self, txn: str) -> CreatedCustomer:
        customer, contact = self.party.customer_id, self.party.contact_id
        if self.party.create_customer:
            fields = {name: planned.value for name, planned in self.party.create_customer.items()}
            customer = str(self.pace.create("Customer", fields, txn)["id"])
        if self.party.create_contact:
            self.ctx.renew_lease()
            fields = {name: planned.value for name, planned in self.party.create_contact.items()}
            contact = int(self.pace.create("Contact", {**fields, "customer": customer}, txn)["id"])
        return CreatedCustomer(customer, contact)

    def find(self) -> Mapping[str, Any] | None:
        self.plan_again()
        return None if has_to_create(self.plan.party) else {}

    def plan_again(self) -> Plan:
        """What another order, or a lost commit, has created meanwhile is found and used."""
        self.plan = self._plan_again()
        return self.plan

    def made(self, made: CreatedCustomer, now: datetime) -> Mapping[str, Any]:
        return {}

    def record_made(self, made: CreatedCustomer) -> None:
        if self.party.create_customer:
            self.ctx.record_with_state("party.created", {"what": "Customer", "id": made.customer})
        if self.party.create_contact:
            self.ctx.record_with_state(
                "party.created", {"what": "Contact", "id": made.contact, "customer": made.customer}
            )

    def unanswered(self, reason: str) -> str:
        said = f" ({reason})" if reason else ""
        return (
            f"Order {self.ctx.order.number}: Pace did not confirm the new customer or contact{said}. "
            f"The hub checks Pace before it creates it again."
        )


def ensure_customer(ctx: SubmissionContext, plan: Plan, plan_again: PlanAgain) -> Plan:
    """The plan with a customer and contact that exist in Pace, creating them when the plan says so.

    `plan_again` plans with what Pace holds by then, or with what was just created there.
    """
    while (party := plan.party) is not None and has_to_create(party):
        with _right(ctx, party.lock) as row:
            creation = CustomerCreation(ctx, row, plan, plan_again)
            creation.settle()
            plan = creation.plan_again()
            if plan.party is None or plan.party.lock != party.lock or not has_to_create(plan.party):
                continue
            return plan_again(creation.make(calls_of_customer(plan.party)))
    return plan


def has_to_create(party: PlannedCustomer | None) -> bool:
    """Whether the plan needs a customer or contact that Pace does not have."""
    return party is not None and bool(party.create_customer or party.create_contact)


@contextmanager
def _right(ctx: SubmissionContext, key: str) -> Iterator[ContactCreation]:
    """The right to create what `key` names, for one order at a time. Raises TransientError while another one has it."""
    created, _ = ContactCreation.objects.get_or_create(server=ctx.server, key=key[:300])
    with ctx.lease.holding():
        row = ContactCreation.objects.select_for_update().select_related("server").get(pk=created.pk)
        free = not orders.is_held(row.lease_token)
        if free:
            ContactCreation.objects.filter(pk=row.pk).update(lease_token=ctx.lease.token)
    if not free:
        ctx.record("party.waiting")
        raise TransientError(
            f"Order {ctx.order.number}: another order is creating the same customer or contact.",
            retry_after=_RETRY_SOON,
        )
    try:
        yield row
    finally:
        _of_this_lease(ctx, row.pk).update(lease_token=None)


def _of_this_lease(ctx: SubmissionContext, pk: int) -> QuerySet[ContactCreation]:
    return ContactCreation.objects.filter(pk=pk, lease_token=ctx.lease.token)
