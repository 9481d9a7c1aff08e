"""Links to the portal in what leaves it: mails, messages, events."""

from django.conf import settings


def portal_link(path: str) -> str:
    """The whole address of a page of the portal (`path` as `reverse` gives it); "" while PORTAL_URL is not set."""
    return f"{settings.PORTAL_URL}{path}" if settings.PORTAL_URL else ""
