from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0040_shadow_comparisons"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("export_order", "Can export orders"),
                    ("retry_order", "Can send an order back to work"),
                    ("preview_order", "Can preview what an order becomes in Pace"),
                    ("reprocess_order", "Can process an order again"),
                    ("hold_order", "Can hold and release an order"),
                    ("override_order", "Can change a value for one order only"),
                    ("triage_order", "Can assign, put off and comment on what needs attention"),
                    ("support_order", "Can download a support bundle of an order"),
                    ("resend_order", "Can tell Pressero the status of an order again"),
                ],
            },
        ),
    ]
