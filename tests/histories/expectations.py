"""What must hold in every history: looked up in the sandbox Pace, not in the hub's own rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integrations.enums import AttemptOutcome, JobState, OrderStatus
from integrations.models import Order, OrderItem, PaceJob, StepAttempt
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from integrations.simulation.sandbox.pressero.records import SandboxOrder as PlacedOrder

# How the names of files begin that are added to an order after it was placed.
LATE = "late-"
NEW_BUYER, NEW_CUSTOMER = "casey@example.com", "DEMOUNI"


@dataclass
class Expectations:
    """The guarantee, as assertions."""

    pace: PaceSandbox
    shop: PresseroSandbox

    # --- at any moment ---

    def always(self) -> None:
        """At most one job per unit, approved items only, one customer and contact, however it looks meanwhile."""
        jobs = self.pace.objects("Job")
        for order in self.shop.store.orders.values():
            made = [job for job in jobs if self._is_of(job, order)]
            assert len(made) <= max(self._units(order, made)), f"order {order.number} has {len(made)} jobs"
            for job in made:
                quantities = self._quantities(job)
                assert quantities, f"job {job['job']} of order {order.number} has no parts"
                allowed = {item.quantity for item in order.items if not item.is_denied}
                pending = {item.quantity for item in order.items if item.is_pending}
                assert quantities <= allowed - pending, f"order {order.number}: {quantities} in Pace"
        descriptions = Counter((job["description"], job["customer"]) for job in jobs)
        assert max(descriptions.values(), default=1) == 1, f"the same job twice: {descriptions}"
        customers = self.pace.objects("Customer", id=NEW_CUSTOMER)
        contacts = [
            one for one in self.pace.objects("Contact") if one["email"] == NEW_BUYER and not one["shipTo"]
        ]
        assert len(customers) <= 1, f"the new customer {len(customers)} times"
        assert len(contacts) <= 1, f"the new contact {len(contacts)} times"

    # --- when faults have ended and time has passed ---

    def at_the_end(self) -> None:
        """Every order is in an end state, and what that state says is true of Pace and Pressero."""
        self.always()
        for order in self.shop.store.orders.values():
            row = Order.objects.filter(number=order.number).first()
            assert row is not None, f"order {order.number} was lost"
            self._ended(row, order)
        assert self.pace.open_transactions() == [], "a transaction is left open in Pace"
        unfinished = list(
            PaceJob.objects.exclude(state=JobState.DONE).values("order__number", "unit", "state")
        )
        assert unfinished == [], f"job units are left unfinished: {unfinished}"
        running = list(
            StepAttempt.objects.filter(outcome=AttemptOutcome.RUNNING).values("order__number", "step")
        )
        assert running == [], f"attempts of dead workers are still shown as running: {running}"

    def _ended(self, row: Order, order: PlacedOrder) -> None:
        state = f"order {order.number} ended as {row.status}: {row.message}"
        wanted = {item.quantity for item in order.items if not item.is_denied}
        jobs = [job for job in self.pace.objects("Job") if self._is_of(job, order)]
        assert row.lease_token is None, state
        if not wanted:
            assert row.status == OrderStatus.DENIED, state
            assert jobs == [], state
            return
        assert row.status in (OrderStatus.SUBMITTED, OrderStatus.COMPLETED), state
        assert row.message == "", state
        assert row.due_at is None or row.due_at > timezone.now(), state
        assert len(jobs) in self._units(order, jobs), f"{state}: {len(jobs)} jobs"
        assert set().union(*(self._quantities(job) for job in jobs)) == wanted, state
        for job in jobs:
            self._is_complete(job)
        known = set(PaceJob.objects.filter(order=row).values_list("number", flat=True))
        assert known == {job["job"] for job in jobs}, state
        for item in OrderItem.objects.filter(order=row):
            assert item.sent_job_number == item.job_number, f"{state}: item {item.seq} was not told"
        self._has_its_files(order, jobs)

    def _is_complete(self, job: dict[str, Any]) -> None:
        """Not half a job: contact, a shipment, and a carton that holds each part once."""
        number = job["job"]
        parts = sorted(part["jobPart"] for part in self.pace.objects("JobPart", job=number))
        packed = sorted(
            content["jobPart"] for content in self.pace.objects("CartonContent", jobPartJob=number)
        )
        assert parts == packed, f"job {number}: parts {parts}, packed {packed}"
        assert len(parts) == job["totalParts"]
        assert len(self.pace.objects("JobShipment", job=number)) == 1
        assert len(self.pace.objects("JobContact", job=number)) == 1

    def _has_its_files(self, order: PlacedOrder, jobs: list[dict[str, Any]]) -> None:
        numbers = {job["job"] for job in jobs}
        links = [link for link in self.pace.objects("JobPartContentFile") if link["job"] in numbers]
        names = {content["id"]: content["fileName"] for content in self.pace.objects("ContentFile")}
        found = Counter((link["job"], link["jobPart"], names[link["contentFile"]]) for link in links)
        assert max(found.values(), default=1) == 1, f"a file of order {order.number} twice: {found}"
        if self._is_split(order, jobs):
            return
        wanted = sum(len(item.files) for item in order.items if not item.is_denied)
        assert len(found) == wanted, f"order {order.number}: {len(found)} files of {wanted}"

    # --- reading ---

    def _units(self, order: PlacedOrder, jobs: list[dict[str, Any]]) -> range:
        """How many jobs the order may become, begun as it was: one, or one for each file.

        A file that came later is a job of its own only when it came before the first one was begun.
        """
        if not self._is_split(order, jobs):
            return range(1, 2)
        sent = [item for item in order.items if not item.is_denied]
        at_first = [[file for file in item.files if not file.name.startswith(LATE)] for item in sent]
        return range(
            sum(max(1, len(files)) for files in at_first), sum(max(1, len(item.files)) for item in sent) + 1
        )

    def _is_split(self, order: PlacedOrder, jobs: list[dict[str, Any]]) -> bool:
        """Whether the order was begun with a job for each file: settings may change before and after that."""
        return not any(job["description"] == f"{order.number} - {order.site.name}" for job in jobs)

    def _is_of(self, job: dict[str, Any], order: PlacedOrder) -> bool:
        return str(job["description"]).startswith(f"{order.number} - ")

    def _quantities(self, job: dict[str, Any]) -> set[int]:
        return {int(part["qtyOrdered"]) for part in self.pace.objects("JobPart", job=job["job"])}
