"""The pass over the statuses of open jobs, every five minutes; staff can change it in the admin."""

from django.db import migrations

NAME = "Sync statuses"


def make_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name=NAME,
        defaults={
            "func": "integrations.tasks.sync_statuses",
            "schedule_type": "I",
            "minutes": 5,
            "repeats": -1,
        },
    )


def drop_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0010_pressero_write_backs"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [migrations.RunPython(make_schedule, drop_schedule)]
