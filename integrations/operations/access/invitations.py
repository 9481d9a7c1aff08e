"""Invitations: a new user sets the first password from a link, so that only they ever know it.

The email is a row first and is sent by a worker, so that no page waits for a mail server.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from automationhub.lib.portal import portal_link
from integrations.core.audit import log as audit
from integrations.core.workqueue import deliveries, retry_policy
from integrations.core.workqueue import messages as queue
from integrations.models import Invitation

logger = logging.getLogger(__name__)

# Longer than a mail server may take (EMAIL_TIMEOUT for each of its answers): a worker that dies while it sends leaves an
# email that is due again after this. An invitation that arrives twice does no harm.
LEASE = timedelta(minutes=3)
# As long as other messages are retried; after that the administrator has long seen why, and sends the link.
RETRY_FOR = timedelta(hours=24)
LONGEST_DELAY = 900.0
MOST_AT_ONCE = 20


class InvitationTokens(PasswordResetTokenGenerator):
    """Tokens of invitations: void once the password is set, the email is changed, or INVITATION_DAYS are over."""

    key_salt = "integrations.operations.access.invitations"


invitation_tokens = InvitationTokens()


def can_be_invited(user: User) -> bool:
    """Whether the user has yet to set a password."""
    return user.is_active and not user.has_usable_password()


def why_not_mailed(user: User) -> str:
    """Why the user cannot be invited by email; "" when they can."""
    if not user.email:
        return "The user has no email address."
    if not settings.EMAIL_IS_CONFIGURED:
        return "Automation Hub sends no email: EMAIL_URL is not set."
    return ""


def ask_to_mail(user: User, *, origin: str, actor: str, by: AbstractBaseUser) -> None:
    """Have a worker mail the user a link to set a password; `origin` stands before it while PORTAL_URL is not set."""
    now = timezone.now()
    asked = {
        "invited_by": actor, "origin": origin, "asked_at": now, "due_at": now, "attempts": 0, "sent_at": None, "problem": "",
    }  # fmt: skip
    with transaction.atomic():
        Invitation.objects.update_or_create(user=user, defaults=asked)
        audit.record("access.invited", {"name": user.get_username()}, actor=actor, user=by)
        queue.ask_for_alerts()


def link_to_hand_over(user: User, *, origin: str, actor: str, by: AbstractBaseUser) -> str:
    """A link to set a password, for the administrator to give to the user."""
    audit.record("access.invitation_link", {"name": user.get_username()}, actor=actor, user=by)
    return _link(user, origin)


def accepted(user: User) -> None:
    """Record that the user has set a password from an invitation."""
    name = user.get_full_name() or user.get_username()
    audit.record("access.invitation_accepted", {}, actor=name, user=user)


# --- sending ---


def wake_if_due() -> None:
    """The sweep: a worker is woken when an email waits whose message was lost, or that is retried."""
    if Invitation.objects.filter(due_at__lte=timezone.now()).exists():
        queue.ask_for_alerts()


def send_waiting() -> int:
    """Mail the invitations that are due; the number of those that were sent."""
    due = Invitation.objects.filter(due_at__lte=timezone.now()).select_related("user").order_by("due_at")
    return sum(_send(invitation) for invitation in due[:MOST_AT_ONCE])


def _send(invitation: Invitation) -> bool:
    """Send one, unless another worker has it or the user needs none any more."""
    due = Invitation.objects.filter(pk=invitation.pk, due_at=invitation.due_at)
    if not can_be_invited(invitation.user):
        due.update(due_at=None)
        return False
    leased_until = timezone.now() + LEASE
    if not due.update(due_at=leased_until, attempts=F("attempts") + 1):
        return False
    mine = Invitation.objects.filter(pk=invitation.pk, due_at=leased_until)
    if problem := why_not_mailed(invitation.user) or _mail(invitation):
        logger.warning("The invitation of %s was not sent: %s", invitation.user.get_username(), problem)
        mine.update(problem=problem[:1000], due_at=_next_try(invitation))
        return False
    mine.update(problem="", due_at=None, sent_at=timezone.now())
    return True


def _next_try(invitation: Invitation) -> datetime | None:
    """When a failed one is retried; None when that has been done for long enough."""
    now = timezone.now()
    wait = retry_policy.delay_seconds(invitation.attempts + 1, deliveries.jitter(), longest=LONGEST_DELAY)
    return now + timedelta(seconds=wait) if now - invitation.asked_at < RETRY_FOR else None


def _mail(invitation: Invitation) -> str:
    """Mail the link; why it was not mailed, "" when it was."""
    user = invitation.user
    context: dict[str, Any] = {
        "heading": "You are invited to Automation Hub",
        "user": user,
        "actor": invitation.invited_by,
        "link": _link(user, invitation.origin),
        "days": settings.INVITATION_DAYS,
    }
    message = EmailMultiAlternatives(
        context["heading"],
        render_to_string("hub/mail/invitation.txt", context).strip() + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
    )
    message.attach_alternative(render_to_string("hub/mail/invitation.html", context), "text/html")
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:  # ValueError: an address that no header can hold
        return f"The email could not be sent: {error}"
    return ""


def _link(user: User, origin: str) -> str:
    place = {
        "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": invitation_tokens.make_token(user),
    }
    path = reverse("hub-invitation", kwargs=place)
    return portal_link(path) or f"{origin}{path}"
