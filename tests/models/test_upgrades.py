"""Deploying while orders flow: workers of the release before go on working on the database of the new one.

So a migration only adds. What it adds, a row that the old code writes must be able to leave out; what the old code uses stays
for one more release (taken from the models' state first, from the database later).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from automationhub.lib.words_only import WordsOnly

# The last migration of each app in the first release: what came before met no older worker.
FIRST_RELEASE = {"integrations": "0001_initial", "mappings": "0001_initial"}
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


def column(field: Any) -> Any:
    """What the database knows of a field: neither its words and choices nor a default that Python fills in."""
    _, path, args, options = field.deconstruct()
    return (
        path,
        args,
        {key: value for key, value in options.items() if key not in (*field.non_db_attrs, "default")},
    )


def is_wider(before: Any, after: Any) -> bool:
    """Whether only the length of a text has grown: old code's rows fit as they did."""
    (path, args, old), (new_path, new_args, new) = column(before), column(after)
    lengths = old.pop("max_length", None), new.pop("max_length", None)
    return (path, args, old) == (new_path, new_args, new) and None not in lengths and lengths[0] < lengths[1]


def steps() -> Iterator[tuple[str, str, Any, bool, Any]]:
    """Every operation from the first, with app and migration, whether it may change words only, and the field it alters."""
    loader, state = MigrationLoader(None, ignore_no_migrations=True), ProjectState()
    leaves = loader.graph.leaf_nodes()
    plan = dict.fromkeys(key for leaf in leaves for key in loader.graph.forwards_plan(leaf))
    for app, name in plan:
        for operation in loader.graph.nodes[app, name].operations:
            words = isinstance(operation, WordsOnly)
            for step in operation.state_operations if words else [operation]:
                before = None
                if isinstance(step, migrations.AlterField):
                    before = state.models[app, step.model_name_lower].fields[step.name]
                step.state_forwards(app, state)
                yield app, name, step, words, before


def operations() -> Iterator[tuple[str, Any]]:
    """Every operation after the first release that changes what that one knew, with the name of its migration."""
    # Tables that old code does not know: it neither reads nor writes rows of them.
    new: set[tuple[str, str]] = set()
    for app, name, operation, _, before in steps():
        later = app in FIRST_RELEASE and name > FIRST_RELEASE[app]
        same = before is not None and (
            column(before) == column(operation.field) or is_wider(before, operation.field)
        )
        if later and isinstance(operation, migrations.CreateModel):
            new.add((app, operation.name_lower))
        if later and not same and (app, getattr(operation, "model_name_lower", "")) not in new:
            yield f"{app}.{name}", operation


def test_what_changes_words_only_changes_no_column() -> None:
    found = [(operation, before) for _, _, operation, words, before in steps() if words]
    assert len(found) > 100
    for operation, before in found:
        if before is not None:
            assert column(before) == column(operation.field), operation.describe()
        else:
            assert isinstance(operation, migrations.AlterModelOptions | migrations.AlterConstraint), operation


def test_no_migration_after_the_first_release_takes_away_what_the_release_before_uses() -> None:
    found = [f"{name}: {danger}" for name, operation in operations() for danger in dangers(operation)]
    assert found == []


@pytest.mark.parametrize(
    ("operation", "survives"),
    [
        (migrations.AddField("order", "note", models.TextField(null=True)), True),
        (migrations.AddField("order", "note", models.TextField(db_default="")), True),
        (migrations.AddField("order", "note", models.TextField(default="")), False),
        (migrations.AlterField("order", "note", models.TextField(default="")), False),
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


@pytest.mark.parametrize(
    ("after", "is_same"),
    [
        (models.CharField("remark", max_length=9, help_text="New words.", choices=[("a", "A")]), True),
        (models.CharField(max_length=9, default="x"), True),
        (models.CharField(max_length=8), False),
        (models.CharField(max_length=9, null=True), False),
    ],
    ids=["words", "default", "length", "null"],
)
def test_other_words_of_a_field_change_nothing_in_the_database(after: Any, is_same: bool) -> None:
    assert (column(models.CharField("note", max_length=9)) == column(after)) == is_same


@pytest.mark.parametrize(
    ("after", "harmless"),
    [
        (models.CharField(max_length=10), True),
        (models.CharField(max_length=8), False),
        (models.CharField(max_length=10, null=True), False),
        (models.TextField(), False),
    ],
    ids=["longer", "shorter", "also null", "another type"],
)
def test_a_text_that_may_be_longer_harms_no_older_worker(after: Any, harmless: bool) -> None:
    assert is_wider(models.CharField("note", max_length=9), after) == harmless
