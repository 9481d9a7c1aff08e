"""What is kept for a time only is removed every night."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

NAME = "Purge audit log and old texts"


def make_schedule(apps, schema_editor):
    tonight = (timezone.now() + timedelta(days=1)).replace(hour=3, minute=30, second=0, microsecond=0)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name=NAME,
        defaults={
            "func": "integrations.tasks.purge",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": tonight,
        },
    )


def drop_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("integrations", "0091_groups_of_failed_logins")]

    operations = [migrations.RunPython(make_schedule, drop_schedule)]
