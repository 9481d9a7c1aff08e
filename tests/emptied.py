"""After a test with real commits: every table is emptied, and what every new database holds is put back.

Django would have it made anew (rights, groups, schedules) by all that follows a migration: 170 statements each time.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management.commands import flush as flush_command
from django.db import connection, models, transaction

from integrations.models import audit_switch

_kept: list[tuple[type[models.Model], list[models.Model]]] = []


def empty_quickly(patch: pytest.MonkeyPatch) -> None:
    """From now on, for all tests of this process."""
    operations = type(connection.ops)
    flush, make_anew = operations.execute_sql_flush, flush_command.emit_post_migrate_signal
    _, open_it, shut_it = audit_switch.STATEMENTS[connection.vendor]

    def flush_with_switch(self: Any, sql_list: list[str]) -> None:
        # The audit log is only emptied where its switch is open.
        flush(self, [open_it, *sql_list, shut_it])

    def put_back(*args: Any, **options: Any) -> None:
        if not _kept:
            make_anew(*args, **options)
            _keep()
            return
        with transaction.atomic():
            for model, rows in _kept:
                model._base_manager.bulk_create(rows)

    patch.setattr(operations, "execute_sql_flush", flush_with_switch)
    patch.setattr(flush_command, "emit_post_migrate_signal", put_back)
    if connection.vendor == "postgresql":
        patch.setattr(operations, "sql_flush", _deleting_rows)


def _keep() -> None:
    every = apps.get_models(include_auto_created=True)
    found = [(model, list(model._base_manager.all())) for model in every if not model._meta.proxy]
    _kept.extend((model, rows) for model, rows in found if rows)


def _deleting_rows(
    self: Any, style: object, tables: list[str], *, reset_sequences: bool = False, **_: Any
) -> list[str]:
    """Instead of TRUNCATE, which makes four hundred files of tables and indexes anew, though hardly any has a row."""
    assert not reset_sequences
    return ["; ".join(f"DELETE FROM {self.quote_name(table)}" for table in tables)]  # noqa: S608
