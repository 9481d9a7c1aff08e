"""django-q's queue table has no index: with many waiting rows each look at it would read them all."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_schedules")]

    operations = [
        migrations.RunSQL(
            sql="CREATE INDEX IF NOT EXISTS hub_ormq_key_lock ON django_q_ormq (key, lock)",
            reverse_sql="DROP INDEX IF EXISTS hub_ormq_key_lock",
        )
    ]
