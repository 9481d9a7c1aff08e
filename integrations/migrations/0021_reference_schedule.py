"""The lists of Pace and Pressero are read again every day."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

NAME = "Refresh reference data"


def make_schedule(apps, schema_editor):
    tonight = (timezone.now() + timedelta(days=1)).replace(hour=4, minute=30, second=0, microsecond=0)
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name=NAME,
        defaults={
            "func": "integrations.tasks.refresh_reference_data",
            "schedule_type": "D",
            "repeats": -1,
            "next_run": tonight,
        },
    )


def drop_schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("integrations", "0020_reference_data")]

    operations = [migrations.RunPython(make_schedule, drop_schedule)]
