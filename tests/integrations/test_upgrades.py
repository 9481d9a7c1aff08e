"""Deploying while orders flow: workers of the release before go on working on the database of the new one.

So a migration only adds. What it adds, a row that the old code writes must be able to leave out; what the old code uses stays
for one more release (taken from the models' state first, from the database later).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

# The last migration of each app in the first release: what came before met no older worker.
FIRST_RELEASE = {"integrations": "0097_help_texts", "mappings": "0003_mapping_change"}
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def dangers(operation: Any) -> Iterator[str]:
    """Why old code does not survive this operation; nothing when it does."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from dangers(inner)
    elif isinstance(operation, TAKES_AWAY):
        yield f"{operation.describe()}: the release before still uses it"
    elif isinstance(operation, migrations.AddField | migrations.AlterField):
        field = operation.field
        if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
            yield f"{operation.describe()}: rows of the release before come without it (null=True or db_default)"
    elif isinstance(operation, migrations.AddConstraint):
        yield f"{operation.describe()}: rows of the release before may break it"


def test_no_migration_after_the_first_release_takes_away_what_the_release_before_uses() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = [
        f"{app}.{name}: {danger}"
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in FIRST_RELEASE and name > FIRST_RELEASE[app]
        for operation in migration.operations
        for danger in dangers(operation)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("operation", "survives"),
    [
        (migrations.AddField("order", "note", models.TextField(null=True)), True),
        (migrations.AddField("order", "note", models.TextField(db_default="")), True),
        (migrations.AddField("order", "note", models.TextField(default="")), False),
        (migrations.RemoveField("order", "note"), False),
        (migrations.RenameField("order", "note", "remark"), False),
        (migrations.DeleteModel("order"), False),
        (migrations.CreateModel("note", [("id", models.BigAutoField(primary_key=True))]), True),
        (migrations.AddIndex("order", models.Index(fields=["number"], name="by_number")), True),
        (
            migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("order", "note")]),
            True,
        ),
        (
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RemoveField("order", "note")]
            ),
            False,
        ),
    ],
    ids=str,
)
def test_what_old_code_survives(operation: Any, survives: bool) -> None:
    assert (list(dangers(operation)) == []) == survives
