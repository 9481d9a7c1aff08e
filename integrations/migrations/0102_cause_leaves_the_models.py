from typing import Any

from django.db import migrations, models

COLUMNS = (("order", "cause"), ("itemstage", "problem_cause"), ("paceshipment", "problem_cause"))


def put_back(apps: Any, schema_editor: Any) -> None:
    """On SQLite a table that was made again since has lost the columns that no model has."""
    for name, column in COLUMNS:
        model = apps.get_model("integrations", name)
        with schema_editor.connection.cursor() as cursor:
            found = schema_editor.connection.introspection.get_table_description(cursor, model._meta.db_table)
        if column not in {one.name for one in found}:
            schema_editor.add_field(model, model._meta.get_field(column))


class Migration(migrations.Migration):
    """The models lose the columns that the workers of the release before still fill; the database keeps them until the next."""

    dependencies = [("integrations", "0101_causes_copied")]

    operations = [
        migrations.RemoveIndex(model_name="order", name="order_by_cause"),
        migrations.AlterField(
            "order", "cause", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AlterField(
            "itemstage",
            "problem_cause",
            models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AlterField(
            "paceshipment",
            "problem_cause",
            models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.RunPython(migrations.RunPython.noop, put_back),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("order", "cause"),
                migrations.RemoveField("itemstage", "problem_cause"),
                migrations.RemoveField("paceshipment", "problem_cause"),
            ]
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["cause_kind", "cause_subject", "status", "-id"], name="order_by_cause"
            ),
        ),
    ]
