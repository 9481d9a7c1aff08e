from typing import Any

from django.db import migrations, models

# How the words of who handled a difference ended or began.
ENDS = (("endswith", ", verified in Pace", "verified"), ("endswith", " (ignored)", "ignored"), ("startswith", "changed back in ", "changed_back"))  # fmt: skip


def fill(apps: Any, schema_editor: Any) -> None:
    """What stood in the words of a difference."""
    changes = apps.get_model("integrations", "OrderChange").objects
    changes.filter(field__startswith="Pace job ").update(source="pace")
    changes.filter(handled_at__isnull=False).update(closed_by="staff")
    for look, words, closed_by in ENDS:
        changes.filter(handled_at__isnull=False, **{f"handled_by__{look}": words}).update(closed_by=closed_by)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0102_cause_leaves_the_models")]

    operations = [
        migrations.AddField(
            model_name="orderchange",
            name="closed_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Open"),
                    ("staff", "Handled by staff"),
                    ("ignored", "Ignored by staff"),
                    ("verified", "Verified in Pace"),
                    ("changed_back", "Changed back"),
                ],
                db_default="",
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="orderchange",
            name="source",
            field=models.CharField(
                choices=[("pressero", "Pressero"), ("pace", "Pace")],
                db_default="pressero",
                default="pressero",
                max_length=10,
                verbose_name="found in",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
