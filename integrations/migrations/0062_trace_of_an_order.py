from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0070_events_sent"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="trace_parent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Where its trace begins (W3C traceparent); empty while traces are off.",
                max_length=60,
            ),
        ),
    ]
