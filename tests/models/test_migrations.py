"""The first migration of each app makes the tables, later ones add to them; everything else a database needs is made after every `migrate`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_q.models import Schedule

from integrations.core.audit import guard
from integrations.core.audit import log as audit
from integrations.core.workqueue import schedules
from integrations.models import AuditEntry
from integrations.operations.access.rights import OPERATOR, VIEWER
from integrations.operations.setup.database import QUEUE_INDEX, QUEUE_TABLE, Preparation

OURS = ("integrations", "mappings")
# Django writes the classes of fields, and their validators, into migrations; one kind of operation is our own.
FIELDS = ("automationhub.lib.fields", "automationhub.lib.words_only", "integrations.models.")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def queue_indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, QUEUE_TABLE))


def rights_of(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def migrate_nothing() -> None:
    """What a run of `migrate` without new migrations does around them."""
    preparation = Preparation()
    preparation.note(DEFAULT_DB_ALIAS)
    preparation.prepare(DEFAULT_DB_ALIAS)


@pytest.mark.parametrize("app", OURS)
def test_a_migration_imports_fields_and_no_other_product_code(app: str) -> None:
    files = Path(settings.BASE_DIR, app, "migrations").glob("[0-9]*.py")
    product = ("automationhub", "integrations", "mappings")
    found = {name for file in files for name in imported(file) if name.startswith(product)}
    assert {name for name in found if not name.startswith(FIELDS)} == set()


# --- databases of before --------------------------------------------------------------------------------------


def replaced(app: str) -> list[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [tuple(key) for key in loader.disk_migrations[app, "0001_initial"].replaces]


def plan() -> list[str]:
    executor = MigrationExecutor(connection)
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


@pytest.mark.django_db
def test_a_database_that_the_old_migrations_made_runs_only_what_came_after_them() -> None:
    recorder = MigrationRecorder(connection)
    for app in OURS:
        recorder.migration_qs.filter(app=app).delete()
        recorder.record_applied(app, "0001_initial")
        for key in replaced(app):
            recorder.record_applied(*key)
    assert [name for name in plan() if name.endswith("0001_initial")] == []


@pytest.mark.django_db
def test_a_database_that_stopped_half_way_through_the_old_migrations_is_refused() -> None:
    recorder = MigrationRecorder(connection)
    last = sorted(replaced("integrations"))[-1]
    recorder.migration_qs.filter(app=last[0], name=last[1]).delete()
    # Django's own words for a table that no migration has made, or a later migration misses.
    with pytest.raises((ValueError, KeyError), match=r"storefront|webhookevent|order"):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_the_tables_can_be_taken_down_and_put_up_again() -> None:
    try:
        call_command("migrate", "mappings", "zero", verbosity=0)
        call_command("migrate", "integrations", "zero", verbosity=0)
        assert "integrations_order" not in connection.introspection.table_names()
    finally:
        call_command("migrate", verbosity=0)
    assert "integrations_order" in connection.introspection.table_names()
    assert QUEUE_INDEX in queue_indexes()


# --- after every migrate --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_migrating_again_changes_nothing() -> None:
    def stored() -> tuple[object, ...]:
        return (
            {name: rights_of(name) for name in Group.objects.values_list("name", flat=True)},
            list(Schedule.objects.order_by("pk").values()),
            queue_indexes(),
        )

    migrate_nothing()
    before = stored()
    migrate_nothing()
    assert stored() == before


@pytest.mark.django_db
def test_a_right_that_staff_took_away_stays_away() -> None:
    migrate_nothing()
    Group.objects.get(name=OPERATOR).permissions.remove(Permission.objects.get(codename="retry_order"))
    migrate_nothing()
    assert "retry_order" not in rights_of(OPERATOR)


@pytest.mark.django_db
def test_a_right_that_comes_with_a_migration_goes_to_its_groups() -> None:
    migrate_nothing()
    Permission.objects.filter(codename="retry_order").delete()
    migrate_nothing()
    assert ("retry_order" in rights_of(OPERATOR), "retry_order" in rights_of(VIEWER)) == (True, False)


@pytest.mark.django_db
def test_a_schedule_that_is_gone_comes_back() -> None:
    Schedule.objects.all().delete()
    migrate_nothing()
    assert {row.func for row in Schedule.objects.all()} == {one.func for one in schedules.DEFAULTS}


@pytest.mark.django_db
def test_a_schedule_that_staff_changed_stays_as_it_is() -> None:
    migrate_nothing()
    Schedule.objects.filter(func="integrations.tasks.reconcile").update(name="Compare", minutes=30)
    migrate_nothing()
    assert Schedule.objects.get(func="integrations.tasks.reconcile").minutes == 30


@pytest.mark.django_db
def test_the_guard_of_the_audit_log_comes_back_after_its_table_was_rebuilt() -> None:
    audit.record("staff.retry", actor="pat")
    guard.remove(connection)
    migrate_nothing()
    with pytest.raises(Error, match=guard.REFUSAL), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {AuditEntry._meta.db_table}")  # noqa: S608
