"""The two kinds of outside systems: Pressero accounts (orders come from) and Pace servers (jobs go to)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, URLValidator, validate_email
from django.db import models, transaction

from automationhub.lib.fields import EncryptedTextField
from integrations.enums import DateTimes, HashScheme
from integrations.models.active_cache import ActiveCache, CachedQuerySet
from integrations.models.destinations import Destination
from integrations.models.order_identity import host_key, identity_of, rename_source, source_key
from integrations.stored import Scalar

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
        raise ValidationError("This is not a time zone; write it like America/New_York.") from error


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
        raise ValidationError('Enter Pace fields and plain values, such as {"terms": 1}.')


def validate_certificates(value: str) -> None:
    """Certificates as PEM, as `requests` can use them."""
    # Only forms need it, and every process loads this file.
    from cryptography.x509 import load_pem_x509_certificates

    try:
        load_pem_x509_certificates(value.encode())
    except ValueError as error:
        raise ValidationError(
            "This is not a certificate. Paste the text that begins with -----BEGIN CERTIFICATE-----."
        ) from error
    if "PRIVATE KEY" in value:
        raise ValidationError("This contains a private key, which must stay secret. Paste certificates only.")


def _authorities() -> models.TextField[str, str]:
    return models.TextField(
        "certificate authorities",
        blank=True,
        validators=[validate_certificates],
        help_text="Only for an https address with a certificate that browsers do not trust: paste the certificates (PEM) of the authority that signed it. Then only these are trusted. Leave blank to trust the authorities that browsers trust.",
    )


# All active accounts under one key, not those asked for: an address that does not exist then costs what a real one costs, and
# nobody fills the memory by asking for others.
ACTIVE_ACCOUNTS: ActiveCache[None, dict[str, PresseroAccount]] = ActiveCache()


class AccountQuerySet(CachedQuerySet["PresseroAccount"]):
    """Accounts, and the active ones as this process knows them."""

    cache = ACTIVE_ACCOUNTS

    def active_with(self, slug: str) -> PresseroAccount | None:
        """The active account of this webhook address, as it was a moment ago. Not to be changed or saved."""
        accounts = ACTIVE_ACCOUNTS.get(None)
        if accounts is None:
            accounts = {one.slug: one for one in self.filter(active=True)}
            ACTIVE_ACCOUNTS.put({None: accounts})
        return accounts.get(slug)


class PresseroAccount(Destination):
    """One Pressero subscription: where webhooks come from and orders are read."""

    address_field = "base_url"
    owner_column = "account"

    name = models.CharField(max_length=100, unique=True, help_text="Name of this account in the hub.")
    slug = models.SlugField(
        max_length=60,
        unique=True,
        help_text="Part of the webhook address. Use a long random value so that the address cannot be guessed.",
    )
    base_url = models.CharField(
        "address",
        max_length=255,
        validators=[validate_http_address],
        help_text="The API address, such as https://admin.chi.v6.pressero.com/api/.",
    )
    username = models.CharField(
        "user name", max_length=150, blank=True, help_text="A Pressero admin user for the hub only."
    )
    password = EncryptedTextField(blank=True, help_text="Stored encrypted and never shown again.")
    order_link = models.CharField(
        "link to an order",
        max_length=255,
        blank=True,
        validators=[validate_order_link],
        help_text="Address of an order's page in Pressero's admin, for links in the portal, with {order} for its number and, where needed, {site} for the site ID. Leave blank for no link.",
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
        help_text="The Security Key of the webhook in Pressero. If blank, unsigned webhooks are accepted.",
    )
    ca_certificates = _authorities()
    hash_scheme = models.CharField(
        max_length=24,
        choices=HashScheme.choices,
        default=HashScheme.AUTO,
        help_text="How Pressero signs its webhooks. Leave it on automatic unless support tells you otherwise.",
    )
    detected_hash_scheme = models.CharField(
        max_length=24,
        blank=True,
        editable=False,
        choices=HashScheme.choices,
        help_text="The scheme of the first genuine webhook; with the automatic setting only this one is accepted.",
    )
    active = models.BooleanField(
        default=True, help_text="An inactive account rejects webhooks (404) and reads nothing."
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
        before = None if self._state.adding else self.stored()
        with transaction.atomic():
            super().save(*args, **kwargs)
            if before is not None and before.source != self.source:
                rename_source(self.orders.all(), before.source, self.source)
        ACTIVE_ACCOUNTS.forget_now_and_after_commit()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        ACTIVE_ACCOUNTS.forget_now_and_after_commit()
        return gone

    @property
    def source(self) -> str:
        """The subscription that its orders come from, whichever account row names it."""
        return source_key(self.base_url, self.subscriber_id, self.pk)

    def identity_of(self, number: int) -> str:
        """What makes an order the same order, also under another account row of this subscription."""
        return identity_of(self.source, number)

    @property
    def host(self) -> str:
        """Which Pressero its orders come from."""
        return host_key(self.base_url)

    @property
    def orders_condition(self) -> models.Q:
        """The condition for orders that depend on it."""
        return models.Q(account=self)

    @property
    def alert_recipients(self) -> list[str]:
        """Who gets mail about it: it names none, its storefronts do."""
        return []

    def clean(self) -> None:
        super().clean()
        for other in PresseroAccount.objects.exclude(pk=self.pk):
            if other.source == self.source:
                sentence = f"This subscriber is already served by the account “{other.name}”. With two accounts, each order would be sent twice. Use that account."
                raise ValidationError({"subscriber_id": sentence})

    @property
    def accepted_hash_scheme(self) -> str:
        """The scheme a message must have: the setting, or what AUTO has found, or AUTO."""
        if self.hash_scheme != HashScheme.AUTO:
            return self.hash_scheme
        return self.detected_hash_scheme or HashScheme.AUTO


class PaceServer(Destination):
    """One Pace installation: where jobs are made, with what applies to all of them."""

    address_field = "url"
    owner_column = "server"

    name = models.CharField(max_length=100, unique=True, help_text="Name of this server in the hub.")
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Part of the address Pace may push status changes to."
    )
    url = models.CharField(
        "address",
        max_length=255,
        validators=[validate_http_address],
        help_text="The address you type in a browser: https://pace.example.com is enough.",
    )
    username = models.CharField(
        "user name", max_length=150, blank=True, help_text='A Pace user with "Allow remote API usage".'
    )
    password = EncryptedTextField(blank=True, help_text="Stored encrypted and never shown again.")
    ca_certificates = _authorities()
    time_zone = models.CharField(
        db_default="America/New_York",
        max_length=64,
        default="America/New_York",
        validators=[validate_time_zone],
        help_text="The time zone of this server. Ship dates are calculated in it.",
    )
    date_times = models.CharField(
        "dates and times are sent",
        db_default="utc",
        max_length=8,
        choices=DateTimes.choices,
        default=DateTimes.UTC,
        help_text="How this server sends and receives dates with a time. Leave this on UTC unless ship times in Pace are off by the time zone's hours.",
    )
    alert_emails: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_emails],
        help_text="Who gets an email when an order or connection needs attention.",
    )
    job_link = models.CharField(
        "link to a job",
        max_length=255,
        blank=True,
        validators=[validate_job_link],
        help_text="Address of a job's page in Pace, for links in the portal, with {job} for its number, such as https://pace.example.com/epace/company:c001/object/Job/detail/{job}. Leave blank for no link.",
    )
    push_token = EncryptedTextField(
        blank=True, help_text="Pace event handlers send it with each push. If blank, pushes are rejected."
    )
    default_ship_via = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pace ship via when no mapping and no storefront default applies."
    )
    job_type = models.PositiveIntegerField(
        null=True, blank=True, help_text="Job type of new jobs. Leave blank to use Pace's default."
    )
    admin_status = models.CharField(
        max_length=20, blank=True, help_text="Status of new jobs. Leave blank to use Pace's default."
    )
    job_order_type = models.CharField(
        max_length=50, blank=True, help_text='Job order type. Leave blank to use "New Order".'
    )
    shipment_type = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Shipment type of planned shipments. Leave blank to use the one with the flag Planned in Pace.",
    )
    web_order_ids = models.BooleanField(
        "write web order IDs",
        db_default=True,
        default=True,
        help_text="On: the Pressero order number is written to each job's Web Order ID, and a job with a description edited in Pace is still found. Turn this off if another program uses Web Order IDs on this server.",
    )
    home_country = models.CharField(
        db_default="",
        default="",
        max_length=60,
        blank=True,
        help_text="Country of ship-to addresses without one: a code or a name, such as US. If blank, orders with such an address stop.",
    )
    retry_hours = models.PositiveIntegerField(
        default=24,
        validators=[MinValueValidator(1)],
        help_text="How long a failing order is retried automatically.",
    )
    quiet_seconds = models.PositiveIntegerField(
        default=60,
        help_text="If Pace does not confirm a commit: how long to wait before the hub checks Pace for the job.",
    )
    max_concurrent_orders = models.PositiveIntegerField(
        default=0, help_text="How many orders may be written to this server at the same time. 0 = no limit."
    )
    max_calls_per_second = models.PositiveIntegerField(
        default=0, help_text="Calls per second of all workers together. 0 = no limit."
    )
    customer_defaults: models.JSONField[dict[str, Scalar], dict[str, Scalar]] = models.JSONField(
        "new customer defaults",
        default=dict,
        blank=True,
        validators=[validate_field_values],
        help_text='Pace fields of new customers that orders do not provide, such as {"terms": 1, "salesPerson": 1}.',
    )
    contact_defaults: models.JSONField[dict[str, Scalar], dict[str, Scalar]] = models.JSONField(
        "new contact defaults",
        default=dict,
        blank=True,
        validators=[validate_field_values],
        help_text="Pace fields of new contacts that orders do not provide.",
    )
    unreadable: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict,
        db_default=models.Value({}, output_field=models.JSONField()),
        blank=True,
        editable=False,
        help_text="What Pace did not let the hub read in the last status check.",
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

    @property
    def orders_condition(self) -> models.Q:
        """The condition for orders that depend on it: those begun here count when their storefront has moved since."""
        begun = self.jobs.filter(order=models.OuterRef("pk"))
        return models.Q(storefront__pace_server=self) | models.Q(models.Exists(begun))

    @property
    def alert_recipients(self) -> list[str]:
        """Who gets mail about it; empty where its storefronts name them."""
        return list(self.alert_emails)
