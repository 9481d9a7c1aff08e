"""The two kinds of outside systems: Pressero accounts (orders come from) and Pace servers (jobs go to)."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, URLValidator, validate_email
from django.db import models

from automationhub.lib.fields import EncryptedTextField
from integrations.enums import HashScheme
from integrations.models.kept_accounts import AccountQuerySet, forget_now_and_after_commit

_http_url = URLValidator(schemes=["http", "https"])


def validate_http_address(value: str) -> None:
    """An address people can reach over http(s); host names without a dot (a plant's own server) are fine."""
    host = value.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    checked = value.replace(host, "host.example", 1) if host and "." not in host else value
    _http_url(checked)


def validate_job_link(value: str) -> None:
    """The address of a job's page, with {job} where its number stands."""
    _validate_link(value, "{job}")


def validate_order_link(value: str) -> None:
    """The address of an order's page, with {order} where its number stands; {site} is the site's id."""
    _validate_link(value, "{order}")


def _validate_link(value: str, needed: str) -> None:
    validate_http_address(value.replace("{", "").replace("}", ""))
    if needed not in value:
        raise ValidationError(f"Write {needed} where the number belongs.")


def validate_time_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise ValidationError("This is no time zone; write it like America/New_York.") from error


def validate_emails(value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValidationError("This must be a list of email addresses.")
    for entry in value:
        validate_email(entry)


def validate_field_values(value: object) -> None:
    """Defaults for new Pace objects: an object of Pace field names with plain values."""
    if not isinstance(value, dict) or not all(
        isinstance(entry, (str, int, bool)) for entry in value.values()
    ):
        raise ValidationError('This must be an object of Pace fields and plain values, such as {"terms": 1}.')


def validate_certificates(value: str) -> None:
    """Certificates as PEM, as `requests` can use them."""
    # Only forms need it, and every process loads this file.
    from cryptography.x509 import load_pem_x509_certificates

    try:
        load_pem_x509_certificates(value.encode())
    except ValueError as error:
        raise ValidationError(
            "This holds no certificate. Paste the text that begins with -----BEGIN CERTIFICATE-----."
        ) from error
    if "PRIVATE KEY" in value:
        raise ValidationError(
            "This holds a private key, which must stay where it is. Paste certificates only."
        )


def _authorities() -> "models.TextField[str, str]":
    return models.TextField(
        "certificate authorities",
        blank=True,
        validators=[validate_certificates],
        help_text="Only for an https address whose certificate no browser trusts: the certificates (PEM) of the "
        "authority that signed it. Only these are believed then. Empty: the authorities that browsers trust.",
    )


class PresseroAccount(models.Model):
    """One Pressero subscription: where webhooks come from and orders are read."""

    name = models.CharField(max_length=100, unique=True, help_text="How this account is called in the hub.")
    slug = models.SlugField(
        max_length=60,
        unique=True,
        help_text="Part of the webhook address. A long, secret one keeps strangers from knocking.",
    )
    base_url = models.CharField(
        "address",
        max_length=255,
        validators=[validate_http_address],
        help_text="The API address, such as https://admin.chi.v6.pressero.com/api/.",
    )
    username = models.CharField(
        "user name", max_length=150, blank=True, help_text="A Pressero admin user kept for the hub."
    )
    password = EncryptedTextField(blank=True, help_text="Stored encrypted and never shown again.")
    order_link = models.CharField(
        "link to an order",
        max_length=255,
        blank=True,
        validators=[validate_order_link],
        help_text="Page of an order in Pressero's admin, for links in the portal, with {order} for its number and, where "
        "needed, {site} for the site ID. Empty: no link.",
    )
    subscriber_id = models.CharField(
        "subscriber ID", max_length=64, blank=True, help_text="The account's id (a GUID)."
    )
    consumer_id = models.CharField(
        "consumer ID",
        max_length=64,
        blank=True,
        help_text="The id Aleyant issued for this application (a GUID).",
    )
    security_key = EncryptedTextField(
        blank=True,
        help_text="The Security Key of the webhook in Pressero. Empty: events are accepted unsigned.",
    )
    ca_certificates = _authorities()
    hash_scheme = models.CharField(
        max_length=24,
        choices=HashScheme.choices,
        default=HashScheme.AUTO,
        help_text="How Pressero signs its webhooks. Leave it on automatic unless you know better.",
    )
    detected_hash_scheme = models.CharField(
        max_length=24,
        blank=True,
        editable=False,
        choices=HashScheme.choices,
        help_text="The scheme of the first genuine message; with the automatic setting only this one is accepted.",
    )
    active = models.BooleanField(
        default=True, help_text="An inactive account answers webhooks with 404 and reads nothing."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "Pressero account"
        ordering = ["name"]
        permissions = [("test_presseroaccount", "Can test the connection of a Pressero account")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget_now_and_after_commit()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        forget_now_and_after_commit()
        return gone

    @property
    def accepted_hash_scheme(self) -> str:
        """The scheme a message must have: the setting, or what AUTO has found, or AUTO."""
        if self.hash_scheme != HashScheme.AUTO:
            return self.hash_scheme
        return self.detected_hash_scheme or HashScheme.AUTO


class PaceServer(models.Model):
    """One Pace installation: where jobs are made, with what applies to all of them."""

    name = models.CharField(max_length=100, unique=True, help_text="How this server is called in the hub.")
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Part of the address Pace may push status changes to."
    )
    url = models.CharField(
        "address",
        max_length=255,
        validators=[validate_http_address],
        help_text="As people type it: https://pace.example.com is enough.",
    )
    username = models.CharField(
        "user name", max_length=150, blank=True, help_text='A Pace user with "Allow remote API usage".'
    )
    password = EncryptedTextField(blank=True, help_text="Stored encrypted and never shown again.")
    ca_certificates = _authorities()
    time_zone = models.CharField(
        max_length=64,
        default="America/New_York",
        validators=[validate_time_zone],
        help_text="Pace takes dates and times in its own zone.",
    )
    alert_emails = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_emails],
        help_text="Who is told when something needs a person.",
    )
    job_link = models.CharField(
        "link to a job",
        max_length=255,
        blank=True,
        validators=[validate_job_link],
        help_text="Page of a job in Pace, for links in the portal, with {job} for its number, such as "
        "https://pace.example.com/epace/company:c001/object/Job/detail/{job}. Empty: no link.",
    )
    push_token = EncryptedTextField(
        blank=True, help_text="Pace event handlers send it with a push. Empty: pushes are refused."
    )
    default_ship_via = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pace ship via when no mapping and no storefront default applies."
    )
    job_type = models.PositiveIntegerField(
        null=True, blank=True, help_text="Job type of new jobs. Empty: Pace's own default."
    )
    admin_status = models.CharField(
        max_length=20, blank=True, help_text="Status of new jobs. Empty: Pace's own default."
    )
    job_order_type = models.CharField(
        max_length=50, blank=True, help_text='Job order type. Empty: "New Order".'
    )
    shipment_type = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text='Shipment type of planned shipments. Empty: the one Pace calls "Planned".',
    )
    retry_hours = models.PositiveIntegerField(
        default=24,
        validators=[MinValueValidator(1)],
        help_text="How long a failing order is tried again by itself.",
    )
    quiet_seconds = models.PositiveIntegerField(
        default=60,
        help_text="After a commit whose answer was lost: how long Pace may still be at work before the job is looked for.",
    )
    max_concurrent_orders = models.PositiveIntegerField(
        default=0, help_text="How many orders may be written to this server at the same time. 0: no limit."
    )
    max_calls_per_second = models.PositiveIntegerField(
        default=0, help_text="Calls per second of all workers together. 0: no limit."
    )
    customer_defaults = models.JSONField(
        "new customer defaults",
        default=dict,
        blank=True,
        validators=[validate_field_values],
        help_text='Pace fields of new customers that an order has no value for, such as {"terms": 1, "salesPerson": 1}.',
    )
    contact_defaults = models.JSONField(
        "new contact defaults",
        default=dict,
        blank=True,
        validators=[validate_field_values],
        help_text="Pace fields of new contacts that an order has no value for.",
    )
    active = models.BooleanField(
        default=True, help_text="Orders for an inactive server wait as needing attention."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "Pace server"
        ordering = ["name"]
        permissions = [("test_paceserver", "Can test the connection of a Pace server")]

    def __str__(self) -> str:
        return self.name
