"""Webhook events as they came: the raw text is never edited, what was read from it has its own columns."""

from django.db import models

from integrations.enums import EventVerdict
from integrations.models.connections import PresseroAccount
from integrations.models.storefronts import Storefront


class WebhookEvent(models.Model):
    """One delivery of Pressero, unique per account and MessageID."""

    account = models.ForeignKey(PresseroAccount, on_delete=models.PROTECT, related_name="events")
    message_id = models.CharField(
        "message ID", max_length=160, help_text="Pressero's MessageID; without one, the hash of the body."
    )
    body = models.TextField(help_text="The body exactly as it came.")
    body_sha256 = models.CharField(max_length=64)
    hash_scheme = models.CharField(max_length=24, blank=True, help_text="The signature scheme that matched.")
    remote_address = models.GenericIPAddressField(null=True, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    type_name = models.CharField("type", max_length=80, blank=True)
    type_number = models.IntegerField(null=True, blank=True)
    site_id = models.CharField("site ID", max_length=64, blank=True)
    order_number = models.BigIntegerField(null=True, blank=True)
    item_seq = models.IntegerField("item", null=True, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)

    verdict = models.CharField(max_length=20, choices=EventVerdict.choices)
    first_verdict = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        default="",
        editable=False,
        help_text="The verdict when it arrived, which stays when a storefront is set up for it later.",
    )
    detail = models.CharField(max_length=300, blank=True)
    repeats = models.PositiveIntegerField(default=0, help_text="How often the same message arrived again.")
    storefront = models.ForeignKey(
        Storefront, null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    order = models.ForeignKey(
        "integrations.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )

    # Where the trace of its order begins, and whether the order came to be by it, for who has just stored the event.
    trace_parent = ""
    made_order = False

    class Meta:
        verbose_name = "webhook event"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "message_id"], name="event_unique_message"),
        ]
        indexes = [
            models.Index(fields=["order", "id"], name="event_by_order"),
            models.Index(fields=["verdict", "-id"], name="event_by_verdict"),
            models.Index(fields=["type_name", "-id"], name="event_by_type"),
            models.Index(fields=["storefront", "-id"], name="event_by_storefront"),
            models.Index(fields=["order_number"], name="event_by_number"),
            models.Index(fields=["received_at"], name="event_by_received"),
            models.Index(fields=["repeats"], condition=models.Q(repeats__gt=0), name="event_repeated"),
            models.Index(
                fields=["account", "site_id"],
                condition=models.Q(verdict__in=[EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE]),
                name="event_without_storefront",
            ),
        ]
        permissions = [
            ("replay_webhookevent", "Can replay a webhook event"),
            ("export_webhookevent", "Can export webhook events"),
        ]

    def __str__(self) -> str:
        about = f" of order {self.order_number}" if self.order_number else ""
        return f"{self.type_name or 'Event'}{about}"
