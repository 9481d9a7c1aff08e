"""The page of an invitation's link, where a new user sets a password; whether its email was sent; the link, shown once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from automationhub.lib.shown_times import moment_text
from integrations.admin.shared.confirm import wants_json
from integrations.admin.shared.displays import change_url
from integrations.models import Invitation
from integrations.operations.access import invitations as inviting


class InvitationView(PasswordResetConfirmView):
    """The page behind the link of an invitation: the invited user sets the password there."""

    token_generator = inviting.invitation_tokens
    template_name = "hub/people/invitation.html"
    success_url = reverse_lazy("admin:login")

    def get_user(self, uidb64: str) -> User | None:
        """The user of the link; None for one who has been deactivated, or has a password."""
        user = super().get_user(uidb64)
        return user if user is not None and inviting.can_be_invited(user) else None

    def get_form(self, form_class: Any = None) -> Any:
        """Boxes in the portal's look, and each rule of passwords once: two lists of common ones have the same words."""
        form = super().get_form(form_class)
        for field in form.fields.values():
            field.widget.attrs["class"] = "hub-input"
        rules = dict.fromkeys(password_validators_help_texts())
        form.fields["new_password1"].help_text = format_html(
            '<ul class="hub-list">{}</ul>', format_html_join("", "<li>{}</li>", ((rule,) for rule in rules))
        )
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        inviting.accepted(form.user)
        words = gettext("Your password is set. Log in as {name}.").format(name=form.user.get_username())
        messages.success(self.request, words)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shared = admin.site.each_context(self.request)
        return {**shared, **super().get_context_data(**kwargs), "title": gettext("Set your password")}


def page_of(user: User) -> str:
    """The address of the page that shows what became of a user's invitation."""
    return reverse("admin:auth_user_invitation", args=[user.pk])


def page(request: HttpRequest, user: User) -> HttpResponse:
    """Whether the email of an invitation was sent; as JSON for static/hub/progress.js."""
    state = _state(user)
    if wants_json(request):
        return JsonResponse(state)
    context = {
        "title": gettext("Invitation of {name}").format(name=_name(user)),
        "state": state,
        "can_be_invited": inviting.can_be_invited(user),
        "again_url": reverse("admin:auth_user_invite_again", args=[user.pk]),
    }
    return _shown(request, "hub/people/invitation_sent.html", context)


def link_once(request: HttpRequest, user: User, link: str, why: str) -> HttpResponse:
    """The only page that ever shows an invitation's link. `why`: what keeps it from being mailed, "" for nothing."""
    context = {
        "title": gettext("Invite {name}").format(name=user.get_username()),
        "invited": user,
        "link": link,
        "why": why,
        "user_url": change_url(user),
        "days": settings.INVITATION_DAYS,
    }
    answer = _shown(request, "hub/people/invited.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _state(user: User) -> dict[str, Any]:
    invitation: Invitation | None = getattr(user, "invitation", None)
    problem = invitation.problem if invitation is not None else ""
    busy = invitation is not None and invitation.due_at is not None and not problem
    return {
        "sentence": _sentence(user, invitation),
        "refusals": [problem] if problem else [],
        "busy": busy and inviting.can_be_invited(user),
    }


def _sentence(user: User, invitation: Invitation | None) -> str:
    place = {"name": _name(user), "address": user.email}
    if user.has_usable_password():
        return gettext("{name} has set a password.").format(**place)
    if invitation is not None and invitation.sent_at is not None:
        words = gettext("The email to {address} was sent on {at}.")
        return words.format(**place, at=moment_text(timezone.localtime(invitation.sent_at)))
    if invitation is None or (invitation.problem and invitation.due_at is None):
        return gettext("{name} was not invited by email. Show the link and send it yourself.").format(**place)
    if invitation.problem:
        words = gettext(
            "The email to {address} could not be sent yet. It is retried automatically for a day; you can also show the link and send it yourself."
        )
        return words.format(**place)
    return gettext("{name} is invited. The email to {address} is on its way.").format(**place)


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _shown(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
