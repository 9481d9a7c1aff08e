"""Schedules of reconciling and of the daily summary."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

SCHEDULES = (
    # name, function, kind of schedule, minutes
    ("Reconcile", "integrations.tasks.reconcile", "I", 15),
    ("Daily summary", "integrations.tasks.daily_digest", "D", None),
)


def make_schedules(apps, schema_editor):
    schedule = apps.get_model("django_q", "Schedule")
    tomorrow = (timezone.now() + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    for name, func, kind, minutes in SCHEDULES:
        first = {"next_run": tomorrow} if kind == "D" else {}
        schedule.objects.get_or_create(
            name=name,
            defaults={"func": func, "schedule_type": kind, "minutes": minutes, "repeats": -1, **first},
        )


def drop_schedules(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=[name for name, *_ in SCHEDULES]).delete()


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_periodic_runs")]

    operations = [migrations.RunPython(make_schedules, drop_schedules)]
