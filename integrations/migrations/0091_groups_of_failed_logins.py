"""Administrators see failed logins and let people in again."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from integrations.rights import make_groups


def make(apps, schema_editor):
    # Permissions are made after all migrations; these groups need them now.
    create_permissions(installed.get_app_config("axes"), verbosity=0, apps=apps)
    make_groups(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0090_home"),
        ("axes", "0010_accessattemptexpiration"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
