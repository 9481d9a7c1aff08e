"""Tokens for the hub's own API: hashed at rest, shown once."""

import hashlib
import secrets

from django.conf import settings
from django.db import models


class TokenScope(models.TextChoices):
    READ = "read", "Read"
    OPERATE = "operate", "Read and operate"


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
    last_used_at = models.DateTimeField(null=True, blank=True)

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
    def issue(cls, user: object, scope: str = TokenScope.READ) -> str:
        """Make a token and return it: the only time that it is seen."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(user=user, digest=cls.digest_of(token), prefix=token[:6], scope=scope)
        return token
