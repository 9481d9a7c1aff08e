from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0030_people_and_ship_dates"),
    ]

    operations = [
        migrations.AlterField(
            model_name="referenceentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ship_via", "ship vias"),
                    ("item_template", "item templates"),
                    ("job_type", "job types"),
                    ("job_status", "job statuses"),
                    ("shipment_type", "shipment types"),
                    ("country", "countries"),
                    ("state", "states"),
                    ("user_field", "user-defined fields"),
                    ("site", "sites"),
                    ("product", "products"),
                    ("shipping_method", "shipping methods"),
                    ("workflow", "workflows"),
                    ("stage", "stages"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="referencereading",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ship_via", "ship vias"),
                    ("item_template", "item templates"),
                    ("job_type", "job types"),
                    ("job_status", "job statuses"),
                    ("shipment_type", "shipment types"),
                    ("country", "countries"),
                    ("state", "states"),
                    ("user_field", "user-defined fields"),
                    ("site", "sites"),
                    ("product", "products"),
                    ("shipping_method", "shipping methods"),
                    ("workflow", "workflows"),
                    ("stage", "stages"),
                ],
                max_length=20,
            ),
        ),
    ]
