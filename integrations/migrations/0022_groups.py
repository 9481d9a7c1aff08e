"""The four groups that people are put into (integrations/rights.py)."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from integrations.rights import APPS, GROUPS, make_groups


def make(apps, schema_editor):
    # Permissions are made after all migrations; these groups need them now.
    for label in APPS:
        create_permissions(installed.get_app_config(label), verbosity=0, apps=apps)
    make_groups(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


def drop(apps, schema_editor):
    """Only groups nobody is in: taking rights away from people is not the business of a migration."""
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS, user__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0021_reference_schedule"),
        ("mappings", "0003_mapping_change"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [migrations.RunPython(make, drop)]
