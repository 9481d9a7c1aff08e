"""Orders, their items, the Pace jobs they became, and the trace of every attempt.

An order's row is also its place in the work queue: `due_at` says when a worker should look at it, the lease who
works on it. The task queue only carries "look at order 42" (core/workqueue/orders.py owns all changes of these columns).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat

from integrations.causes import LONGEST_KIND, LONGEST_SUBJECT, Cause, CauseKind
from integrations.enums import (
    AttemptOutcome,
    ChangeClosed,
    ChangeSource,
    FailureMode,
    JobState,
    OrderStatus,
    Step,
)
from integrations.models.connections import PaceServer, PresseroAccount
from integrations.models.leases import Leased
from integrations.models.storefronts import Storefront
from integrations.stored import StoredOrder, StoredPlan, StoredStatus


class Order(Leased):
    """One Pressero order, once for its subscription and number (`identity`), whichever account and storefront lead to it."""

    account = models.ForeignKey(PresseroAccount, on_delete=models.PROTECT, related_name="orders")
    storefront = models.ForeignKey(Storefront, on_delete=models.PROTECT, related_name="orders")
    number = models.BigIntegerField()
    identity = models.CharField(
        max_length=40,
        null=True,
        unique=True,
        editable=False,
        help_text="Pressero host, subscriber and number. Blank while another row has it.",
    )
    status = models.CharField(
        db_default="received", max_length=20, choices=OrderStatus.choices, default=OrderStatus.RECEIVED
    )
    message = models.TextField(blank=True, help_text="The problem; empty when there is none.")
    failure_mode = models.CharField(
        "action needed by", max_length=12, choices=FailureMode.choices, default=FailureMode.NONE, blank=True
    )
    cause_kind = models.CharField(
        "cause",
        max_length=LONGEST_KIND,
        choices=CauseKind.choices,
        blank=True,
        db_default="",
        default="",
        help_text="Groups equal failures of many orders.",
    )
    cause_subject = models.CharField(
        "what it is about",
        max_length=LONGEST_SUBJECT,
        blank=True,
        db_default="",
        default="",
        help_text="The item template, ship via, connection … that the cause is about.",
    )

    # --- the place in the work queue ---
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker should process it; blank: never."
    )
    queued_until = models.DateTimeField(
        null=True, blank=True, help_text="A wake-up message is on its way until then."
    )
    wake_count = models.PositiveIntegerField(
        default=0, help_text="Raised by everything that asks for processing."
    )
    background_refresh = models.BooleanField(
        default=False,
        help_text="Only a recurring check asked for processing; without changes it leaves no trace.",
        db_column="quiet_look",
    )
    attempts = models.PositiveIntegerField(
        default=0, help_text="Tries since the last success, counted before each."
    )
    unfinished_leases = models.PositiveSmallIntegerField(
        default=0,
        help_text="Claims that ended without a report from their worker.",
        db_column="unfinished_claims",
    )
    lease_series = models.PositiveIntegerField(
        db_default=0,
        default=0,
        help_text="Raised whenever the count of unfinished claims starts over: who wakes late knows whether it is in it.",
        db_column="claim_series",
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=200, blank=True)

    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="When it first needed a person; it stays when that is over."
    )

    trace_parent = models.CharField(
        max_length=60,
        blank=True,
        db_default="",
        default="",
        editable=False,
        help_text="Where its trace begins (W3C traceparent); empty while traces are off.",
    )

    # --- what was fetched and what was sent ---
    fetched: models.JSONField[StoredOrder | None, StoredOrder | None] = models.JSONField(
        null=True, blank=True, help_text="The order as read from Pressero; money as text."
    )
    fetched_at = models.DateTimeField(null=True, blank=True)
    plan: models.JSONField[StoredPlan | None, StoredPlan | None] = models.JSONField(
        null=True, blank=True, help_text="The plan that was sent to Pace, with its lineage."
    )
    sent_payload: models.JSONField[StoredOrder | None, StoredOrder | None] = models.JSONField(
        null=True,
        blank=True,
        help_text="The order as it was when its jobs were made; later readings are compared with it.",
    )
    released = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Staff released it or processed it again, so it is sent even if it is older than its storefront takes.",
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    seconds_to_job = models.FloatField(
        null=True, blank=True, help_text="From the webhook that let it be sent to its last job in Pace."
    )

    # --- for lists and search ---
    placed_at = models.DateTimeField(null=True, blank=True)
    customer_name = models.CharField(max_length=200, blank=True)
    buyer_email = models.CharField(max_length=254, blank=True)
    po_number = models.CharField("PO number", max_length=100, blank=True)
    total = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    pace_customer = models.CharField("Pace customer", max_length=50, blank=True)
    ship_by = models.DateField(
        "ship by",
        null=True,
        blank=True,
        help_text="Earliest ship date of its jobs as planned; before a plan is made, as requested in Pressero.",
    )
    ship_via = models.CharField(
        "ship via", max_length=20, blank=True, db_default="", default="", help_text="Id in Pace, as planned."
    )
    received_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="order_unique_number"),
            models.CheckConstraint(condition=Q(number__gt=0), name="order_number_positive"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="order_due"),
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="order_leased"),
            models.Index(fields=["lease_token"], condition=Q(lease_token__isnull=False), name="order_token"),
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["storefront", "-id"], name="order_by_storefront"),
            # Whole, not only where they are filled: SQLite uses no index of some rows for a value that is a parameter.
            models.Index(fields=["failure_mode", "-id"], name="order_by_who_must_act"),
            models.Index(fields=["cause_kind", "cause_subject", "status", "-id"], name="order_by_cause"),
            models.Index(fields=["number"], name="order_by_number"),
            models.Index(fields=["buyer_email"], name="order_by_email"),
            models.Index(fields=["ship_by", "-id"], name="order_by_ship_date"),
            # Holds all that counting orders per hour needs, so that no row is read for it.
            models.Index(fields=["received_at", "status", "stopped_at"], name="order_by_received"),
            models.Index(
                fields=["-submitted_at", "seconds_to_job"],
                condition=Q(seconds_to_job__isnull=False),
                name="order_by_seconds",
            ),
        ]
        permissions = [
            ("export_order", "Can export orders"),
            ("retry_order", "Can retry an order"),
            ("preview_order", "Can preview what an order becomes in Pace"),
            ("reprocess_order", "Can process an order again"),
            ("hold_order", "Can hold and release an order"),
            ("override_order", "Can change a value for one order only"),
            ("triage_order", "Can assign, snooze and comment on what needs attention"),
            ("support_order", "Can download a support bundle of an order"),
            ("resend_order", "Can resend the status of an order to Pressero"),
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"

    @property
    def cause(self) -> Cause:
        """What it has in common with other orders that stopped."""
        return Cause.stored(self.cause_kind, self.cause_subject)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and self.identity is None:
            self.identity = self.account.identity_of(self.number)
        super().save(*args, **kwargs)


# `Cause.key` of an order, in the database.
CAUSE_KEY = Case(
    When(cause_subject="", then=F("cause_kind")),
    default=Concat("cause_kind", Value(":"), "cause_subject"),
    output_field=models.CharField(),
)


class OrderItem(models.Model):
    """One item of an order as last read, and the job number that Pressero should show on it."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    seq = models.PositiveIntegerField("item")
    pressero_id = models.CharField(max_length=64, blank=True)
    product_name = models.CharField(max_length=300, blank=True)
    item_name = models.CharField(max_length=300, blank=True)
    quantity = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    is_approved = models.BooleanField("approved", default=False)
    is_denied = models.BooleanField("denied", default=False)
    stage_name = models.CharField("stage", max_length=120, blank=True)
    job_number = models.CharField(max_length=200, blank=True, help_text="The Pace job of this item.")
    sent_job_number = models.CharField(
        "sent to Pressero",
        max_length=200,
        blank=True,
        help_text="The job number last written to Pressero.",
        db_column="told_job_number",
    )

    class Meta:
        verbose_name = "order item"
        ordering = ["order", "seq"]
        constraints = [models.UniqueConstraint(fields=["order", "seq"], name="item_unique_seq")]

    def __str__(self) -> str:
        return f"Item {self.seq}: {self.product_name}"


