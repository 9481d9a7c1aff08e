"""Sessions of the portal: Django's own, with whose they are and where they were last seen."""

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy


class PortalSession(AbstractBaseSession):
    """A login in one browser. The key here is a hash: what a browser's cookie holds stands nowhere in the database."""

    session_key = models.CharField(
        gettext_lazy("session key"), max_length=64, primary_key=True, editable=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="portal_sessions",
    )
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "session"
        verbose_name_plural = "sessions"
        default_permissions = ("view", "delete")
        indexes = [models.Index(fields=["user", "-seen_at"], name="session_by_user")]

    def __str__(self) -> str:
        return f"{self.browser} at {self.address}"

    @classmethod
    def get_session_store_class(cls) -> type:
        store: type = import_module(settings.SESSION_ENGINE).SessionStore
        return store
