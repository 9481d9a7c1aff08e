"""The audit log: what happened and why, append-only."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from integrations.models import audit_switch
from integrations.models.orders import Order


class AppendOnly(Exception):
    """Audit entries are neither changed nor deleted one by one (retention has its own command)."""


class AppendOnlyQuerySet(models.QuerySet["AuditEntry"]):
    """Entries are read and appended; `purge` is the one way to remove them, by age."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Audit entries are never deleted.")

    def purge(self) -> int:
        """Remove these entries for good; how many there were. For retention and erasure alone."""
        with audit_switch.opened(self.db):
            return self._raw_delete(self.db)


class KindOf(models.Func):
    """The first word of a dotted type. Written without parameters, so that the index of this very term is used."""

    arity = 1
    template = "substr(%(expressions)s, 1, instr(%(expressions)s, '.') - 1)"
    output_field = models.CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="split_part(%(expressions)s, '.', 1)", **context)


class AuditEntry(models.Model):
    """One fact: a dotted type, its data, who did it, when. `audit.py` writes them and turns them into sentences."""

    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="audit")
    at = models.DateTimeField()
    type = models.CharField(max_length=60)
    data: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(default=dict)
    actor = models.CharField(
        max_length=200, help_text="A worker, a command, Pressero, or the user's name as it was."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    correlation = models.CharField(
        max_length=40, blank=True, help_text="Ties together what one try of one order did."
    )

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        permissions = [("export_auditentry", "Can export audit entries")]
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["order", "id"], name="audit_by_order"),
            models.Index(fields=["type", "-id"], name="audit_by_type"),
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(KindOf("type"), models.F("id").desc(), name="audit_by_kind"),
        ]

    def __str__(self) -> str:
        return self.type

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly("An audit entry is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("An audit entry is never deleted.")
