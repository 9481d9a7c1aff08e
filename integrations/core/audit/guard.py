"""The database itself refuses to change or delete entries of the audit log (docs/security.md, "The audit log").

Two things are allowed: emptying the column `user` when that user is deleted (the name stays in `actor`), and whatever a
transaction does that has opened the switch (models/audit_switch.py). On PostgreSQL the switch is a setting of the
transaction, on SQLite a row that is taken out again before the commit, so that no other transaction ever sees it open.

SQLite drops the triggers of a table that Django rebuilds: `install` is called after every `migrate`, and makes them again.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "integrations_auditentry"
SWITCH = "integrations_auditswitch"
COLUMNS = ("id", "order_id", "at", "type", "data", "actor", "correlation")
REFUSAL = "Entries of the audit log are neither changed nor deleted."

_USER_IS_DELETED = " AND ".join(
    ["OLD.user_id IS NOT NULL", "NEW.user_id IS NULL", *(f"OLD.{name} IS NOT DISTINCT FROM NEW.{name}" for name in COLUMNS)]
)  # fmt: skip
_OPEN = "coalesce(current_setting('hub.audit_switch', true), '') = 'open'"
_SHUT = f"NOT EXISTS (SELECT 1 FROM {SWITCH})"  # noqa: S608
_RAISE = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"

INSTALL = {
    "postgresql": [
        f"CREATE OR REPLACE FUNCTION integrations_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"WHEN (NOT ({_OPEN}) AND NOT ({_USER_IS_DELETED})) EXECUTE FUNCTION integrations_audit_refuse()",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON {TABLE} FOR EACH ROW "
        f"WHEN (NOT ({_OPEN})) EXECUTE FUNCTION integrations_audit_refuse()",
        f"CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT "
        f"WHEN (NOT ({_OPEN})) EXECUTE FUNCTION integrations_audit_refuse()",
    ],
    "sqlite": [
        f"CREATE TABLE {SWITCH} (id integer PRIMARY KEY CHECK (id = 1))",
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON {TABLE} "
        f"WHEN NOT ({_USER_IS_DELETED.replace('IS NOT DISTINCT FROM', 'IS')}) AND {_SHUT} {_RAISE}",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON {TABLE} WHEN {_SHUT} {_RAISE}",
        # INSERT OR REPLACE takes a row away without asking the trigger above.
        f"CREATE TRIGGER audit_no_replace BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) "  # noqa: S608
        f"AND {_SHUT} {_RAISE}",
    ],
}  # fmt: skip
REMOVE = {
    "postgresql": [
        *(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in ("audit_no_update", "audit_no_delete", "audit_no_truncate")),
        "DROP FUNCTION IF EXISTS integrations_audit_refuse()",
    ],
    "sqlite": [
        *(f"DROP TRIGGER IF EXISTS {name}" for name in ("audit_no_update", "audit_no_delete", "audit_no_replace")),
        f"DROP TABLE IF EXISTS {SWITCH}",
    ],
}  # fmt: skip

_INSTALLED = {
    "postgresql": f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{TABLE}'::regclass",  # noqa: S608
    "sqlite": f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{TABLE}'",  # noqa: S608
}


def is_installed(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database refuses changes of the audit log."""
    names = {
        statement.split()[2]
        for statement in INSTALL[connection.vendor]
        if statement.startswith("CREATE TRIGGER")
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSTALLED[connection.vendor])
        return names <= {name for (name,) in cursor.fetchall()}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guard in place, unless it is there."""
    if is_installed(connection):
        return
    remove(connection)
    with connection.cursor() as cursor:
        for statement in INSTALL[connection.vendor]:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guard out."""
    with connection.cursor() as cursor:
        for statement in REMOVE[connection.vendor]:
            cursor.execute(statement)
