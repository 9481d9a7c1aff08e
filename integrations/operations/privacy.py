"""Taking people out of finished orders, and old texts out of webhooks. What accounting needs stays: numbers, amounts,
quantities, jobs, dates. Which data stands where: docs/privacy.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.core.search import index as search_index
from integrations.enums import OrderStatus
from integrations.models import (
    Alert,
    AuditEntry,
    BulkRetry,
    CauseCase,
    ContactCreation,
    EventDelivery,
    Order,
    OrderChange,
    OrderItem,
    OrderNote,
    OrderOverride,
    OutgoingCall,
    OutgoingEvent,
    PaceJob,
    PaceSnapshot,
    SavedView,
    ShadowComparison,
    ShadowDifference,
    StepAttempt,
    WebhookEvent,
)
from integrations.models.orders import CAUSE_KEY
from integrations.operations.metrics import totals
from integrations.stored import StoredFields, StoredJob, StoredPlan

REMOVED = '{"removed": "The text of this event is no longer stored."}'
_AT_ONCE = 500

# Entries that hold nothing but job numbers, amounts and the like.
_KEPT_ENTRIES = (
    "order.created", "order.submitted", "order.completed", "order.denied", "order.forgotten", "job.created", "job.adopted",
    "job.closed", "item.job_number_told",
)  # fmt: skip
# Fields of a plan that say nothing about a person.
_KEPT_FIELDS = {
    "amountToInvoice", "originalQuotedPrice", "quotedPrice", "freightAmt", "taxAmount1", "qtyOrdered", "quantity", "count",
    "job", "jobPart", "description", "customer", "poNum", "itemTemplate", "jobOrderType", "jobType", "adminStatus", "shipVia",
    "shipmentType", "planned", "promiseDateTime", "scheduledShipDateTime", "earliestStartDateTime", "dateTime",
}  # fmt: skip


@dataclass
class Forgotten:
    """What was done for one address: orders by number, other rows by count."""

    orders: list[int] = field(default_factory=list)
    left_alone: list[int] = field(default_factory=list)
    events: int = 0
    others: int = 0

    @property
    def sentences(self) -> list[str]:
        said = [
            f"{len(self.orders)} finished orders cleared of personal data{_listed(self.orders)}, {self.events} other events "
            f"emptied, {self.others} other rows removed."
        ]
        if self.left_alone:
            said.append(
                f"Orders that are not finished were skipped{_listed(self.left_alone)}. Run this again when they are."
            )
        return said


def _listed(numbers: list[int]) -> str:
    return f" ({', '.join(map(str, sorted(numbers)))})" if numbers else ""


def forget_contact(email: str, *, actor: str) -> Forgotten:
    """Remove what the hub knows of the person with this address from finished orders and events. May be repeated."""
    email = email.strip().lower()
    done = Forgotten()
    named = Q(buyer_email__iexact=email) | Q(fetched__icontains=email) | Q(sent_payload__icontains=email)
    for order in Order.objects.filter(named | Q(plan__icontains=email)).order_by("pk").only("pk", "number"):
        (done.orders if clear_order(order.pk, actor=actor) else done.left_alone).append(order.number)
    done.events = WebhookEvent.objects.filter(order__isnull=True, body__icontains=email).update(body=REMOVED)
    done.others = _remove_loose_rows(email)
    return done


def _remove_loose_rows(email: str) -> int:
    """What names the address and belongs to no order."""
    open_causes = Order.objects.filter(cause_subject__icontains=email).values(key=CAUSE_KEY)
    gone = [
        ContactCreation.objects.filter(key__icontains=email, lease_token__isnull=True, txn="").delete()[0],
        Alert.objects.filter(order__isnull=True, text__icontains=email).delete()[0],
        BulkRetry.objects.filter(title__icontains=email, finished_at__isnull=False).delete()[0],
        SavedView.objects.filter(query__icontains=quote(email, safe="")).delete()[0],
        CauseCase.objects.filter(cause__icontains=email).exclude(cause__in=open_causes).delete()[0],
        _purge(AuditEntry.objects.filter(order__isnull=True, data__icontains=email)),
    ]
    return sum(gone)


def clear_order(pk: int, *, actor: str) -> bool:
    """Remove all personal data of a finished order; False, and nothing done, when it is not finished."""
    with transaction.atomic():
        mine = Order.objects.select_for_update().filter(pk=pk, status__in=FINISHED, lease_token__isnull=True)
        order = mine.first()
        if order is None:
            return False
        Order.objects.filter(pk=pk).update(
            customer_name="", buyer_email="", message="", cause_kind="", cause_subject="", fetched=None, sent_payload=None,
            plan=without_people(order.plan),
        )  # fmt: skip
        OrderItem.objects.filter(order=pk).update(item_name="")
        PaceJob.objects.filter(order=pk).update(refusal="", files=None)
        StepAttempt.objects.filter(order=pk).update(message="")
        WebhookEvent.objects.filter(order=pk).update(body=REMOVED)
        ShadowComparison.objects.filter(order=pk).update(tables=[], problem="")
        ShadowDifference.objects.filter(comparison__order=pk).delete()
        for model in (OrderChange, OrderNote, OrderOverride, PaceSnapshot, Alert):
            model._default_manager.filter(order=pk).delete()
        _clear_events_sent(pk)
        _purge(AuditEntry.objects.filter(order=pk).exclude(type__in=_KEPT_ENTRIES))
        search_index.index_orders([pk])
        audit.record("order.forgotten", order=pk, actor=actor)
    return True


def _clear_events_sent(order_id: int) -> None:
    """What other systems are told of an order names nobody but in the message; events that wait are still sent."""
    events = list(OutgoingEvent.objects.filter(order=order_id))
    for event in events:
        for texts in (event.facts, event.data):
            if texts and "message" in texts:
                texts["message"] = ""
    OutgoingEvent.objects.bulk_update(events, ["facts", "data"])
    EventDelivery.objects.filter(order=order_id).update(answer="")


def _purge(entries: QuerySet[AuditEntry]) -> int:
    return _purge_entries(list(entries.values_list("pk", flat=True)))


def _purge_entries(ids: list[int]) -> int:
    if not ids:
        return 0
    with transaction.atomic():
        calls = OutgoingCall.objects.filter(pk__in=ids)
        totals.keep_count_of_calls(calls)
        calls.delete()
        return AuditEntry.objects.filter(pk__in=ids).purge()


def without_people(plan: StoredPlan | None) -> StoredPlan | None:
    """The stored plan with its jobs, parts, quantities, amounts and dates, and nothing else."""
    if plan is None:
        return None
    bare: StoredPlan = {
        "party": {"customer_id": (plan.get("party") or {}).get("customer_id", ""), "contact_id": None},
        "jobs": [_job(job) for job in plan.get("jobs", [])],
        "notes": [],
        "problems": [],
        "left_out": [],
        "reason": "",
    }
    for key in ("order_number", "storefront", "decision"):
        if key in plan:
            bare[key] = plan[key]
    return bare


def _job(job: StoredJob) -> StoredJob:
    bare: StoredJob = {
        "name": "",
        "fields": _fields(job.get("fields")),
        "contact": {},
        "parts": [
            {
                "number": part["number"],
                "item": part["item"],
                "fields": _fields(part.get("fields")),
                "files": [],
            }
            for part in job.get("parts", [])
        ],
        "shipments": [
            {
                "parts": shipment.get("parts", []),
                "fields": _fields(shipment.get("fields")),
                "carton": _fields(shipment.get("carton")),
                "contents": [
                    {"part": content.get("part", ""), "fields": _fields(content.get("fields"))}
                    for content in shipment.get("contents", [])
                ],
            }
            for shipment in job.get("shipments", [])
        ],
    }
    for key in ("unit", "description", "items"):
        if key in job:
            bare[key] = job[key]
    return bare


def _fields(fields: StoredFields | None) -> StoredFields:
    """Kept values; where each came from is told in words that may name people."""
    return {
        name: {
            **planned,
            "source": {"kind": planned["source"]["kind"], "detail": "", "mapping": "", "row_id": None},
        }
        for name, planned in (fields or {}).items()
        if name in _KEPT_FIELDS
    }


# --- by age ---------------------------------------------------------------------------------------------------------


def clear_old_orders(days: int, *, actor: str = "hub") -> int:
    """Clear finished orders that came more than `days` days ago; how many. 0 days: none."""
    if not days:
        return 0
    old = Order.objects.filter(status__in=FINISHED, received_at__lt=timezone.now() - timedelta(days=days))
    holding = (
        ~Q(buyer_email="") | ~Q(customer_name="") | Q(fetched__isnull=False) | Q(sent_payload__isnull=False)
    )
    return sum(clear_order(pk, actor=actor) for pk in _keys(old.filter(holding)))


def empty_old_events(days: int) -> int:
    """Take the texts of webhooks that came more than `days` days ago; how many. 0 days: none.

    Their rows stay, so that the same message is a duplicate for ever; those of unfinished orders stay whole.
    """
    if not days:
        return 0
    old = WebhookEvent.objects.filter(received_at__lt=timezone.now() - timedelta(days=days)).exclude(
        body=REMOVED
    )
    finished = Q(order__isnull=True) | Q(order__status__in=FINISHED)
    emptied = 0
    while ids := list(old.filter(finished).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        emptied += WebhookEvent.objects.filter(pk__in=ids).update(body=REMOVED)
    return emptied


def _keys(orders: QuerySet[Order]) -> Iterable[int]:
    return list(orders.order_by("pk").values_list("pk", flat=True))


# What is planned in shadow mode waits for nothing: the order is read afresh if its storefront goes live.
FINISHED = (OrderStatus.COMPLETED, OrderStatus.DENIED, OrderStatus.SHADOW)


_ENTRIES_AT_ONCE = 5_000


def purge_audit(days: int) -> int:
    """Remove the audit entries older than `days` of finished orders; how many there were.

    In slices, so that no other work waits for the whole of it.
    """
    before = timezone.now() - timedelta(days=days)
    old = AuditEntry.objects.filter(at__lt=before, order__status__in=FINISHED)
    removed = 0
    while ids := list(old.order_by("id").values_list("pk", flat=True)[:_ENTRIES_AT_ONCE]):
        removed += _purge_entries(ids)
    return removed
