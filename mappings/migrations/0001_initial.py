"""All tables of the mappings.

It stands for the migrations of before the first release: a database that has run them all has nothing to do.
"""

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("mappings", "0002_status_note_placeholders"),
        ("mappings", "0003_mapping_change"),
        ("mappings", "0010_keys_as_compared"),
        ("mappings", "0020_status_names"),
    ]

    dependencies = [
        ("integrations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=32, unique=True)),
                ("content", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="MappingChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                ("model", models.CharField(max_length=40)),
                ("row_id", models.BigIntegerField(verbose_name="row")),
                (
                    "row",
                    models.CharField(
                        help_text="The row as a sentence, after the change.",
                        max_length=1000,
                        verbose_name="what it says",
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("added", "added"), ("changed", "changed"), ("deleted", "deleted")],
                        max_length=8,
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("form", "in the portal"),
                            ("file", "by a file"),
                            ("command", "on the command line"),
                            ("configuration", "by the configuration file"),
                        ],
                        max_length=14,
                        verbose_name="how",
                    ),
                ),
                ("actor", models.CharField(blank=True, max_length=200, verbose_name="who")),
                (
                    "differences",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
            ],
            options={
                "verbose_name": "mapping change",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["model", "row_id", "id"], name="mapping_change_of_row")],
            },
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("date", models.DateField(help_text="The day nothing is shipped.")),
                (
                    "name",
                    models.CharField(
                        help_text="Shown wherever a ship date was moved because of it.", max_length=100
                    ),
                ),
                (
                    "every_year",
                    models.BooleanField(default=False, help_text="On this day and month of every year."),
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
                "verbose_name": "holiday",
                "permissions": [
                    ("import_holiday", "Can import holidays"),
                    ("export_holiday", "Can export holidays"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("date", "storefront"),
                        name="holiday_once_per_storefront",
                        violation_error_message="This storefront already has a row for this date.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("storefront__isnull", True)),
                        fields=("date",),
                        name="holiday_once_for_all_storefronts",
                        violation_error_message="There already is a row of all storefronts for this date.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="holiday_named",
                        violation_error_message="Give the holiday a name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductMapping",
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
                    "product",
                    models.CharField(
                        help_text="The product's id, printer part number or name at Pressero. Case and outer blanks do not matter.",
                        max_length=255,
                    ),
                ),
                (
                    "match",
                    models.CharField(
                        choices=[("id", "id"), ("part_number", "part number"), ("name", "name")],
                        help_text="What the product column holds: id, part number or name.",
                        max_length=16,
                    ),
                ),
                (
                    "item_template",
                    models.CharField(help_text="Code of the item template in Pace.", max_length=64),
                ),
                (
                    "product_key",
                    models.CharField(
                        editable=False, help_text="The product as it is compared.", max_length=765
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
                "verbose_name": "product mapping",
                "permissions": [
                    ("import_productmapping", "Can import product mappings"),
                    ("export_productmapping", "Can export product mappings"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product_key", "match", "storefront"),
                        name="product_once_per_storefront",
                        violation_error_message="This storefront already has a row for this product.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("storefront__isnull", True)),
                        fields=("product_key", "match"),
                        name="product_once_for_all_storefronts",
                        violation_error_message="There already is a row of all storefronts for this product.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("product_key", ""), _negated=True),
                            models.Q(("item_template", ""), _negated=True),
                        ),
                        name="product_and_template_filled",
                        violation_error_message="Fill the product and the item template.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("match__in", ["id", "part_number", "name"])),
                        name="product_match_known",
                        violation_error_message="Match is id, part_number or name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentAddressMapping",
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
                    "ship_via",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Id of the ship via in Pace. Empty: the next matching row gives it.",
                        null=True,
                        verbose_name="ship via",
                    ),
                ),
                (
                    "account_number",
                    models.CharField(
                        blank=True,
                        help_text="Shipping account number. Empty: the next matching row gives it.",
                        max_length=50,
                    ),
                ),
                (
                    "business",
                    models.CharField(
                        blank=True, help_text="Business of the ship-to address. Empty: any.", max_length=255
                    ),
                ),
                (
                    "address1",
                    models.CharField(
                        blank=True,
                        help_text="First line of the street address. Empty: any.",
                        max_length=255,
                        verbose_name="address 1",
                    ),
                ),
                ("city", models.CharField(blank=True, help_text="City. Empty: any.", max_length=255)),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        help_text="State or province as Pressero writes it. Empty: any.",
                        max_length=255,
                    ),
                ),
                (
                    "postal",
                    models.CharField(
                        blank=True,
                        help_text="Postal code. Empty: any.",
                        max_length=255,
                        verbose_name="postal code",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="Country as Pressero writes it, two letters as a rule. Empty: any.",
                        max_length=255,
                    ),
                ),
                (
                    "address_key",
                    models.CharField(
                        editable=False, help_text="The columns in one, as they are compared.", max_length=32
                    ),
                ),
                (
                    "text_key",
                    models.CharField(
                        db_default="",
                        default="",
                        editable=False,
                        help_text="The columns but state and country in one: rows are looked up by it.",
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
                "verbose_name": "shipment address mapping",
                "permissions": [
                    ("import_shipmentaddressmapping", "Can import shipment address mappings"),
                    ("export_shipmentaddressmapping", "Can export shipment address mappings"),
                ],
                "indexes": [
                    models.Index(fields=["text_key", "storefront"], name="shipment_address_text_key")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("address_key", "storefront"),
                        name="shipment_address_once_per_storefront",
                        violation_error_message="This storefront already has a row for this address.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("storefront__isnull", True)),
                        fields=("address_key",),
                        name="shipment_address_once_for_all_storefronts",
                        violation_error_message="There already is a row of all storefronts for this address.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("storefront__isnull", False),
                            models.Q(
                                ("address1", ""),
                                ("business", ""),
                                ("city", ""),
                                ("country", ""),
                                ("postal", ""),
                                ("state", ""),
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="shipment_address_not_for_everything",
                        violation_error_message="Fill at least one column: a row with none would match every order of every storefront.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ship_via__isnull", False),
                            models.Q(("account_number", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="shipment_address_has_answer",
                        violation_error_message="Fill the ship via or the account number: a row with neither has no effect.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentMethodMapping",
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
                    "ship_via",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Id of the ship via in Pace. Empty: the next matching row gives it.",
                        null=True,
                        verbose_name="ship via",
                    ),
                ),
                (
                    "account_number",
                    models.CharField(
                        blank=True,
                        help_text="Shipping account number. Empty: the next matching row gives it.",
                        max_length=50,
                    ),
                ),
                (
                    "pressero_method",
                    models.CharField(
                        help_text="The shipping method's name or id at Pressero. Case and outer blanks do not matter.",
                        max_length=255,
                    ),
                ),
                (
                    "method_key",
                    models.CharField(
                        editable=False, help_text="The method as it is compared.", max_length=765
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
                "verbose_name": "shipment method mapping",
                "permissions": [
                    ("import_shipmentmethodmapping", "Can import shipment method mappings"),
                    ("export_shipmentmethodmapping", "Can export shipment method mappings"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("method_key", "storefront"),
                        name="shipment_method_once_per_storefront",
                        violation_error_message="This storefront already has a row for this method.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("storefront__isnull", True)),
                        fields=("method_key",),
                        name="shipment_method_once_for_all_storefronts",
                        violation_error_message="There already is a row of all storefronts for this method.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("method_key", ""), _negated=True),
                        name="shipment_method_filled",
                        violation_error_message="Fill the Pressero method.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ship_via__isnull", False),
                            models.Q(("account_number", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="shipment_method_has_answer",
                        violation_error_message="Fill the ship via or the account number: a row with neither has no effect.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatusMapping",
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
                    "level",
                    models.CharField(
                        choices=[("job", "job"), ("part", "part")],
                        help_text="Whether the status is the job's or a part's.",
                        max_length=8,
                    ),
                ),
                (
                    "pace_status",
                    models.CharField(
                        help_text="Id of the status in Pace.", max_length=64, verbose_name="Pace status"
                    ),
                ),
                (
                    "workflow",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Id or name of the Pressero workflow. Leave blank for the default of all workflows.",
                        max_length=64,
                    ),
                ),
                (
                    "pressero_stage",
                    models.CharField(
                        db_default="",
                        default="",
                        help_text="Id or name of the Pressero stage that the items are set to.",
                        max_length=64,
                        verbose_name="Pressero stage",
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="Sent to Pressero with the stage. {order}, {job}, {part}, {status} and {tracking} are filled in.",
                        max_length=255,
                    ),
                ),
                (
                    "status_key",
                    models.CharField(
                        editable=False, help_text="The status as it is compared.", max_length=765
                    ),
                ),
                (
                    "workflow_key",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The workflow as it is compared.",
                        max_length=765,
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
                "verbose_name": "status mapping",
                "permissions": [
                    ("import_statusmapping", "Can import status mappings"),
                    ("export_statusmapping", "Can export status mappings"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("status_key", "level", "workflow_key", "storefront"),
                        name="status_once_per_storefront",
                        violation_error_message="This storefront already has a row for this status and workflow.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("storefront__isnull", True)),
                        fields=("status_key", "level", "workflow_key"),
                        name="status_once_for_all_storefronts",
                        violation_error_message="There already is a row of all storefronts for this status and workflow.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status_key", ""), _negated=True),
                            models.Q(("pressero_stage", ""), _negated=True),
                        ),
                        name="status_and_stage_filled",
                        violation_error_message="Fill the Pace status and the Pressero stage.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ["job", "part"])),
                        name="status_level_known",
                        violation_error_message="Level is job or part.",
                    ),
                ],
            },
        ),
    ]
