"""The switch of the audit log: while it is open, this transaction may change and delete entries, and no other one may.

The database refuses everything else (core/audit/guard.py). Only retention and erasure open it, by `AuditEntry.objects.purge`;
tests/core/audit/test_audit_guard.py names every place that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

# By engine: is it open, open it, shut it. A setting of the transaction there, a row that never outlives it here.
STATEMENTS = {
    "postgresql": (
        "SELECT 1 WHERE current_setting('hub.audit_switch', true) = 'open'",
        "SELECT set_config('hub.audit_switch', 'open', true)",
        "SELECT set_config('hub.audit_switch', '', true)",
    ),
    "sqlite": (
        "SELECT 1 FROM integrations_auditswitch",
        "INSERT INTO integrations_auditswitch (id) VALUES (1)",
        "DELETE FROM integrations_auditswitch",
    ),
}


@contextmanager
def opened(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let the statements within change and delete entries of the audit log. An error shuts the switch and undoes them."""
    connection = connections[using]
    is_open, open_it, shut_it = STATEMENTS[connection.vendor]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(is_open)
        if cursor.fetchone():  # an outer block shuts it
            yield
            return
        cursor.execute(open_it)
        yield
        cursor.execute(shut_it)
