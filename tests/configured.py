"""The rows of a configured hub, made once by the import and put back as they are for every further test.

The import checks every row as if people had typed it, which takes ten times as long as storing what comes of it.
"""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from integrations.models import AuditEntry, PaceServer, PresseroAccount
from integrations.operations.setup.configuration import import_configuration

Rows = list[tuple[type[models.Model], list[models.Model]]]
_kept: dict[str, Rows] = {}


def configure_quickly(configuration: dict[str, Any]) -> None:
    """As `import_configuration`, for a hub inside the transaction of a test."""
    if PresseroAccount.objects.exists() or PaceServer.objects.exists():
        import_configuration(configuration)
        return
    name = json.dumps(configuration, sort_keys=True)
    if name in _kept:
        _put_back(_kept[name])
        return
    before = _ids()
    import_configuration(configuration)
    added = [
        (model, list(model._base_manager.exclude(pk__in=before[model]).order_by("pk")))
        for model in apps.get_models()
    ]
    _kept[name] = [(model, rows) for model, rows in added if rows]


def _ids() -> dict[type[models.Model], set[Any]]:
    return {model: set(model._base_manager.values_list("pk", flat=True)) for model in apps.get_models()}


def _put_back(kept: Rows) -> None:
    now = timezone.now()
    for model, rows in kept:
        moments = [column.name for column in model._meta.fields if isinstance(column, models.DateTimeField)]
        for row in rows:
            for name in moments:
                if getattr(row, name) is not None:
                    setattr(row, name, now)
            if isinstance(row, AuditEntry):
                row.pk = None  # The test may have written entries already, of a user it made; nothing names these ids.
        model._base_manager.bulk_create(rows)
    # With ids that were not drawn, PostgreSQL would give them out again.
    if statements := connection.ops.sequence_reset_sql(no_style(), [model for model, _ in kept]):
        with connection.cursor() as cursor:
            cursor.execute("\n".join(statements))
