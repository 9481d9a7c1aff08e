"""How often a person or a program may preview orders: each preview calls Pressero and Pace, as fast as it is asked for."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from automationhub.lib.limits import MinuteLimit
from integrations.errors import HubError

PREVIEWS = MinuteLimit("previews", settings.PREVIEWS_PER_MINUTE)


def seconds_to_wait(user: AbstractBaseUser | AnonymousUser) -> int:
    """Count a preview of this user, by whatever entry point; how long to wait when it is one too many, else 0."""
    return PREVIEWS.hit(str(user.pk))


def check(user: AbstractBaseUser | AnonymousUser) -> None:
    """The same for the portal's pages. Raises HubError."""
    if seconds := seconds_to_wait(user):
        raise HubError(
            f"You have previewed {PREVIEWS.limit} orders within a minute. Wait {seconds} seconds, then load this page again."
        )
