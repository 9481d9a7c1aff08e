"""The page of an invitation's link, where a new user sets a password; and the page that shows such a link once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext

from integrations.admin.shared.displays import change_url
from integrations.operations.access import invitations
from integrations.operations.access.invitations import Invitation


class InvitationView(PasswordResetConfirmView):
    """The page behind the link of an invitation: the invited user sets the password there."""

    token_generator = invitations.invitation_tokens
    template_name = "hub/people/invitation.html"
    success_url = reverse_lazy("admin:login")

    def get_user(self, uidb64: str) -> User | None:
        """The user of the link; None for one who has been deactivated, or has a password."""
        user = super().get_user(uidb64)
        return user if user is not None and invitations.can_be_invited(user) else None

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        invitations.accepted(form.user)
        words = gettext("Your password is set. Log in as {name}.").format(name=form.user.get_username())
        messages.success(self.request, words)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shared = admin.site.each_context(self.request)
        return {**shared, **super().get_context_data(**kwargs), "title": gettext("Set your password")}


def told(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The answer after an invitation: the list with a message, or the only page that ever shows the link."""
    if invitation.sent_to:
        words = gettext("{name} is invited: an email with a link is on its way to {address}.")
        name = invitation.user.get_full_name() or invitation.user.get_username()
        messages.success(request, words.format(name=name, address=invitation.sent_to))
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
    context = {
        **admin.site.each_context(request),
        "title": gettext("Invite {name}").format(name=invitation.user.get_username()),
        "invitation": invitation,
        "user_url": change_url(invitation.user),
        "days": settings.INVITATION_DAYS,
    }
    request.current_app = admin.site.name
    answer = TemplateResponse(request, "hub/people/invited.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
