"""Calls to Pressero and Pace in columns of their own, so that the slow and the failed ones are found among millions."""

from django.db import models

from integrations.enums import CallOutcome
from integrations.models.audit import AuditEntry
from integrations.models.orders import Order


class OutgoingCall(models.Model):
    """What is asked about many calls at once. Request and response stand in the audit entry that it belongs to."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.CASCADE, primary_key=True, related_name="call")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    system = models.CharField(max_length=20)
    connection = models.CharField(
        max_length=130, blank=True, help_text="Which server or account it went to, by name."
    )
    method = models.CharField(max_length=10, blank=True)
    what = models.CharField("call", max_length=200)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status of the answer.")
    outcome = models.CharField(max_length=10, choices=CallOutcome.choices)
    milliseconds = models.PositiveIntegerField("duration", help_text="From sending to the end of the answer.")

    class Meta:
        verbose_name = "outgoing call"
        permissions = [("export_outgoingcall", "Can export outgoing calls")]
        ordering = ["-milliseconds", "-entry"]
        indexes = [
            models.Index(fields=["-milliseconds", "-entry"], name="call_slowest"),
            models.Index(fields=["system", "-milliseconds", "-entry"], name="call_slowest_of_system"),
            models.Index(fields=["outcome", "-milliseconds", "-entry"], name="call_slowest_of_outcome"),
            models.Index(fields=["outcome", "-entry"], name="call_newest_of_outcome"),
            models.Index(fields=["at"], name="call_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.what}"
