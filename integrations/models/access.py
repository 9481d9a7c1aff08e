"""Tokens for the hub's own API: hashed at rest, shown once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Days for which a token is good unless its issuer chooses otherwise; 0 stands for no end.
DEFAULT_DAYS = 365
NO_END = 0
# The use of a token is noted at most this often, so that reading the API writes next to nothing.
NOTE_USE_EVERY = timedelta(minutes=1)


class SecondFactorGroup(models.Model):
    """A group whose members must have a second factor. There is a row for each such group, and for no other."""

    group = models.OneToOneField(
        "auth.Group", on_delete=models.CASCADE, primary_key=True, related_name="second_factor"
    )

    def __str__(self) -> str:
        return str(self.group)


class Invitation(models.Model):
    """The email that invites a user: a row first, sent by a worker. The link is made when it is sent and stored nowhere."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="invitation"
    )
    invited_by = models.CharField(max_length=200)
    origin = models.CharField(max_length=300, help_text="Stands before the link while PORTAL_URL is not set.")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="When it is sent or retried next.")
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, help_text="Why it could not be sent the last time.")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="invitation_due"),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.user}"


class TokenScope(models.TextChoices):
    READ = "read", "Read"
    OPERATE = "operate", "Read and operate"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens by what they are good for."""

    def usable(self, now: datetime) -> "ApiTokenQuerySet":
        """Neither switched off nor expired, of a user who may log in."""
        in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(in_time, active=True, user__is_active=True)


class ApiToken(models.Model):
    """A token of a user; only its hash is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(
        max_length=8, editable=False, help_text="Its first characters, to tell tokens apart."
    )
    scope = models.CharField(max_length=8, choices=TokenScope.choices, default=TokenScope.READ)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Leave blank for no expiry.")
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.user}"

    @staticmethod
    def digest_of(token: str) -> str:
        # The token is 256 random bits: a plain hash cannot be searched by guessing.
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, user: "User", scope: str = TokenScope.READ, *, days: int = DEFAULT_DAYS) -> str:
        """Make a token that is good for `days` (NO_END: for ever) and return it: the only time that it is seen."""
        token = secrets.token_urlsafe(32)
        expires_at = timezone.now() + timedelta(days=days) if days != NO_END else None
        cls.objects.create(
            user=user, digest=cls.digest_of(token), prefix=token[:6], scope=scope, expires_at=expires_at
        )
        return token

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def note_use(self, now: datetime) -> None:
        """Keep when it was used last, to the minute."""
        if self.last_used_at is None or now - self.last_used_at >= NOTE_USE_EVERY:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)
