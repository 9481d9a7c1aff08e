"""Tokens of the hub's own API: issued here, shown once, switched off here."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.shared.displays import actor_name, badge, moment, signed_in
from integrations.models import ApiToken, TokenScope
from integrations.models.access import DEFAULT_DAYS, NO_END
from integrations.operations.access import tokens

LIFETIMES = [(30, "30 days"), (90, "90 days"), (DEFAULT_DAYS, "1 year"), (NO_END, "No end")]


class IssueForm(forms.Form):
    """Whose token, and what it may do."""

    user = forms.ModelChoiceField(
        get_user_model().objects.none(),
        widget=UnfoldAdminSelectWidget,
        help_text="The token has this user's rights, within its scope.",
    )
    scope = forms.ChoiceField(
        choices=TokenScope.choices,
        initial=TokenScope.READ,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="“Read and operate” may also retry orders, if the user may.",
    )
    days = forms.TypedChoiceField(
        choices=LIFETIMES,
        coerce=int,
        initial=DEFAULT_DAYS,
        label="Valid for",
        widget=UnfoldAdminSelectWidget,
        help_text="After that the program needs a new one. Choose no end only if replacing it is not possible.",
    )

    def __init__(self, *args: Any, issuer: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = get_user_model().objects.filter(is_active=True).order_by("username")
        # Issuing a token for somebody else is acting as them: only superusers may.
        users = active if issuer.is_superuser else active.filter(pk=issuer.pk)
        self.fields["user"].queryset = users  # type: ignore[attr-defined]
        self.fields["user"].initial = issuer.pk


@admin.register(ApiToken)
class ApiTokenAdmin(HubModelAdmin):
    """Nobody types a token and nobody can read one again: only its hash is stored."""

    list_display = ["prefix_", "user", "scope", "state", "created", "expires", "last_used"]
    list_filter = [("scope", ChoicesDropdownFilter), "active"]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["prefix", "user__username"]
    search_help_text = gettext_lazy("First characters of the token, or user name")
    empty_text = gettext_lazy(
        "A program that reads orders from the hub needs a token. Select Add to issue one."
    )
    actions = ["deactivate"]
    fields = ["prefix_", "user", "scope", "state", "created", "expires", "last_used"]
    readonly_fields = fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_deactivate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.change_apitoken")

    @display(description=gettext_lazy("Token"), ordering="prefix")
    def prefix_(self, token: ApiToken) -> str:
        return f"{token.prefix}…"

    @display(description=gettext_lazy("State"), ordering="active")
    def state(self, token: ApiToken) -> SafeString:
        if not token.active:
            return badge(gettext("Switched off"), "muted")
        return (
            badge(gettext("Expired"), "wait")
            if token.has_expired(timezone.now())
            else badge(gettext("Active"), "good")
        )

    @display(description=gettext_lazy("Issued"), ordering="created_at")
    def created(self, token: ApiToken) -> SafeString:
        return moment(token.created_at)

    @display(description=gettext_lazy("Expires"), ordering="expires_at")
    def expires(self, token: ApiToken) -> SafeString:
        return moment(token.expires_at) if token.expires_at else badge(gettext("No end"), "muted")

    @display(description=gettext_lazy("Last used"), ordering="last_used_at")
    def last_used(self, token: ApiToken) -> SafeString:
        return moment(token.last_used_at)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Issue a token: the answer to the POST is the only page that ever shows it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        form = IssueForm(request.POST if request.method == "POST" else None, issuer=request.user)
        context = {"title": gettext("Issue a token"), "form": form}
        if request.method == "POST" and form.is_valid():
            context |= {"title": gettext("The new token"), "token": self._issue(request, form)}
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        response = TemplateResponse(request, "admin/integrations/apitoken/issue.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _issue(self, request: HttpRequest, form: IssueForm) -> str:
        asked = form.cleaned_data
        return tokens.issue(
            asked["user"],
            asked["scope"],
            days=asked["days"],
            actor=actor_name(request),
            by=signed_in(request),
        )

    @action(description=gettext_lazy("Switch off"), permissions=["deactivate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        changed = sum(
            tokens.switch_off(token, actor=actor_name(request), by=signed_in(request)) for token in queryset
        )
        messages.success(
            request,
            ngettext("{count} token was switched off.", "{count} tokens were switched off.", changed).format(
                count=changed
            ),
        )
