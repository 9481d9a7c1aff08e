"""Invitations: a new user sets the first password from a link, so that only they ever know it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from automationhub.lib.portal import portal_link
from integrations.core.audit import log as audit

logger = logging.getLogger(__name__)


class InvitationTokens(PasswordResetTokenGenerator):
    """Tokens of invitations: void once the password is set, the email is changed, or INVITATION_DAYS are over."""

    key_salt = "integrations.operations.access.invitations"


invitation_tokens = InvitationTokens()


@dataclass(frozen=True)
class Invitation:
    """What became of an invitation. `sent_to`: the address that it was mailed to, "" when it was not; then `problem` says why
    and `link` is to be handed over."""

    user: User
    link: str
    sent_to: str = ""
    problem: str = ""


def can_be_invited(user: User) -> bool:
    """Whether the user has yet to set a password."""
    return user.is_active and not user.has_usable_password()


def invite(user: User, *, origin: str, actor: str, by: AbstractBaseUser) -> Invitation:
    """Mail the user a link to set a password, or return the link when it cannot be mailed.

    `origin` stands before the link while PORTAL_URL is not set. Not to be called within a database transaction.
    """
    place = {
        "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": invitation_tokens.make_token(user),
    }
    path = reverse("hub-invitation", kwargs=place)
    link = portal_link(path) or f"{origin}{path}"
    problem = _mail(user, link, actor)
    kind = "access.invitation_link" if problem else "access.invited"
    audit.record(kind, {"name": user.get_username()}, actor=actor, user=by)
    return Invitation(user, link, "" if problem else user.email, problem)


def accepted(user: User) -> None:
    """Write down that the user has set a password from an invitation."""
    name = user.get_full_name() or user.get_username()
    audit.record("access.invitation_accepted", {}, actor=name, user=user)


def _mail(user: User, link: str, actor: str) -> str:
    """Mail the link; why it was not mailed, "" when it was."""
    if not user.email:
        return "The user has no email address."
    if not settings.EMAIL_IS_CONFIGURED:
        return "Automation Hub sends no email: EMAIL_URL is not set."
    context: dict[str, Any] = {
        "heading": "You are invited to Automation Hub",
        "user": user,
        "actor": actor,
        "link": link,
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
    except (SMTPException, OSError) as error:
        logger.warning("The invitation of %s could not be mailed: %s", user.get_username(), error)
        return f"The email could not be sent: {error}"
    return ""
