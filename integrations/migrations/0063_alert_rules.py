import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0021_plain_words_of_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(editable=False, max_length=30, unique=True)),
                (
                    "active",
                    models.BooleanField(
                        default=True, help_text="An inactive rule watches, but sends no alerts."
                    ),
                ),
                (
                    "threshold",
                    models.PositiveIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                (
                    "value",
                    models.CharField(
                        blank=True, default="", editable=False, max_length=300, verbose_name="last value"
                    ),
                ),
                ("checked_at", models.DateTimeField(editable=False, null=True, verbose_name="last checked")),
                ("open_findings", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "verbose_name": "alert rule",
                "ordering": ["pk"],
                "default_permissions": ("view", "change"),
            },
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="disk_free",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="Percent of the disk of its machine that are free.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("needs_attention", "Needs attention"),
                    ("changed_after_submission", "Changed after submission"),
                    ("connection_down", "Connection down"),
                    ("connection_up", "Connection restored"),
                    ("scheme_changed", "Webhook signature changed"),
                    ("address_changed", "The address of a connection changed"),
                    ("events_paused", "Events to another system are paused"),
                    ("order_overdue", "An order waits too long for a worker"),
                    ("slower_than_usual", "Orders take longer than usual"),
                    ("ship_date_near", "Ship date near without a job"),
                    ("silence", "No orders in business hours"),
                    ("disk_full", "A disk is nearly full"),
                    ("clock_wrong", "A worker's clock is wrong"),
                    ("back_to_normal", "Back to normal"),
                    ("expires_soon", "A token or certificate expires soon"),
                    ("assigned", "Assigned to you"),
                    ("mentioned", "You were mentioned"),
                    ("digest", "Daily summary"),
                    ("trial", "Test alert"),
                ],
                db_default="",
                default="",
                max_length=32,
            ),
        ),
    ]
