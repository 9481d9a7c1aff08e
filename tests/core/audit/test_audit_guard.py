"""The database keeps the audit log: nothing but retention and erasure changes or deletes an entry, whatever way it comes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import Error, connection, transaction
from django.utils import timezone

from integrations.core.audit import guard
from integrations.core.audit import log as audit
from integrations.models import AuditEntry, Order, OutgoingCall, audit_switch
from integrations.operations import privacy
from tests.factories import make_call, make_order, make_user

pytestmark = pytest.mark.django_db

TABLE = AuditEntry._meta.db_table
PAST_THE_MODEL: Any = AuditEntry._base_manager
REFUSAL = "neither changed nor deleted"


def sql(statement: str) -> Callable[[AuditEntry], Any]:
    def run(entry: AuditEntry) -> None:
        with connection.cursor() as cursor:
            # What waits for the commit would refuse a TRUNCATE before the guard does.
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement.replace("{table}", TABLE).replace("{id}", str(entry.pk)))

    return run


def save_over(entry: AuditEntry) -> None:
    entry.actor = "somebody else"
    entry.save_base(force_update=True)


def write_over(entry: AuditEntry) -> None:
    entry.actor = "somebody else"
    PAST_THE_MODEL.bulk_create([entry], update_conflicts=True, update_fields=["actor"], unique_fields=["id"])


WAYS: dict[str, Callable[[AuditEntry], Any]] = {
    "an update of many": lambda entry: PAST_THE_MODEL.update(actor="somebody else"),
    "bulk_update": lambda entry: PAST_THE_MODEL.bulk_update([_renamed(entry)], ["actor"]),
    "bulk_create over what is there": write_over,
    "a save past the model": save_over,
    "a delete of many": lambda entry: PAST_THE_MODEL.filter(pk=entry.pk).delete(),
    "a raw delete": lambda entry: PAST_THE_MODEL.all()._raw_delete("default"),
    "the order being deleted": lambda entry: entry.order.delete() if entry.order else None,
    "UPDATE": sql("UPDATE {table} SET type = 'order.created'"),
    "UPDATE of the id": sql("UPDATE {table} SET id = id + 1000"),
    "UPDATE of the user and more": sql("UPDATE {table} SET user_id = NULL, actor = 'x'"),
    "DELETE": sql("DELETE FROM {table}"),
    "DELETE of one": sql("DELETE FROM {table} WHERE id = {id}"),
}
if connection.vendor == "sqlite":
    _row = (
        "(id, at, type, data, actor, correlation) VALUES ({id}, '2026-01-01', 'order.created', '{}', 'x', '')"
    )
    WAYS |= {
        "INSERT OR REPLACE": sql("INSERT OR REPLACE INTO {table} " + _row),
        "REPLACE": sql("REPLACE INTO {table} " + _row),
    }
else:
    WAYS |= {
        "TRUNCATE": sql("TRUNCATE {table} CASCADE"),
        "TRUNCATE of the orders": sql("TRUNCATE integrations_order CASCADE"),
        "MERGE": sql("MERGE INTO {table} t USING (SELECT {id} AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE"),
        "WITH … DELETE": sql("WITH gone AS (DELETE FROM {table} RETURNING id) SELECT count(*) FROM gone"),
    }  # fmt: skip


def _renamed(entry: AuditEntry) -> AuditEntry:
    entry.actor = "somebody else"
    return entry


def rows() -> list[dict[str, Any]]:
    return [dict(row) for row in AuditEntry.objects.order_by("id").values()]


@pytest.fixture
def entry(db: None) -> AuditEntry:
    """The entry of an order, by a user."""
    return audit.record(
        "staff.retry", {"a": 1}, order=make_order(status="completed", jobs=()), actor="kim", user=make_user("kim")
    )  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_database_refuses(way: str, entry: AuditEntry) -> None:
    before = rows()
    with pytest.raises(Error, match=REFUSAL), transaction.atomic():
        WAYS[way](entry)
    assert rows() == before


@pytest.mark.parametrize("column", [field.column for field in AuditEntry._meta.concrete_fields])
def test_no_column_can_be_changed_beside_the_user_that_is_deleted(column: str, entry: AuditEntry) -> None:
    value = {"data": """'{"b": 2}'""", "at": "'2020-01-01 00:00:00'", "order_id": "NULL", "id": "99999"}.get(
        column, "'x'" if column in ("type", "actor", "correlation") else "99999"
    )
    also = "" if column == "user_id" else ", user_id = NULL"
    with pytest.raises(Error, match=REFUSAL), transaction.atomic():
        sql(f"UPDATE {{table}} SET {column} = {value}{also}")(entry)  # noqa: S608


def test_a_user_can_be_deleted_and_the_name_stays(entry: AuditEntry) -> None:
    User.objects.get(username="kim").delete()
    assert [(row["actor"], row["user_id"]) for row in rows()] == [("kim", None)]


def test_a_user_that_was_taken_off_an_entry_cannot_be_put_back(entry: AuditEntry) -> None:
    other = make_user("alex")
    User.objects.get(username="kim").delete()
    with pytest.raises(Error, match=REFUSAL), transaction.atomic():
        PAST_THE_MODEL.update(user=other)


# --- retention and erasure --------------------------------------------------------------------------------------------


def old_entries(count: int) -> Order:
    order = make_order(status="completed", jobs=())
    long_ago = timezone.now() - timedelta(days=40)
    AuditEntry.objects.bulk_create(
        AuditEntry(order=order, at=long_ago, type="order.created", actor="hub") for _ in range(count)
    )
    return order


def test_retention_removes_old_entries_with_their_calls() -> None:
    order = old_entries(3)
    call = make_call(order)
    with audit_switch.opened():
        PAST_THE_MODEL.update(at=timezone.now() - timedelta(days=40))
    assert privacy.purge_audit(30) == 4
    assert not OutgoingCall.objects.filter(pk=call.pk).exists()


def test_erasure_removes_the_entries_of_a_person() -> None:
    order = make_order(status="completed", buyer_email="avery@example.com", jobs=())
    audit.record("order.stopped", {"message": "avery@example.com"}, order=order)
    audit.record("access.failed", {"name": "avery@example.com"})
    privacy.forget_contact("avery@example.com", actor="kim")
    assert [row["type"] for row in rows()] == ["order.forgotten"]


@pytest.mark.parametrize("work", ["retention", "erasure"])
def test_the_switch_is_shut_again_in_the_same_transaction(work: str, entry: AuditEntry) -> None:
    old_entries(1)
    if work == "retention":
        assert privacy.purge_audit(30) == 1
    else:
        assert entry.order is not None
        assert privacy.clear_order(entry.order.pk, actor="kim")
    with pytest.raises(Error, match=REFUSAL), transaction.atomic():
        WAYS["DELETE"](entry)


def test_the_switch_is_shut_after_an_error_and_what_was_done_is_undone(entry: AuditEntry) -> None:
    before = rows()
    with pytest.raises(LookupError), audit_switch.opened():
        PAST_THE_MODEL.all()._raw_delete("default")
        raise LookupError
    assert rows() == before
    with pytest.raises(Error, match=REFUSAL), transaction.atomic():
        WAYS["DELETE"](entry)


def test_an_inner_block_leaves_the_switch_of_an_outer_one_open(entry: AuditEntry) -> None:
    with audit_switch.opened():
        with audit_switch.opened():
            pass
        PAST_THE_MODEL.all()._raw_delete("default")
    assert rows() == []


def test_an_order_is_deleted_with_its_entries_where_the_switch_is_open(entry: AuditEntry) -> None:
    assert entry.order is not None
    with audit_switch.opened():
        entry.order.delete()
    assert rows() == []


@pytest.mark.django_db(transaction=True)
def test_the_switch_of_one_transaction_opens_nothing_for_the_next(entry: AuditEntry) -> None:
    with audit_switch.opened():
        pass
    with pytest.raises(Error, match=REFUSAL):
        WAYS["DELETE"](entry)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(audit_switch.STATEMENTS[connection.vendor][0])
        assert cursor.fetchone() is None


def test_nothing_but_retention_and_erasure_opens_the_switch() -> None:
    """No other module of the product names the switch, or removes entries."""
    allowed = {
        "integrations/models/audit.py", "integrations/models/audit_switch.py", "integrations/operations/retention.py",
        "integrations/operations/privacy.py",
    }  # fmt: skip
    base = Path(settings.BASE_DIR)
    found = set()
    for folder in ("automationhub", "integrations", "mappings"):
        for file in (base / folder).rglob("*.py"):
            if "migrations" in file.parts or file.name == "guard.py":
                continue
            names = {
                name
                for node in ast.walk(ast.parse(file.read_text()))
                for name in (
                    [node.attr] if isinstance(node, ast.Attribute)
                    else [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom | ast.Import)
                    else [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200
                    else []
                )
            }  # fmt: skip
            if any(name == "purge" or "audit_switch" in name or "auditswitch" in name or name == "_raw_delete" for name in names):  # fmt: skip
                found.add(file.relative_to(base).as_posix())
    assert found - {"integrations/management/commands/purge_audit.py"} - allowed == set()


# --- the migration ----------------------------------------------------------------------------------------------------


def test_the_guard_can_be_taken_out_and_put_in_again(entry: AuditEntry) -> None:
    guard.remove(connection)
    PAST_THE_MODEL.update(actor="somebody else")
    guard.install(connection)
    with pytest.raises(Error, match=REFUSAL), transaction.atomic():
        WAYS["UPDATE"](entry)


def test_every_column_of_the_table_stands_in_the_guard() -> None:
    assert {*guard.COLUMNS, "user_id"} == {field.column for field in AuditEntry._meta.concrete_fields}
