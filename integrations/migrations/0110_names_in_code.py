"""New names in the code. Tables and columns keep theirs: workers of the release before run on the same database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0103_source_and_end_of_differences")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("PaceLook", "PaceSnapshot"),
                migrations.AlterModelTable("pacesnapshot", "integrations_pacelook"),
                migrations.AlterField(
                    "pacesnapshot",
                    "order",
                    models.OneToOneField(
                        "integrations.order", on_delete=models.CASCADE, related_name="pace_snapshot"
                    ),
                ),
                migrations.RenameField("order", "quiet_look", "background_refresh"),
                migrations.AlterField(
                    "order",
                    "background_refresh",
                    models.BooleanField(
                        default=False,
                        help_text="Only a recurring check asked for processing; without changes it leaves no trace.",
                        db_column="quiet_look",
                    ),
                ),
                migrations.RenameField("order", "unfinished_claims", "unfinished_leases"),
                migrations.AlterField(
                    "order",
                    "unfinished_leases",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Claims that ended without a report from their worker.",
                        db_column="unfinished_claims",
                    ),
                ),
                migrations.RenameField("order", "claim_series", "lease_series"),
                migrations.AlterField(
                    "order",
                    "lease_series",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Raised whenever the count of unfinished claims starts over: who wakes late knows whether it is in it.",
                        db_column="claim_series",
                    ),
                ),
                migrations.RenameField("orderitem", "told_job_number", "sent_job_number"),
                migrations.AlterField(
                    "orderitem",
                    "sent_job_number",
                    models.CharField(
                        "sent to Pressero",
                        max_length=200,
                        blank=True,
                        help_text="The job number last written to Pressero.",
                        db_column="told_job_number",
                    ),
                ),
                migrations.RenameField("itemstage", "told_stage", "sent_stage"),
                migrations.AlterField(
                    "itemstage",
                    "sent_stage",
                    models.CharField(max_length=64, blank=True, db_column="told_stage"),
                ),
                migrations.RenameField("itemstage", "told_name", "sent_name"),
                migrations.AlterField(
                    "itemstage",
                    "sent_name",
                    models.CharField("sent to Pressero", max_length=120, blank=True, db_column="told_name"),
                ),
                migrations.RenameField("itemstage", "told_at", "sent_at"),
                migrations.AlterField(
                    "itemstage", "sent_at", models.DateTimeField(null=True, blank=True, db_column="told_at")
                ),
                migrations.RenameField("itemstage", "echo_until", "own_event_until"),
                migrations.AlterField(
                    "itemstage",
                    "own_event_until",
                    models.DateTimeField(
                        null=True,
                        blank=True,
                        help_text="Until then Pressero's event about our own write is expected.",
                        db_column="echo_until",
                    ),
                ),
                migrations.RenameField("paceshipment", "told_numbers", "sent_numbers"),
                migrations.AlterField(
                    "paceshipment",
                    "sent_numbers",
                    models.JSONField(
                        null=True,
                        blank=True,
                        help_text="What was sent to Pressero; empty: nothing yet.",
                        db_column="told_numbers",
                    ),
                ),
                migrations.RenameField("paceshipment", "told_at", "sent_at"),
                migrations.AlterField(
                    "paceshipment",
                    "sent_at",
                    models.DateTimeField(null=True, blank=True, db_column="told_at"),
                ),
            ]
        )
    ]
