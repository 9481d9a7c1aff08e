"""Shapes of the API's answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.core.audit import log as audit
from integrations.enums import JobState
from integrations.models import AuditEntry, Order


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as other programs see it; `jobs` are Pace job numbers, `message` says what is the matter."""

    storefront = serializers.CharField(source="storefront.name", read_only=True)
    jobs = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            "id",
            "number",
            "storefront",
            "status",
            "jobs",
            "message",
            "customer_name",
            "buyer_email",
            "po_number",
            "total",
            "placed_at",
            "received_at",
            "submitted_at",
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_jobs(self, order: Order) -> list[str]:
        return [job.number for job in order.jobs.all() if job.state == JobState.DONE]


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One line of an order's timeline."""

    sentence = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "type", "sentence", "actor", "correlation", "data")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_sentence(self, entry: AuditEntry) -> str:
        return audit.describe(entry).sentence


class DetailSerializer(serializers.Serializer[dict[str, Any]]):
    """A sentence that says what happened or what is wrong."""

    detail = serializers.CharField()


class EventReceiptSerializer(serializers.Serializer[dict[str, Any]]):
    """What the sender of a webhook is told."""

    event = serializers.IntegerField()
    duplicate = serializers.BooleanField()


class PreviewSerializer(serializers.Serializer[dict[str, Any]]):
    """The plan of now with its lineage; `sent_plan` is the one of then for a submitted order."""

    order = serializers.IntegerField()
    storefront = serializers.CharField()
    decision = serializers.CharField()
    plan = serializers.JSONField()
    sent_plan = serializers.JSONField(allow_null=True)


class HealthSerializer(serializers.Serializer[dict[str, Any]]):
    """`problems` is empty when all is well."""

    status = serializers.CharField()
    problems = serializers.ListField(child=serializers.CharField())


class MappingPageSerializer(serializers.Serializer[dict[str, Any]]):
    """Rows of one kind, each an object with its `id` and the columns of the kind."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())


class MappingChangesSerializer(serializers.Serializer[dict[str, Any]]):
    """Rows to create, or to change where the columns that make a row are those of an existing one."""

    rows = serializers.ListField(child=serializers.DictField())
    dry_run = serializers.BooleanField(default=False)


class MappingReportSerializer(serializers.Serializer[dict[str, Any]]):
    """What was done, or in a dry run would be done."""

    dry_run = serializers.BooleanField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    changes = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.DictField())


class MappingProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """Why a row was refused; `row` counts from 1 and is null for the rows as a whole."""

    row = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()


class MappingProblemsSerializer(serializers.Serializer[dict[str, Any]]):
    """Why nothing was changed."""

    detail = serializers.CharField()
    reasons = serializers.ListField(child=MappingProblemSerializer())
