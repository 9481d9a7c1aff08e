import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
        ("mappings", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "object",
                    models.CharField(
                        choices=[
                            ("job", "job"),
                            ("part", "part"),
                            ("shipment", "shipment"),
                            ("carton", "carton"),
                            ("customer", "customer"),
                            ("contact", "contact"),
                        ],
                        help_text="The Pace object that the field belongs to.",
                        max_length=16,
                    ),
                ),
                (
                    "pace_field",
                    models.CharField(
                        help_text="Name of the field in Pace. User-defined fields begin with u_.",
                        max_length=100,
                        verbose_name="Pace field",
                    ),
                ),
                (
                    "priority",
                    models.PositiveIntegerField(
                        default=100, help_text="Of several rules for one field, the lowest number decides."
                    ),
                ),
                (
                    "when",
                    models.CharField(
                        blank=True,
                        help_text="A Liquid condition, such as: item.quantity > 500. Leave blank to use the rule for every order.",
                        max_length=1000,
                    ),
                ),
                (
                    "value",
                    models.TextField(
                        blank=True,
                        help_text="A Liquid template, such as: WEB-{{ order.number }}. Leave blank to leave the field empty.",
                        max_length=4000,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("set", "set"), ("if_empty", "if empty"), ("append", "append")],
                        default="set",
                        help_text="Set: replace the value. If empty: only where there is none. Append: add a line.",
                        max_length=10,
                    ),
                ),
                (
                    "required",
                    models.BooleanField(
                        default=False,
                        help_text="Stop the order when the value is empty, instead of leaving the field empty.",
                    ),
                ),
                (
                    "rule_key",
                    models.CharField(
                        editable=False,
                        help_text="Object, field, priority and condition in one.",
                        max_length=32,
                    ),
                ),
                (
                    "storefront",
                    models.ForeignKey(
                        blank=True,
                        help_text="The storefront this row is for. Empty: all storefronts.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.storefront",
                    ),
                ),
            ],
            options={
                "verbose_name": "field rule",
                "permissions": [
                    ("import_fieldrule", "Can import field rules"),
                    ("export_fieldrule", "Can export field rules"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule_key", "storefront"),
                        name="field_rule_once_per_storefront",
                        violation_error_message="This storefront already has a row for this field with this priority and condition.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("storefront__isnull", True)),
                        fields=("rule_key",),
                        name="field_rule_once_for_all_storefronts",
                        violation_error_message="There already is a row of all storefronts for this field with this priority and condition.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("object__in", ["job", "part", "shipment", "carton", "customer", "contact"]),
                            ("mode__in", ["set", "if_empty", "append"]),
                        ),
                        name="field_rule_object_and_mode_known",
                        violation_error_message="Object or mode is unknown.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pace_field", ""), _negated=True),
                        name="field_rule_field_filled",
                        violation_error_message="Fill the Pace field.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TableValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "table",
                    models.CharField(help_text="Name of the table. Not case-sensitive.", max_length=60),
                ),
                (
                    "original",
                    models.CharField(
                        help_text="The value that is looked up. Not case-sensitive. *: everything that has no row of its own.",
                        max_length=255,
                    ),
                ),
                (
                    "replacement",
                    models.CharField(
                        blank=True, help_text="What it becomes. Leave blank for nothing.", max_length=255
                    ),
                ),
                (
                    "table_key",
                    models.CharField(
                        editable=False, help_text="The table as it is compared.", max_length=180
                    ),
                ),
                (
                    "original_key",
                    models.CharField(
                        editable=False, help_text="The original as it is compared.", max_length=765
                    ),
                ),
                (
                    "storefront",
                    models.ForeignKey(
                        blank=True,
                        help_text="The storefront this row is for. Empty: all storefronts.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="integrations.storefront",
                    ),
                ),
            ],
            options={
                "verbose_name": "value table row",
                "permissions": [
                    ("import_tablevalue", "Can import value table rows"),
                    ("export_tablevalue", "Can export value table rows"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("table_key", "original_key"),
                        name="table_value_once",
                        violation_error_message="This table already has a row for this original.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("table_key", ""), _negated=True),
                            models.Q(("original", ""), _negated=True),
                        ),
                        name="table_value_filled",
                        violation_error_message="Fill the table and the original.",
                    ),
                ],
            },
        ),
    ]
