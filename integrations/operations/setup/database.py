"""What a database needs besides its tables: groups with their rights, schedules, one index of the queue, the guard of the
audit log.

`manage.py migrate` brings it about every time (integrations/apps.py), whatever was there before: what is missing is made,
what staff have changed stays.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from integrations.core.audit import guard
from integrations.core.workqueue import schedules
from integrations.models import AlertRule
from integrations.operations.access.rights import APPS, GROUPS, make_groups
from integrations.operations.watch import check as watch

# django-q's queue has no index of its own: with many waiting messages each look at it would read them all.
QUEUE_TABLE, QUEUE_INDEX = "django_q_ormq", "hub_ormq_key_lock"


class Preparation:
    """One run of `migrate`: what was there before it decides which rights are new."""

    def __init__(self) -> None:
        self._rights_before: set[tuple[str, str]] | None = None

    def note(self, using: str, **_: Any) -> None:
        """Before the tables change: the rights that exist. Rights that come with this run are given to the groups."""
        self._rights_before = _rights(using) if _has_tables(using, "auth_permission") else set()

    def prepare(self, using: str, **_: Any) -> None:
        """After the tables have changed: make what is missing."""
        before, self._rights_before = self._rights_before, None
        with transaction.atomic(using=using):
            if _has_tables(using, "auth_group", "auth_permission", "django_content_type"):
                _prepare_groups(using, before)
            if _has_tables(using, "django_q_schedule"):
                schedules.make_missing()
            if _has_tables(using, AlertRule._meta.db_table):
                watch.make_missing()
            if _has_tables(using, QUEUE_TABLE):
                _index_the_queue(using)
            if _has_tables(using, guard.TABLE):
                guard.install(connections[using])


preparation = Preparation()


def _has_tables(using: str, *names: str) -> bool:
    return set(names) <= set(connections[using].introspection.table_names())


def _rights(using: str) -> set[tuple[str, str]]:
    rows = Permission.objects.using(using).values_list("content_type__app_label", "codename")
    return set(rows)


def _prepare_groups(using: str, before: set[tuple[str, str]] | None) -> None:
    # Django makes the rights of an app when it is done with the app; the groups need those of all apps now.
    for label in APPS:
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    new = set() if before is None else {f"{app}.{code}" for app, code in _rights(using) - before}
    make_groups(Group, Permission, new=new)


def lacking() -> list[str]:
    """What `prepare` would make: empty on a database that was migrated by this release."""
    lacks = [f"the schedule “{default.name}”" for default in schedules.missing()]
    groups = set(Group.objects.values_list("name", flat=True))
    lacks += [f"the group “{name}”" for name in GROUPS if name not in groups]
    if not _queue_has_index(connection):
        lacks.append("the index of the queue")
    if not guard.is_installed(connection):
        lacks.append("the guard of the audit log")
    return lacks


def _queue_has_index(on: BaseDatabaseWrapper) -> bool:
    with on.cursor() as cursor:
        return QUEUE_INDEX in on.introspection.get_constraints(cursor, QUEUE_TABLE)


def _index_the_queue(using: str) -> None:
    if not _queue_has_index(connections[using]):
        with connections[using].cursor() as cursor:
            cursor.execute(f"CREATE INDEX {QUEUE_INDEX} ON {QUEUE_TABLE} (key, lock)")
