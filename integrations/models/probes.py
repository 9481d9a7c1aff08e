"""Probes of servers and accounts: what was asked for, how far a worker is, and what it found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.connections import PaceServer, PresseroAccount
from integrations.models.leases import Leased
from integrations.stored import StoredProbeReport


class ProbeRun(Leased):
    """One probe of one Pace server or one Pressero account."""

    server = models.ForeignKey(
        PaceServer, null=True, blank=True, on_delete=models.CASCADE, related_name="probes"
    )
    account = models.ForeignKey(
        PresseroAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="probes"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    subject = models.CharField(
        max_length=60,
        blank=True,
        help_text="The customer it writes for, or the order it reads. Leave blank to let the hub choose.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    said: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="What it said it was about to do, in order."
    )
    problem = models.TextField(blank=True, help_text="Why there is no report.")
    held = models.BooleanField(
        null=True, blank=True, help_text="Whether everything that matters and was seen is so."
    )
    version = models.CharField("version of the system", max_length=60, blank=True)
    product_version = models.CharField("version of the hub", max_length=30, blank=True)
    report: models.JSONField[StoredProbeReport, StoredProbeReport] = models.JSONField(
        default=dict, blank=True
    )
    queued_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(server__isnull=True) ^ Q(account__isnull=True), name="probe_of_one_system"
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(finished_at__isnull=True), name="probe_unfinished"
            )
        ]

    def __str__(self) -> str:
        return f"Probe of {self.system}"

    @property
    def system(self) -> PaceServer | PresseroAccount:
        """The server or the account."""
        found = self.server or self.account
        assert found is not None  # noqa: S101 - a constraint of the table
        return found

    @property
    def is_running(self) -> bool:
        return self.finished_at is None
