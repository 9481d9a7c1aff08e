"""Schedules of the hub's recurring work; staff can change them in the admin."""

from django.db import migrations

SCHEDULES = (
    # name, function, minutes
    ("Resume orders", "integrations.tasks.resume_orders", 1),
)


def make_schedules(apps, schema_editor):
    schedule = apps.get_model("django_q", "Schedule")
    for name, func, minutes in SCHEDULES:
        schedule.objects.get_or_create(
            name=name, defaults={"func": func, "schedule_type": "I", "minutes": minutes, "repeats": -1}
        )


def drop_schedules(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=[name for name, *_ in SCHEDULES]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [migrations.RunPython(make_schedules, drop_schedules)]
