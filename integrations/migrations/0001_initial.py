"""All tables of the hub's own. Groups, schedules, the queue's index and the guard of the audit log: operations/setup/database.py.

It stands for the migrations of before the first release: a database that has run them all has nothing to do.
"""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import automationhub.lib.fields
import integrations.models.audit
import integrations.models.connections
import integrations.models.search


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("integrations", "0002_schedules"),
        ("integrations", "0003_queue_index"),
        ("integrations", "0004_changes_files_alerts"),
        ("integrations", "0005_circuits_and_grouped_alerts"),
        ("integrations", "0006_periodic_runs"),
        ("integrations", "0007_reconcile_schedules"),
        ("integrations", "0008_quiet_looks"),
        ("integrations", "0010_pressero_write_backs"),
        ("integrations", "0011_status_schedule"),
        ("integrations", "0020_reference_data"),
        ("integrations", "0021_reference_schedule"),
        ("integrations", "0022_groups"),
        ("integrations", "0023_right_of_a_claim"),
        ("integrations", "0030_late_events_and_scheme_alert"),
        ("integrations", "0031_token_expiry"),
        ("integrations", "0040_search_words"),
        ("integrations", "0041_fill_search_words"),
        ("integrations", "0050_links_overrides_looks"),
        ("integrations", "0051_groups_of_the_order_page"),
        ("integrations", "0060_certificate_authorities"),
        ("integrations", "0070_inbox"),
        ("integrations", "0071_groups_of_the_inbox"),
        ("integrations", "0080_outgoing_calls"),
        ("integrations", "0081_fill_outgoing_calls"),
        ("integrations", "0082_list_indexes"),
        ("integrations", "0083_exports"),
        ("integrations", "0084_groups_of_calls_and_exports"),
        ("integrations", "0090_home"),
        ("integrations", "0091_groups_of_failed_logins"),
        ("integrations", "0092_retention_schedule"),
        ("integrations", "0094_system_of_calls"),
        ("integrations", "0095_whole_indexes"),
        ("integrations", "0097_help_texts"),
        ("integrations", "0100_pace_server_facts"),
        ("integrations", "0101_unreadable_in_pace"),
        ("integrations", "0110_probe_runs"),
        ("integrations", "0120_pace_writes"),
        ("integrations", "0121_order_identity"),
        ("integrations", "0130_one_table_of_work_leases"),
        ("integrations", "0131_heartbeat_clock"),
        ("integrations", "0140_home_country_help"),
        ("integrations", "0150_going_live"),
        ("integrations", "0160_schedules_without_arguments"),
        ("integrations", "0161_alert_of_a_changed_address"),
        ("integrations", "0170_second_factor_groups"),
        ("integrations", "0171_sessions"),
        ("integrations", "0172_groups_of_sessions"),
        ("integrations", "0180_audit_log_guard"),
        ("integrations", "0181_alert_of_an_end"),
        ("integrations", "0190_claims_that_end"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cluster", models.CharField(max_length=200, unique=True)),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "clock_problem",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="How wrong the clock of its machine is; empty: it is right.",
                    ),
                ),
            ],
            options={
                "verbose_name": "worker heartbeat",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="HourlyOrders",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(help_text="Its beginning.", unique=True)),
                ("received", models.PositiveIntegerField(default=0)),
                (
                    "stopped",
                    models.PositiveIntegerField(
                        default=0, help_text="How many of them needed a person at least once."
                    ),
                ),
                ("by_status", models.JSONField(default=dict, help_text="How many are in each state.")),
            ],
            options={
                "verbose_name": "orders of an hour",
                "ordering": ["hour"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("number", models.BigIntegerField()),
                (
                    "identity",
                    models.CharField(
                        editable=False,
                        help_text="Pressero host, subscriber and number. Empty: not taken yet, or another row has it.",
                        max_length=40,
                        null=True,
                        unique=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("waiting", "Waiting for approvals"),
                            ("processing", "Processing"),
                            ("submitted", "Submitted"),
                            ("completed", "Completed"),
                            ("denied", "Denied"),
                            ("on_hold", "On hold"),
                            ("needs_attention", "Needs attention"),
                            ("shadow", "Shadow: planned, nothing written"),
                        ],
                        db_default="received",
                        default="received",
                        max_length=20,
                    ),
                ),
                (
                    "message",
                    models.TextField(blank=True, help_text="What is the matter; empty when nothing is."),
                ),
                (
                    "failure_mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "-"),
                            ("transient", "The clock: it is tried again by itself"),
                            ("config", "Staff: a mapping, a setting or credentials"),
                            ("order", "Staff: this order"),
                            ("look_first", "The hub looks in Pace before it writes again"),
                            ("internal", "A fault of the hub itself"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="who must act",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True, help_text="Groups equal failures of many orders.", max_length=200
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True, help_text="When a worker should look at it; empty: never.", null=True
                    ),
                ),
                (
                    "queued_until",
                    models.DateTimeField(
                        blank=True, help_text="A wake-up message is on its way until then.", null=True
                    ),
                ),
                (
                    "wake_count",
                    models.PositiveIntegerField(
                        default=0, help_text="Raised by everything that asks for a look."
                    ),
                ),
                (
                    "quiet_look",
                    models.BooleanField(
                        default=False,
                        help_text="Only a recurring comparison asked for the look: without news it leaves no trace.",
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        default=0, help_text="Tries since the last success, counted before each."
                    ),
                ),
                (
                    "unfinished_claims",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Claims whose worker ended without a word."
                    ),
                ),
                (
                    "claim_series",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Raised whenever the count of unfinished claims starts over: who wakes late knows whether it is in it.",
                    ),
                ),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("lease_owner", models.CharField(blank=True, max_length=200)),
                (
                    "stopped_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When it first needed a person; it stays when that is over.",
                        null=True,
                    ),
                ),
                (
                    "fetched",
                    models.JSONField(
                        blank=True, help_text="The order as read from Pressero; money as text.", null=True
                    ),
                ),
                ("fetched_at", models.DateTimeField(blank=True, null=True)),
                (
                    "plan",
                    models.JSONField(
                        blank=True, help_text="The plan that was sent to Pace, with its lineage.", null=True
                    ),
                ),
                (
                    "sent_payload",
                    models.JSONField(
                        blank=True,
                        help_text="The order as it was when its jobs were made; later readings are compared with it.",
                        null=True,
                    ),
                ),
                (
                    "released",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Staff released it or processed it again, so it is sent even if it is older than its storefront takes.",
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "seconds_to_job",
                    models.FloatField(
                        blank=True,
                        help_text="From the webhook that let it be sent to its last job in Pace.",
                        null=True,
                    ),
                ),
                ("placed_at", models.DateTimeField(blank=True, null=True)),
                ("customer_name", models.CharField(blank=True, max_length=200)),
                ("buyer_email", models.CharField(blank=True, max_length=254)),
                ("po_number", models.CharField(blank=True, max_length=100, verbose_name="PO number")),
                ("total", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("pace_customer", models.CharField(blank=True, max_length=50, verbose_name="Pace customer")),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
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
                    ("resend_order", "Can tell Pressero the status of an order again"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="order_due"
                    ),
                    models.Index(
                        condition=models.Q(("lease_until__isnull", False)),
                        fields=["lease_until"],
                        name="order_leased",
                    ),
                    models.Index(
                        condition=models.Q(("lease_token__isnull", False)),
                        fields=["lease_token"],
                        name="order_token",
                    ),
                    models.Index(fields=["status", "-id"], name="order_by_status"),
                    models.Index(fields=["failure_mode", "-id"], name="order_by_who_must_act"),
                    models.Index(fields=["cause", "status", "-id"], name="order_by_cause"),
                    models.Index(fields=["number"], name="order_by_number"),
                    models.Index(fields=["buyer_email"], name="order_by_email"),
                    models.Index(fields=["received_at", "status", "stopped_at"], name="order_by_received"),
                    models.Index(
                        condition=models.Q(("seconds_to_job__isnull", False)),
                        fields=["-submitted_at", "seconds_to_job"],
                        name="order_by_seconds",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gt", 0)), name="order_number_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaceServer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="How this server is called in the hub.", max_length=100, unique=True
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        help_text="Part of the address Pace may push status changes to.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                (
                    "url",
                    models.CharField(
                        help_text="As people type it: https://pace.example.com is enough.",
                        max_length=255,
                        validators=[integrations.models.connections.validate_http_address],
                        verbose_name="address",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        blank=True,
                        help_text='A Pace user with "Allow remote API usage".',
                        max_length=150,
                        verbose_name="user name",
                    ),
                ),
                (
                    "password",
                    automationhub.lib.fields.EncryptedTextField(
                        blank=True, help_text="Stored encrypted and never shown again."
                    ),
                ),
                (
                    "ca_certificates",
                    models.TextField(
                        blank=True,
                        help_text="Only for an https address whose certificate no browser trusts: the certificates (PEM) of the authority that signed it. Only these are believed then. Empty: the authorities that browsers trust.",
                        validators=[integrations.models.connections.validate_certificates],
                        verbose_name="certificate authorities",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        db_default="America/New_York",
                        default="America/New_York",
                        help_text="The zone this server's days and hours are in. Ship dates are worked out in it.",
                        max_length=64,
                        validators=[integrations.models.connections.validate_time_zone],
                    ),
                ),
                (
                    "date_times",
                    models.CharField(
                        choices=[
                            ("utc", "In UTC, as Pace documents it"),
                            ("local", "In the server's own time zone"),
                        ],
                        db_default="utc",
                        default="utc",
                        help_text="How this server takes and gives dates with a time. Leave this on UTC unless ship times in Pace are off by the time zone's hours.",
                        max_length=8,
                        verbose_name="dates and times are sent",
                    ),
                ),
                (
                    "alert_emails",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Who is told when something needs a person.",
                        validators=[integrations.models.connections.validate_emails],
                    ),
                ),
                (
                    "job_link",
                    models.CharField(
                        blank=True,
                        help_text="Page of a job in Pace, for links in the portal, with {job} for its number, such as https://pace.example.com/epace/company:c001/object/Job/detail/{job}. Empty: no link.",
                        max_length=255,
                        validators=[integrations.models.connections.validate_job_link],
                        verbose_name="link to a job",
                    ),
                ),
                (
                    "push_token",
                    automationhub.lib.fields.EncryptedTextField(
                        blank=True,
                        help_text="Pace event handlers send it with a push. Empty: pushes are refused.",
                    ),
                ),
                (
                    "default_ship_via",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Pace ship via when no mapping and no storefront default applies.",
                        null=True,
                    ),
                ),
                (
                    "job_type",
                    models.PositiveIntegerField(
                        blank=True, help_text="Job type of new jobs. Empty: Pace's own default.", null=True
                    ),
                ),
                (
                    "admin_status",
                    models.CharField(
                        blank=True, help_text="Status of new jobs. Empty: Pace's own default.", max_length=20
                    ),
                ),
                (
                    "job_order_type",
                    models.CharField(
                        blank=True, help_text='Job order type. Empty: "New Order".', max_length=50
                    ),
                ),
                (
                    "shipment_type",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Shipment type of planned shipments. Empty: the one with the flag Planned in Pace.",
                        null=True,
                    ),
                ),
                (
                    "web_order_ids",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="On: the Pressero order number is written to each job's Web Order ID, and a job whose description was edited in Pace is still found. Turn this off if another program uses Web Order IDs on this server.",
                        verbose_name="write web order IDs",
                    ),
                ),
                (
                    "home_country",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Country of ship-to addresses that name none: a code or a name, such as US. Empty: orders with such an address stop.",
                        max_length=60,
                    ),
                ),
                (
                    "retry_hours",
                    models.PositiveIntegerField(
                        default=24,
                        help_text="How long a failing order is tried again by itself.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "quiet_seconds",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="After a commit whose answer was lost: how long Pace may still be at work before the job is looked for.",
                    ),
                ),
                (
                    "max_concurrent_orders",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="How many orders may be written to this server at the same time. 0: no limit.",
                    ),
                ),
                (
                    "max_calls_per_second",
                    models.PositiveIntegerField(
                        default=0, help_text="Calls per second of all workers together. 0: no limit."
                    ),
                ),
                (
                    "customer_defaults",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='Pace fields of new customers that an order has no value for, such as {"terms": 1, "salesPerson": 1}.',
                        validators=[integrations.models.connections.validate_field_values],
                        verbose_name="new customer defaults",
                    ),
                ),
                (
                    "contact_defaults",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Pace fields of new contacts that an order has no value for.",
                        validators=[integrations.models.connections.validate_field_values],
                        verbose_name="new contact defaults",
                    ),
                ),
                (
                    "unreadable",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value({}, output_field=models.JSONField()),
                        default=dict,
                        editable=False,
                        help_text="What Pace refused to answer in the last status pass: a sentence for each kind of reading.",
                    ),
                ),
                (
                    "active",
                    models.BooleanField(
                        default=True, help_text="Orders for an inactive server wait as needing attention."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "Pace server",
                "ordering": ["name"],
                "permissions": [("test_paceserver", "Can test the connection of a Pace server")],
            },
        ),
        migrations.CreateModel(
            name="PresseroAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="How this account is called in the hub.", max_length=100, unique=True
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        help_text="Part of the webhook address. A long, secret one keeps strangers from knocking.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                (
                    "base_url",
                    models.CharField(
                        help_text="The API address, such as https://admin.chi.v6.pressero.com/api/.",
                        max_length=255,
                        validators=[integrations.models.connections.validate_http_address],
                        verbose_name="address",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        blank=True,
                        help_text="A Pressero admin user kept for the hub.",
                        max_length=150,
                        verbose_name="user name",
                    ),
                ),
                (
                    "password",
                    automationhub.lib.fields.EncryptedTextField(
                        blank=True, help_text="Stored encrypted and never shown again."
                    ),
                ),
                (
                    "order_link",
                    models.CharField(
                        blank=True,
                        help_text="Page of an order in Pressero's admin, for links in the portal, with {order} for its number and, where needed, {site} for the site ID. Empty: no link.",
                        max_length=255,
                        validators=[integrations.models.connections.validate_order_link],
                        verbose_name="link to an order",
                    ),
                ),
                (
                    "subscriber_id",
                    models.CharField(
                        blank=True,
                        help_text="The account's id (a GUID).",
                        max_length=64,
                        verbose_name="subscriber ID",
                    ),
                ),
                (
                    "consumer_id",
                    models.CharField(
                        blank=True,
                        help_text="The id Aleyant issued for this application (a GUID).",
                        max_length=64,
                        verbose_name="consumer ID",
                    ),
                ),
                (
                    "security_key",
                    automationhub.lib.fields.EncryptedTextField(
                        blank=True,
                        help_text="The Security Key of the webhook in Pressero. Empty: events are accepted unsigned.",
                    ),
                ),
                (
                    "ca_certificates",
                    models.TextField(
                        blank=True,
                        help_text="Only for an https address whose certificate no browser trusts: the certificates (PEM) of the authority that signed it. Only these are believed then. Empty: the authorities that browsers trust.",
                        validators=[integrations.models.connections.validate_certificates],
                        verbose_name="certificate authorities",
                    ),
                ),
                (
                    "hash_scheme",
                    models.CharField(
                        choices=[
                            ("auto", "Find out from the first genuine message"),
                            ("key+body:hex", "SHA1(key + body), hexadecimal"),
                            ("key+body:b64", "SHA1(key + body), base64"),
                            ("body+key:hex", "SHA1(body + key), hexadecimal"),
                            ("body+key:b64", "SHA1(body + key), base64"),
                            ("key+body/utf16:hex", "SHA1(key + body) as UTF-16, hexadecimal"),
                            ("key+body/utf16:b64", "SHA1(key + body) as UTF-16, base64"),
                            ("body+key/utf16:hex", "SHA1(body + key) as UTF-16, hexadecimal"),
                            ("body+key/utf16:b64", "SHA1(body + key) as UTF-16, base64"),
                            ("hmac:hex", "HMAC-SHA1, hexadecimal"),
                            ("hmac:b64", "HMAC-SHA1, base64"),
                        ],
                        default="auto",
                        help_text="How Pressero signs its webhooks. Leave it on automatic unless you know better.",
                        max_length=24,
                    ),
                ),
                (
                    "detected_hash_scheme",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("auto", "Find out from the first genuine message"),
                            ("key+body:hex", "SHA1(key + body), hexadecimal"),
                            ("key+body:b64", "SHA1(key + body), base64"),
                            ("body+key:hex", "SHA1(body + key), hexadecimal"),
                            ("body+key:b64", "SHA1(body + key), base64"),
                            ("key+body/utf16:hex", "SHA1(key + body) as UTF-16, hexadecimal"),
                            ("key+body/utf16:b64", "SHA1(key + body) as UTF-16, base64"),
                            ("body+key/utf16:hex", "SHA1(body + key) as UTF-16, hexadecimal"),
                            ("body+key/utf16:b64", "SHA1(body + key) as UTF-16, base64"),
                            ("hmac:hex", "HMAC-SHA1, hexadecimal"),
                            ("hmac:b64", "HMAC-SHA1, base64"),
                        ],
                        editable=False,
                        help_text="The scheme of the first genuine message; with the automatic setting only this one is accepted.",
                        max_length=24,
                    ),
                ),
                (
                    "active",
                    models.BooleanField(
                        default=True,
                        help_text="An inactive account answers webhooks with 404 and reads nothing.",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "Pressero account",
                "ordering": ["name"],
                "permissions": [("test_presseroaccount", "Can test the connection of a Pressero account")],
            },
        ),
        migrations.CreateModel(
            name="SecondFactorGroup",
            fields=[
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="second_factor",
                        serialize=False,
                        to="auth.group",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WorkLease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "queued_until",
                    models.DateTimeField(
                        blank=True, help_text="A wake-up message is on its way until then.", null=True
                    ),
                ),
                (
                    "begun_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Start of a pass that is not finished yet; the next worker continues it.",
                        null=True,
                    ),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "summary",
                    models.TextField(
                        blank=True, db_default="", default="", help_text="What the last pass did."
                    ),
                ),
                ("problem", models.TextField(blank=True, help_text="Why the last pass did not get through.")),
            ],
            options={
                "verbose_name": "work lease",
                "ordering": ["name"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "prefix",
                    models.CharField(
                        editable=False, help_text="Its first characters, to tell tokens apart.", max_length=8
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read"), ("operate", "Read and operate")],
                        default="read",
                        max_length=8,
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="Empty: it has no end.", null=True),
                ),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CauseCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cause", models.CharField(max_length=200, unique=True)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "cause",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CauseComment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField()),
                ("author", models.CharField(max_length=200)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="integrations.causecase",
                    ),
                ),
            ],
            options={
                "verbose_name": "comment",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "list",
                    models.CharField(help_text="The rows' model, as in integrations.order.", max_length=100),
                ),
                (
                    "query",
                    models.TextField(
                        blank=True, help_text="The filters and the search of the list, as in its address."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.TextField(blank=True)),
                ("total", models.PositiveBigIntegerField(blank=True, null=True)),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("pieces", models.PositiveIntegerField(default=0)),
                (
                    "position",
                    models.BigIntegerField(
                        blank=True, help_text="Key of the last row that is written.", null=True
                    ),
                ),
                ("queued_until", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["created_at"], name="export_by_age"),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["created_at"],
                        name="export_unfinished",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportPiece",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.export",
                    ),
                ),
            ],
            options={
                "ordering": ["export", "number"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("export", "number"), name="export_piece_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("type", models.CharField(max_length=60)),
                ("data", models.JSONField(default=dict)),
                (
                    "actor",
                    models.CharField(
                        help_text="A worker, a command, Pressero, or the user's name as it was.",
                        max_length=200,
                    ),
                ),
                (
                    "correlation",
                    models.CharField(
                        blank=True, help_text="Ties together what one try of one order did.", max_length=40
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "ordering": ["-id"],
                "permissions": [("export_auditentry", "Can export audit entries")],
                "indexes": [
                    models.Index(fields=["order", "id"], name="audit_by_order"),
                    models.Index(fields=["type", "-id"], name="audit_by_type"),
                    models.Index(fields=["at"], name="audit_by_time"),
                    models.Index(
                        integrations.models.audit.KindOf("type"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="audit_by_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("needs_attention", "Needs attention"),
                            ("changed_after_submission", "Changed after submission"),
                            ("connection_down", "Connection down"),
                            ("connection_up", "Connection up again"),
                            ("scheme_changed", "Webhooks are signed differently"),
                            ("address_changed", "The address of a connection changed"),
                            ("expires_soon", "A token or certificate expires soon"),
                            ("digest", "Daily summary"),
                            ("trial", "Trial alert"),
                        ],
                        db_default="",
                        default="",
                        max_length=32,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        help_text="A hash of what it is about: the same is not told twice.", max_length=64
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        blank=True, help_text="What several orders have in common.", max_length=200
                    ),
                ),
                ("text", models.TextField()),
                ("recipients", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at__isnull", True)), fields=["id"], name="alert_unsent"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "kind", "cause"), name="alert_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("order__isnull", True)),
                        fields=("kind", "cause"),
                        name="alert_once_without_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("item", models.PositiveIntegerField(blank=True, null=True)),
                ("field", models.CharField(max_length=80)),
                ("before", models.TextField(blank=True, verbose_name="as sent")),
                ("after", models.TextField(blank=True, verbose_name="now")),
                ("found_at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("handled_by", models.CharField(blank=True, max_length=200)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "change after submission",
                "verbose_name_plural": "changes after submission",
                "ordering": ["order", "item", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("item__isnull", False)),
                        fields=("order", "item", "field"),
                        name="change_unique_field",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("item__isnull", True)),
                        fields=("order", "field"),
                        name="change_unique_order_field",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.PositiveIntegerField(verbose_name="item")),
                ("pressero_id", models.CharField(blank=True, max_length=64)),
                ("product_name", models.CharField(blank=True, max_length=300)),
                ("item_name", models.CharField(blank=True, max_length=300)),
                ("quantity", models.IntegerField(default=0)),
                ("price", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("is_approved", models.BooleanField(default=False, verbose_name="approved")),
                ("is_denied", models.BooleanField(default=False, verbose_name="denied")),
                ("stage_name", models.CharField(blank=True, max_length=120, verbose_name="stage")),
                (
                    "job_number",
                    models.CharField(blank=True, help_text="The Pace job of this item.", max_length=200),
                ),
                (
                    "told_job_number",
                    models.CharField(
                        blank=True,
                        help_text="The job number last written to Pressero.",
                        max_length=200,
                        verbose_name="told to Pressero",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "order item",
                "ordering": ["order", "seq"],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "seq"), name="item_unique_seq"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemStage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When it is to be delivered or tried again; empty: nothing to do.",
                        null=True,
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        default=0, help_text="Tries since the last success, counted before each."
                    ),
                ),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "problem",
                    models.TextField(
                        blank=True, help_text="Why it was not delivered; empty when nothing is the matter."
                    ),
                ),
                ("problem_cause", models.CharField(blank=True, max_length=200)),
                (
                    "failure_mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "-"),
                            ("transient", "The clock: it is tried again by itself"),
                            ("config", "Staff: a mapping, a setting or credentials"),
                            ("order", "Staff: this order"),
                            ("look_first", "The hub looks in Pace before it writes again"),
                            ("internal", "A fault of the hub itself"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="who must act",
                    ),
                ),
                ("workflow", models.CharField(blank=True, max_length=64)),
                (
                    "wanted",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="What the item's job parts ask for (planning/statuses.py, Candidate); usually one entry.",
                    ),
                ),
                ("wanted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cause",
                    models.CharField(blank=True, help_text="How the change was noticed.", max_length=40),
                ),
                ("version", models.PositiveIntegerField(default=0, help_text="Raised by every new wish.")),
                (
                    "resolved_at",
                    models.DateTimeField(
                        blank=True, help_text="When the mapping was last asked for this item.", null=True
                    ),
                ),
                (
                    "unmapped",
                    models.BooleanField(
                        default=False, help_text="No mapping row answers its present status."
                    ),
                ),
                (
                    "sending_stage",
                    models.CharField(
                        blank=True,
                        help_text="Stored before the call leaves; still there afterwards: nobody knows whether it was applied.",
                        max_length=64,
                    ),
                ),
                (
                    "echo_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then Pressero's event about our own write is expected.",
                        null=True,
                    ),
                ),
                ("told_stage", models.CharField(blank=True, max_length=64)),
                ("told_name", models.CharField(blank=True, max_length=120, verbose_name="told to Pressero")),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                (
                    "seen_stage",
                    models.CharField(blank=True, help_text="As Pressero last showed it.", max_length=64),
                ),
                ("seen_name", models.CharField(blank=True, max_length=120, verbose_name="stage in Pressero")),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stage",
                        to="integrations.orderitem",
                    ),
                ),
            ],
            options={
                "verbose_name": "item stage",
                "ordering": ["item"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="stage_due"
                    ),
                    models.Index(fields=["failure_mode"], name="stage_with_problem"),
                    models.Index(
                        condition=models.Q(("unmapped", True)), fields=["item"], name="stage_unmapped"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "item",
                    models.PositiveIntegerField(
                        blank=True, help_text="Empty: for the whole order.", null=True
                    ),
                ),
                ("key", models.CharField(max_length=60, verbose_name="field")),
                ("value", models.TextField(help_text="As it was typed.")),
                (
                    "note",
                    models.CharField(
                        help_text="Why; it stands in the audit log and beside the value.", max_length=300
                    ),
                ),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField(auto_now=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="overrides",
                        to="integrations.order",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "changed value",
                "ordering": ["order", "item", "key"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("item__isnull", False)),
                        fields=("order", "item", "key"),
                        name="override_unique_item",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("item__isnull", True)),
                        fields=("order", "key"),
                        name="override_unique_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaceLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        help_text="Nobody has read it yet while this is later than the reading."
                    ),
                ),
                ("asked_by", models.CharField(blank=True, max_length=200)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "problem",
                    models.TextField(
                        blank=True, help_text="Why the last reading failed; empty when it did not."
                    ),
                ),
                (
                    "held",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Tables of fields, each with what was sent and what Pace holds.",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pace_look",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "look at Pace",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PaceJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "txn",
                    models.CharField(blank=True, db_default="", max_length=300, verbose_name="transaction"),
                ),
                (
                    "sent_to",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="The address of Pace where the transaction was begun.",
                        max_length=255,
                        verbose_name="sent to",
                    ),
                ),
                ("intent_at", models.DateTimeField(blank=True, null=True, verbose_name="commit sent at")),
                ("quiet_until", models.DateTimeField(blank=True, null=True)),
                (
                    "refusal",
                    models.TextField(
                        blank=True,
                        db_default="",
                        help_text="What Pace said when it refused the commit, until it is verified.",
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        help_text='"order", or item and file number in split mode.', max_length=40
                    ),
                ),
                ("description", models.CharField(max_length=255)),
                ("customer", models.CharField(max_length=50)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("writing", "Being written"),
                            ("committing", "Commit sent, answer open"),
                            ("done", "In Pace"),
                        ],
                        default="planned",
                        max_length=12,
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, help_text="Given by Pace.", max_length=50, verbose_name="job"
                    ),
                ),
                ("total", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                (
                    "adopted",
                    models.BooleanField(default=False, help_text="Found in Pace after a lost answer."),
                ),
                (
                    "files",
                    models.JSONField(
                        blank=True,
                        help_text="Links of the files known to be in Pace; empty: Pace is asked first.",
                        null=True,
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "pace_status",
                    models.CharField(
                        blank=True, help_text="Id, as last read.", max_length=64, verbose_name="Pace status"
                    ),
                ),
                ("pace_status_name", models.CharField(blank=True, max_length=200, verbose_name="status")),
                (
                    "part_statuses",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='Of each part: {"01": {"id": "B", "name": "Bindery"}}.',
                    ),
                ),
                ("open_in_pace", models.BooleanField(default=True, verbose_name="open")),
                (
                    "synced_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the last reading that counts was begun.",
                        null=True,
                        verbose_name="last sync",
                    ),
                ),
                (
                    "sync_due_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Pace (or somebody) asked for a look; empty: the next pass comes anyway.",
                        null=True,
                    ),
                ),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone from Pace")),
                (
                    "watch_ended_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="It is closed, and everything about it was told to Pressero.",
                        null=True,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="integrations.order",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="integrations.paceserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "Pace job",
                "ordering": ["order", "id"],
                "permissions": [
                    ("sync_pacejob", "Can have jobs synced with Pace now"),
                    ("export_pacejob", "Can export jobs"),
                ],
                "indexes": [
                    models.Index(fields=["number"], name="job_by_number"),
                    models.Index(
                        condition=models.Q(("state", "done"), ("watch_ended_at__isnull", True)),
                        fields=["server", "synced_at"],
                        name="job_watched",
                    ),
                    models.Index(
                        condition=models.Q(("sync_due_at__isnull", False)),
                        fields=["sync_due_at"],
                        name="job_sync_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "unit"), name="job_unique_unit"),
                    models.UniqueConstraint(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=("server", "number"),
                        name="job_unique_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactCreation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "txn",
                    models.CharField(blank=True, db_default="", max_length=300, verbose_name="transaction"),
                ),
                (
                    "sent_to",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="The address of Pace where the transaction was begun.",
                        max_length=255,
                        verbose_name="sent to",
                    ),
                ),
                ("intent_at", models.DateTimeField(blank=True, null=True, verbose_name="commit sent at")),
                ("quiet_until", models.DateTimeField(blank=True, null=True)),
                (
                    "refusal",
                    models.TextField(
                        blank=True,
                        db_default="",
                        help_text="What Pace said when it refused the commit, until it is verified.",
                    ),
                ),
                ("key", models.CharField(max_length=300)),
                ("lease_token", models.UUIDField(blank=True, null=True, verbose_name="held by the claim")),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.paceserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact creation",
                "constraints": [
                    models.UniqueConstraint(fields=("server", "key"), name="contact_creation_unique_key"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaceShipment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When it is to be delivered or tried again; empty: nothing to do.",
                        null=True,
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        default=0, help_text="Tries since the last success, counted before each."
                    ),
                ),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "problem",
                    models.TextField(
                        blank=True, help_text="Why it was not delivered; empty when nothing is the matter."
                    ),
                ),
                ("problem_cause", models.CharField(blank=True, max_length=200)),
                (
                    "failure_mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "-"),
                            ("transient", "The clock: it is tried again by itself"),
                            ("config", "Staff: a mapping, a setting or credentials"),
                            ("order", "Staff: this order"),
                            ("look_first", "The hub looks in Pace before it writes again"),
                            ("internal", "A fault of the hub itself"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="who must act",
                    ),
                ),
                (
                    "pace_id",
                    models.BigIntegerField(
                        help_text="Id of the JobShipment in Pace.", verbose_name="shipment"
                    ),
                ),
                (
                    "items",
                    models.JSONField(blank=True, default=list, help_text="Numbers of the items it carries."),
                ),
                (
                    "numbers",
                    models.JSONField(
                        blank=True, default=list, help_text="Its tracking numbers, as last read."
                    ),
                ),
                ("day", models.DateField(blank=True, null=True)),
                (
                    "told_numbers",
                    models.JSONField(
                        blank=True, help_text="What Pressero was told; empty: nothing yet.", null=True
                    ),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shipments",
                        to="integrations.pacejob",
                    ),
                ),
            ],
            options={
                "verbose_name": "shipment",
                "ordering": ["job", "pace_id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="shipment_due"
                    ),
                    models.Index(fields=["failure_mode"], name="shipment_with_problem"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "pace_id"), name="shipment_once_per_job"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PortalSession",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "session_key",
                    models.CharField(
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                        verbose_name="session key",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=45)),
                ("browser", models.CharField(blank=True, max_length=60)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="portal_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
                "default_permissions": ("view", "delete"),
                "indexes": [
                    models.Index(fields=["user", "-seen_at"], name="session_by_user"),
                ],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="integrations.presseroaccount",
            ),
        ),
        migrations.CreateModel(
            name="Circuit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, help_text="Failures in a row.")),
                ("down_since", models.DateTimeField(blank=True, null=True)),
                ("open_until", models.DateTimeField(blank=True, null=True, verbose_name="not called before")),
                ("probe_until", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True)),
                (
                    "paused",
                    models.BooleanField(
                        default=False, help_text="Paused by hand: nobody calls until it is resumed."
                    ),
                ),
                (
                    "next_call_at",
                    models.DateTimeField(
                        blank=True, help_text="Next free slot of the call rate limit.", null=True
                    ),
                ),
                (
                    "server",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="circuit",
                        to="integrations.paceserver",
                    ),
                ),
                (
                    "account",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="circuit",
                        to="integrations.presseroaccount",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account__isnull", True), ("server__isnull", False)),
                            models.Q(("account__isnull", False), ("server__isnull", True)),
                            _connector="OR",
                        ),
                        name="circuit_of_one_system",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProbeRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        blank=True,
                        help_text="The customer it writes for, or the order it reads. Empty: its own choice.",
                        max_length=60,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "said",
                    models.JSONField(
                        blank=True, default=list, help_text="What it said it was about to do, in order."
                    ),
                ),
                ("problem", models.TextField(blank=True, help_text="Why there is no report.")),
                (
                    "held",
                    models.BooleanField(
                        blank=True, help_text="Whether everything that matters and was seen is so.", null=True
                    ),
                ),
                (
                    "version",
                    models.CharField(blank=True, max_length=60, verbose_name="version of the system"),
                ),
                (
                    "product_version",
                    models.CharField(blank=True, max_length=30, verbose_name="version of the hub"),
                ),
                ("report", models.JSONField(blank=True, default=dict)),
                ("queued_until", models.DateTimeField(blank=True, null=True)),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="probes",
                        to="integrations.presseroaccount",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="probes",
                        to="integrations.paceserver",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["created_at"],
                        name="probe_unfinished",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("server__isnull", True), ("account__isnull", True), _connector="XOR"
                        ),
                        name="probe_of_one_system",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferenceEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ship_via", "ship vias"),
                            ("item_template", "item templates"),
                            ("job_type", "job types"),
                            ("job_status", "job statuses"),
                            ("shipment_type", "shipment types"),
                            ("country", "countries"),
                            ("state", "states"),
                            ("site", "sites"),
                            ("product", "products"),
                            ("shipping_method", "shipping methods"),
                            ("workflow", "workflows"),
                            ("stage", "stages"),
                        ],
                        max_length=20,
                    ),
                ),
                ("parent", models.CharField(blank=True, max_length=64)),
                ("key", models.CharField(max_length=100, verbose_name="code")),
                ("label", models.CharField(blank=True, max_length=300, verbose_name="name")),
                ("extra", models.JSONField(blank=True, default=dict)),
                ("active", models.BooleanField(default=True, help_text="Switched on in its own system.")),
                (
                    "search",
                    models.CharField(
                        editable=False,
                        help_text="Code, name and part number as searched for.",
                        max_length=500,
                    ),
                ),
                ("seen_at", models.DateTimeField(verbose_name="last seen")),
                (
                    "gone_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Its system no longer lists it.",
                        null=True,
                        verbose_name="gone since",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.presseroaccount",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.paceserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "reference entry",
                "verbose_name_plural": "reference data",
                "ordering": ["kind", "label", "key"],
                "indexes": [
                    models.Index(fields=["server", "kind", "search"], name="reference_search_server"),
                    models.Index(
                        fields=["account", "kind", "parent", "search"], name="reference_search_account"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("server", "kind", "parent", "key"), name="reference_once_per_server"
                    ),
                    models.UniqueConstraint(
                        fields=("account", "kind", "parent", "key"), name="reference_once_per_account"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account__isnull", True), ("server__isnull", False)),
                            models.Q(("account__isnull", False), ("server__isnull", True)),
                            _connector="OR",
                        ),
                        name="reference_of_one_system",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferenceReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ship_via", "ship vias"),
                            ("item_template", "item templates"),
                            ("job_type", "job types"),
                            ("job_status", "job statuses"),
                            ("shipment_type", "shipment types"),
                            ("country", "countries"),
                            ("state", "states"),
                            ("site", "sites"),
                            ("product", "products"),
                            ("shipping_method", "shipping methods"),
                            ("workflow", "workflows"),
                            ("stage", "stages"),
                        ],
                        max_length=20,
                    ),
                ),
                ("parent", models.CharField(blank=True, max_length=64)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("entries", models.PositiveIntegerField(default=0)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, help_text="Empty when the last reading went well.")),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.presseroaccount",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.paceserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "reading of reference data",
                "ordering": ["kind", "parent"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("server", "kind", "parent"), name="reading_once_per_server"
                    ),
                    models.UniqueConstraint(
                        fields=("account", "kind", "parent"), name="reading_once_per_account"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Order number"),
                            (2, "Job in Pace"),
                            (3, "PO number"),
                            (4, "Tracking number"),
                            (5, "Customer"),
                            (6, "Email"),
                            (7, "Product"),
                        ]
                    ),
                ),
                ("word", integrations.models.search.BytewiseCharField(max_length=80)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_words",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["kind", "word", "-order"], name="search_by_word"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "kind", "word"), name="search_word_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StepAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("fetch", "Read the order from Pressero"),
                            ("decide", "Decide whether it is sent"),
                            ("plan", "Plan what is written"),
                            ("submit", "Write the jobs to Pace"),
                            ("write_back", "Tell Pressero the job numbers"),
                        ],
                        max_length=12,
                    ),
                ),
                ("attempt", models.PositiveIntegerField()),
                ("worker", models.CharField(blank=True, max_length=200)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("retry", "Will be tried again"),
                            ("stopped", "Stopped, a person must act"),
                            ("abandoned", "Its worker ended without a word"),
                        ],
                        default="running",
                        max_length=12,
                    ),
                ),
                (
                    "failure_mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "-"),
                            ("transient", "The clock: it is tried again by itself"),
                            ("config", "Staff: a mapping, a setting or credentials"),
                            ("order", "Staff: this order"),
                            ("look_first", "The hub looks in Pace before it writes again"),
                            ("internal", "A fault of the hub itself"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("message", models.TextField(blank=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="step_attempts",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "step attempt",
                "ordering": ["order", "id"],
                "indexes": [
                    models.Index(fields=["order", "id"], name="attempt_by_order"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Storefront",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Stands in job descriptions in Pace, after the order number.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                (
                    "site_id",
                    models.CharField(
                        help_text="Pressero's id of the site (a GUID); webhooks carry it.",
                        max_length=64,
                        verbose_name="site ID",
                    ),
                ),
                (
                    "integration_id",
                    models.CharField(
                        blank=True,
                        help_text="Pace customer of all orders. Empty: Pressero's own Integration ID of the site; that empty too: the customer of the contact with the buyer's email.",
                        max_length=50,
                        verbose_name="Integration ID",
                    ),
                ),
                (
                    "create_missing_customers",
                    models.BooleanField(
                        default=True,
                        help_text="Create customers and contacts that Pace does not know. Off: such orders stop.",
                    ),
                ),
                (
                    "fallback_contact",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Pace contact for buyers without an email. Empty: such orders stop.",
                        null=True,
                    ),
                ),
                (
                    "wait_for_approval",
                    models.BooleanField(
                        default=False,
                        help_text="Wait until every item is approved or denied, then send the approved ones.",
                    ),
                ),
                (
                    "cancelled_stage",
                    models.CharField(
                        blank=True,
                        help_text="Pressero stage that means cancelled: it puts an order on hold.",
                        max_length=64,
                    ),
                ),
                (
                    "one_job_per_item",
                    models.BooleanField(
                        default=False, help_text="One job for each uploaded file of each item."
                    ),
                ),
                (
                    "override_job_name",
                    models.BooleanField(
                        default=False, help_text="Name jobs {order}-{item}-{file}. Off: the item's own name."
                    ),
                ),
                (
                    "override_file_name",
                    models.BooleanField(
                        default=False,
                        help_text="Send files under the job's name. The link keeps the original name.",
                    ),
                ),
                (
                    "job_type",
                    models.PositiveIntegerField(
                        blank=True, help_text="Job type. Empty: the Pace server's.", null=True
                    ),
                ),
                (
                    "admin_status",
                    models.CharField(
                        blank=True, help_text="Status of new jobs. Empty: the Pace server's.", max_length=20
                    ),
                ),
                (
                    "default_po_number",
                    models.CharField(
                        default="9999",
                        help_text="For orders without a PO number.",
                        max_length=50,
                        verbose_name="default PO number",
                    ),
                ),
                (
                    "skip_holidays",
                    models.BooleanField(
                        default=False, help_text="Move ship dates off holidays and weekends."
                    ),
                ),
                (
                    "holiday_rule",
                    models.CharField(
                        choices=[
                            (
                                "roll_forward",
                                "Roll forward: a date on a day off moves to the next working day",
                            ),
                            (
                                "count_working_days",
                                "Count working days: each weekday holiday up to the ship date pushes it by one working day",
                            ),
                        ],
                        default="roll_forward",
                        max_length=24,
                    ),
                ),
                (
                    "holiday_country",
                    models.CharField(
                        blank=True, default="US", help_text="Two letters, such as US or DE.", max_length=8
                    ),
                ),
                (
                    "holiday_subdivision",
                    models.CharField(blank=True, help_text="State or region, such as CA.", max_length=16),
                ),
                (
                    "default_ship_days",
                    models.PositiveIntegerField(
                        default=0, help_text="Days from today for orders without a requested ship date."
                    ),
                ),
                (
                    "default_ship_via",
                    models.PositiveIntegerField(
                        blank=True, help_text="Pace ship via when no mapping row matches.", null=True
                    ),
                ),
                (
                    "default_account_number",
                    models.CharField(
                        blank=True,
                        help_text="Shipping account number when no mapping row names one.",
                        max_length=50,
                    ),
                ),
                (
                    "alert_emails",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Who is told. Empty: the Pace server's addresses.",
                        validators=[integrations.models.connections.validate_emails],
                    ),
                ),
                (
                    "active",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="Webhooks of an inactive storefront are stored and processed when you activate it.",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("live", "Live: orders become jobs in Pace"),
                            ("shadow", "Shadow: orders are planned, nothing is written to Pace or Pressero"),
                        ],
                        db_default="live",
                        default="live",
                        help_text="Shadow: each order is read and planned, and nothing is written to Pace or Pressero.",
                        max_length=8,
                    ),
                ),
                (
                    "take_orders_from",
                    models.DateTimeField(
                        blank=True,
                        help_text="Orders placed before this moment are left alone. Leave blank to take every order.",
                        null=True,
                    ),
                ),
                ("taking_since", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "confirmed_integration_id",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=50),
                ),
                (
                    "integration_id_finding",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=300),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "pace_server",
                    models.ForeignKey(
                        help_text="Where its jobs are made.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="storefronts",
                        to="integrations.paceserver",
                    ),
                ),
                (
                    "pressero_account",
                    models.ForeignKey(
                        help_text="Where its orders come from.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="storefronts",
                        to="integrations.presseroaccount",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pressero_account", "site_id"),
                        name="storefront_unique_site",
                        violation_error_message="Another storefront already has this site of this account.",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="storefront",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="integrations.storefront",
            ),
        ),
        migrations.CreateModel(
            name="UnmappedStatus",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job_status", models.CharField(blank=True, max_length=64)),
                ("part_status", models.CharField(blank=True, max_length=64)),
                ("workflow", models.CharField(blank=True, max_length=64)),
                ("order_number", models.BigIntegerField(verbose_name="last order")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "storefront",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.storefront",
                    ),
                ),
            ],
            options={
                "verbose_name": "unmapped status",
                "verbose_name_plural": "unmapped statuses",
                "ordering": ["storefront", "job_status", "part_status"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("storefront", "job_status", "part_status", "workflow"), name="unmapped_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "message_id",
                    models.CharField(
                        help_text="Pressero's MessageID; without one, the hash of the body.",
                        max_length=160,
                        verbose_name="message ID",
                    ),
                ),
                ("body", models.TextField(help_text="The body exactly as it came.")),
                ("body_sha256", models.CharField(max_length=64)),
                (
                    "hash_scheme",
                    models.CharField(
                        blank=True, help_text="The signature scheme that matched.", max_length=24
                    ),
                ),
                ("remote_address", models.GenericIPAddressField(blank=True, null=True)),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                ("type_name", models.CharField(blank=True, max_length=80, verbose_name="type")),
                ("type_number", models.IntegerField(blank=True, null=True)),
                ("site_id", models.CharField(blank=True, max_length=64, verbose_name="site ID")),
                ("order_number", models.BigIntegerField(blank=True, null=True)),
                ("item_seq", models.IntegerField(blank=True, null=True, verbose_name="item")),
                ("occurred_at", models.DateTimeField(blank=True, null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("late", "Accepted, but dated long ago"),
                            ("no_order", "Not about an order"),
                            ("unknown_type", "Unknown type"),
                            ("unknown_site", "Unknown storefront"),
                            ("inactive_site", "Inactive storefront"),
                            ("conflict", "Same MessageID, other content"),
                        ],
                        max_length=20,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300)),
                (
                    "repeats",
                    models.PositiveIntegerField(
                        default=0, help_text="How often the same message came again."
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="integrations.presseroaccount",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="integrations.order",
                    ),
                ),
                (
                    "storefront",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="integrations.storefront",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook event",
                "ordering": ["-id"],
                "permissions": [
                    ("replay_webhookevent", "Can replay a webhook event"),
                    ("export_webhookevent", "Can export webhook events"),
                ],
                "indexes": [
                    models.Index(fields=["order", "id"], name="event_by_order"),
                    models.Index(fields=["verdict", "-id"], name="event_by_verdict"),
                    models.Index(fields=["type_name", "-id"], name="event_by_type"),
                    models.Index(fields=["storefront", "-id"], name="event_by_storefront"),
                    models.Index(fields=["order_number"], name="event_by_number"),
                    models.Index(fields=["received_at"], name="event_by_received"),
                    models.Index(
                        condition=models.Q(("verdict__in", ["unknown_site", "inactive_site"])),
                        fields=["account", "site_id"],
                        name="event_without_storefront",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "message_id"), name="event_unique_message"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingCall",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="call",
                        serialize=False,
                        to="integrations.auditentry",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("system", models.CharField(max_length=20)),
                (
                    "connection",
                    models.CharField(
                        blank=True, help_text="Which server or account it went to, by name.", max_length=130
                    ),
                ),
                ("method", models.CharField(blank=True, max_length=10)),
                ("what", models.CharField(max_length=200, verbose_name="call")),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="HTTP status of the answer.", null=True
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("answered", "Answered"),
                            ("refused", "Refused"),
                            ("error", "Error of the system"),
                            ("silent", "No answer"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "milliseconds",
                    models.PositiveIntegerField(
                        help_text="From sending to the end of the answer.", verbose_name="duration"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="integrations.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "outgoing call",
                "ordering": ["-milliseconds", "-entry"],
                "permissions": [("export_outgoingcall", "Can export outgoing calls")],
                "indexes": [
                    models.Index(fields=["-milliseconds", "-entry"], name="call_slowest"),
                    models.Index(fields=["system", "-milliseconds", "-entry"], name="call_slowest_of_system"),
                    models.Index(
                        fields=["outcome", "-milliseconds", "-entry"], name="call_slowest_of_outcome"
                    ),
                    models.Index(fields=["outcome", "-entry"], name="call_newest_of_outcome"),
                    models.Index(fields=["at"], name="call_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRetry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("cause", models.CharField(blank=True, max_length=200)),
                ("title", models.TextField(help_text="What the orders have in common, in words.")),
                ("orders", models.JSONField(default=list, help_text="Ids of the orders.")),
                ("position", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "refusals",
                    models.JSONField(
                        blank=True, default=list, help_text="Why orders were left alone; the first ones."
                    ),
                ),
                ("asked_by", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "retry of many",
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["id"],
                        name="bulk_unfinished",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["storefront", "-id"], name="order_by_storefront"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(fields=("account", "number"), name="order_unique_number"),
        ),
    ]
