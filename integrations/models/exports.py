"""Lists on their way into a CSV file. The file is kept here, in pieces: web and workers may be on different machines."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from automationhub.lib.shown_times import moment_text
from integrations.models.leases import Leased


class Export(Leased):
    """One list as somebody saw it, and how far a worker has come with writing it out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    list = models.CharField(max_length=100, help_text="The rows' model, as in integrations.order.")
    query = models.TextField(
        blank=True, help_text="The filters and the search of the list, as in its address."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    total = models.PositiveBigIntegerField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    pieces = models.PositiveIntegerField(default=0)
    position = models.BigIntegerField(null=True, blank=True, help_text="Key of the last row that is written.")
    queued_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["created_at"], name="export_by_age"),
            models.Index(
                fields=["created_at"], condition=Q(finished_at__isnull=True), name="export_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list.partition('.')[2]} of {moment_text(self.created_at)}"


class ExportPiece(models.Model):
    """A part of the file, compressed."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        ordering = ["export", "number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_piece_once")]

    def __str__(self) -> str:
        return f"Part {self.number}"