class PaceWrite(models.Model):
    """What stands on a row about the Pace transaction that writes it (orders/submission/pace_transaction.py).

    `txn` is stored before the first write. `quiet_until` is stored before the commit call leaves: whoever finds it
    waits for that time, closes the transaction, and verifies in Pace before writing anything again.
    """

    txn = models.CharField("transaction", max_length=300, blank=True, db_default="")
    sent_to = models.CharField(
        "sent to",
        max_length=255,
        blank=True,
        db_default="",
        help_text="The address of Pace where the transaction was begun.",
    )
    intent_at = models.DateTimeField("commit sent at", null=True, blank=True)
    quiet_until = models.DateTimeField(null=True, blank=True)
    refusal = models.TextField(
        blank=True,
        db_default="",
        help_text="What Pace said when it refused the commit, until it is verified.",
    )

    class Meta:
        abstract = True


class PaceJob(PaceWrite):
    """One job unit of an order and how far its writing to Pace has come.

    `state` COMMITTING is stored before the commit call leaves, with `quiet_until`: whoever finds it afterwards looks
    in Pace before writing anything again.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="jobs")
    server = models.ForeignKey(PaceServer, on_delete=models.PROTECT, related_name="jobs")
    unit = models.CharField(max_length=40, help_text='"order", or item and file number in split mode.')
    description = models.CharField(max_length=255)
    customer = models.CharField(max_length=50)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.PLANNED)
    number = models.CharField("job", max_length=50, blank=True, help_text="Given by Pace.")
    total = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    adopted = models.BooleanField(default=False, help_text="Found in Pace after a lost answer.")
    files: models.JSONField[list[str] | None, list[str] | None] = models.JSONField(
        null=True, blank=True, help_text="Links of the files known to be in Pace; empty: Pace is asked first."
    )
    submitted_at = models.DateTimeField(null=True, blank=True)

    # --- watching it (orders/write_back/poll.py) ---
    pace_status = models.CharField("Pace status", max_length=64, blank=True, help_text="Id, as last read.")
    pace_status_name = models.CharField("status", max_length=200, blank=True)
    part_statuses: models.JSONField[dict[str, StoredStatus], dict[str, StoredStatus]] = models.JSONField(
        default=dict, blank=True, help_text='Of each part: {"01": {"id": "B", "name": "Bindery"}}.'
    )
    open_in_pace = models.BooleanField("open", default=True)
    synced_at = models.DateTimeField(
        "last sync", null=True, blank=True, help_text="When the last reading that counts was begun."
    )
    sync_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Pace or a user asked for a check; blank: the regular check follows anyway.",
    )
    gone_at = models.DateTimeField("deleted in Pace", null=True, blank=True)
    watch_ended_at = models.DateTimeField(
        null=True, blank=True, help_text="It is closed, and everything about it was sent to Pressero."
    )

    class Meta:
        verbose_name = "Pace job"
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "unit"], name="job_unique_unit"),
            models.UniqueConstraint(
                fields=["server", "number"], condition=~Q(number=""), name="job_unique_number"
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="job_by_number"),
            models.Index(
                fields=["server", "synced_at"],
                condition=Q(state=JobState.DONE, watch_ended_at__isnull=True),
                name="job_watched",
            ),
            models.Index(fields=["sync_due_at"], condition=Q(sync_due_at__isnull=False), name="job_sync_due"),
        ]
        permissions = [
            ("sync_pacejob", "Can have jobs synced with Pace now"),
            ("export_pacejob", "Can export jobs"),
        ]

    def __str__(self) -> str:
        return f"Job {self.number}" if self.number else f"Job of {self.description}"


class ContactCreation(PaceWrite):
    """The right to create one customer or contact in Pace: several orders of one new buyer make it once.

    The right is held by the claim of an order, and ends with it. `quiet_until` is set before the commit that creates
    it: whoever takes over waits and looks again.
    """

    server = models.ForeignKey(PaceServer, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=300)
    lease_token = models.UUIDField("held by the claim", null=True, blank=True)

    class Meta:
        verbose_name = "contact creation"
        constraints = [models.UniqueConstraint(fields=["server", "key"], name="contact_creation_unique_key")]

    def __str__(self) -> str:
        return self.key


class OrderChange(models.Model):
    """A difference between an order as sent and as Pressero or Pace shows it now (core/order_changes.py)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="changes")
    item = models.PositiveIntegerField(null=True, blank=True)
    field = models.CharField(max_length=80)
    source = models.CharField(
        "found in",
        max_length=10,
        choices=ChangeSource.choices,
        default=ChangeSource.PRESSERO,
        db_default=ChangeSource.PRESSERO.value,
    )
    before = models.TextField("as sent", blank=True)
    after = models.TextField("now", blank=True)
    found_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=200, blank=True)
    closed_by = models.CharField(
        max_length=16, choices=ChangeClosed.choices, blank=True, default=ChangeClosed.OPEN, db_default=""
    )
    pace_job = models.CharField(max_length=50, blank=True, db_default="", default="")
    pace_value = models.CharField(
        max_length=500, blank=True, db_default="", default="", help_text="As Pace was last read to hold it."
    )
    pace_read_at = models.DateTimeField(null=True, blank=True)
    check_by = models.CharField(
        max_length=200, blank=True, db_default="", default="", help_text="Who said that Pace was corrected."
    )

    class Meta:
        verbose_name = "change after submission"
        verbose_name_plural = "changes after submission"
        ordering = ["order", "item", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "item", "field"], name="change_unique_field", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["order", "field"], name="change_unique_order_field", condition=Q(item__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["-found_at"], condition=Q(handled_at__isnull=True), name="change_open"),
        ]

    def __str__(self) -> str:
        where = f"Item {self.item}, {self.field}" if self.item is not None else self.field.capitalize()
        return f"{where}: {self.before or 'empty'} → {self.after or 'empty'}"


class StepAttempt(models.Model):
    """One try of one step, stored before the work begins: a killed worker leaves a trace."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="step_attempts")
    step = models.CharField(max_length=12, choices=Step.choices)
    attempt = models.PositiveIntegerField()
    worker = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=AttemptOutcome.choices, default=AttemptOutcome.RUNNING)
    failure_mode = models.CharField(
        max_length=12, choices=FailureMode.choices, default=FailureMode.NONE, blank=True
    )
    message = models.TextField(blank=True)

    class Meta:
        verbose_name = "step attempt"
        ordering = ["order", "id"]
        indexes = [models.Index(fields=["order", "id"], name="attempt_by_order")]

    def __str__(self) -> str:
        return f"{self.get_step_display()}, try {self.attempt}"
