from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MetricTotal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=20, unique=True)),
                (
                    "up_to_id",
                    models.BigIntegerField(default=0, help_text="Rows up to this id are in the totals."),
                ),
                (
                    "up_to_time",
                    models.DateTimeField(
                        blank=True, help_text="Rows up to this time are in the totals.", null=True
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(default=0, help_text="Raised by every change of the row."),
                ),
                ("totals", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "metric total",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="webhookevent",
            name="first_verdict",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The verdict when it arrived, which stays when a storefront is set up for it later.",
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(
                condition=models.Q(("repeats__gt", 0)), fields=["repeats"], name="event_repeated"
            ),
        ),
    ]
