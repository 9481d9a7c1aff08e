"""Users and groups in the theme of the portal."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from django_mfa.models import Authenticator, MfaExemption
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.people import invitations
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import actor_name, badge, moment
from integrations.core.audit import log as audit
from integrations.errors import ConfigError
from integrations.models import SecondFactorGroup
from integrations.operations.access import invitations as inviting
from integrations.operations.access import rights_log, second_factor, sessions

admin.site.unregister(User)
admin.site.unregister(Group)
# Each user has a page for them, and superusers a button on the user's page.
admin.site.unregister(Authenticator)
admin.site.unregister(MfaExemption)

# Who may hand out rights could hand them to themselves. Groups are given by whom has all that they give.
RIGHTS = ("is_superuser", "user_permissions")


# Rights on these tables are of no use to anybody: they have no pages.
WITHOUT_PAGES = ("admin", "contenttypes", "sessions", "django_mfa")


class PermissionNamesMixin:
    """Rights by their plain names, in the order of the tables."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and db_field.related_model is Permission:
            rights = Permission.objects.exclude(content_type__app_label__in=WITHOUT_PAGES)
            field.queryset = rights.order_by("content_type__app_label", "content_type__model", "codename")
            field.label_from_instance = lambda right: right.name
        return field


class NewUserForm(forms.ModelForm):
    """A new user of the portal: name, email and one role. The user sets the password, from the link of an invitation."""

    role = forms.ModelChoiceField(
        Group.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label=gettext_lazy("Role"),
        help_text=gettext_lazy("What the user may do. Add more groups after saving."),
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")
        field_classes = {"username": UsernameField}

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return cast(User, super().save(commit))


@admin.register(User)
class UserAdmin(PermissionNamesMixin, BaseUserAdmin, HubModelAdmin):  # type: ignore[misc]
    form = UserChangeForm
    add_form = NewUserForm
    add_fieldsets = ((None, {"fields": ("username", ("first_name", "last_name"), "email", "role")}),)
    # The theme's says that one can edit more options later; here the next step is the invitation.
    add_form_template = None
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "full_name", "email", "state", "groups_", "seen"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    actions_detail = ["invitation", "invite_again", "reset_second_factor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return cast(
            "QuerySet[User]",
            super().get_queryset(request).select_related("invitation").prefetch_related("groups"),
        )

    @display(description=gettext_lazy("Name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @display(description=gettext_lazy("State"), ordering="is_active")
    def state(self, user: User) -> SafeString:
        if not user.is_active:
            return badge(gettext("Deactivated"), "muted")
        if not user.is_staff:
            return badge(gettext("API only"), "muted")
        if user.last_login is not None or user.has_usable_password():
            return badge(gettext("Active"), "good")
        if hasattr(user, "invitation") and user.invitation.problem:
            return badge(gettext("Invitation not sent"), "bad")
        return badge(gettext("Invited"), "wait")

    @display(description=gettext_lazy("Roles"))
    def groups_(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join([gettext("Superuser"), *names] if user.is_superuser else names)

    @display(description=gettext_lazy("Last login"), ordering="last_login")
    def seen(self, user: User) -> SafeString:
        return moment(user.last_login)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": gettext("Invite a user"), **(extra_context or {})}
        return super().add_view(request, form_url, title)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._invite(request, obj)

    def _invite(self, request: HttpRequest, user: User) -> HttpResponse:
        """Have the link mailed and show what becomes of it, or show the link when there is no way to mail it."""
        if why := inviting.why_not_mailed(user):
            return self._show_link(request, user, why)
        inviting.ask_to_mail(user, origin=_origin(request), **_who(request))
        return HttpResponseRedirect(invitations.page_of(user))

    def _show_link(self, request: HttpRequest, user: User, why: str = "") -> HttpResponse:
        link = inviting.link_to_hand_over(user, origin=_origin(request), **_who(request))
        return invitations.link_once(request, user, link, why)

    def has_invitation_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = self.get_object(request, unquote(str(obj))) if isinstance(obj, str | int) else obj
        may = self.has_add_permission(request) and self._may_touch(request, user)
        return may and (user is None or hasattr(user, "invitation"))

    @action(
        description=gettext_lazy("Invitation"),
        permissions=["invitation"],
        url_path="invitation",
        icon="mark_email_read",
    )
    def invitation(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: Any = fetch_or_404(self, request, object_id)
        if not self.has_invitation_permission(request, user):
            raise PermissionDenied
        if request.method == "POST" and inviting.can_be_invited(user):
            return self._show_link(request, user)
        return invitations.page(request, user)

    def has_invite_again_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = self.get_object(request, unquote(str(obj))) if isinstance(obj, str | int) else obj
        may = self.has_add_permission(request) and self._may_touch(request, user)
        return may and (user is None or inviting.can_be_invited(user))

    @action(
        description=gettext_lazy("Invite again"),
        permissions=["invite_again"],
        url_path="invite-again",
        icon="forward_to_inbox",
    )
    def invite_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: Any = fetch_or_404(self, request, object_id)
        if not self.has_invite_again_permission(request, user):
            raise PermissionDenied
        question = Question(
            gettext("Invite {name} again?").format(name=user.get_username()),
            gettext(
                "They get a new link to set their password. A link that they have works until one of them is used."
            ),
            gettext("Invite again"),
        )
        return confirmed(self, request, user, question, lambda: self._invite(request, user))

    @display(description=gettext_lazy("Second factor"))
    def second_factor(self, user: User) -> str:
        held = [str(one) for one in Authenticator.objects.filter(user=user).order_by("type", "created_at")]
        if held:
            return ", ".join(held)
        return gettext("None (required by a group)") if second_factor.is_required(user) else gettext("None")

    def has_reset_second_factor_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    @action(
        description=gettext_lazy("Reset second factor"),
        permissions=["reset_second_factor"],
        url_path="reset-second-factor",
        icon="phonelink_erase",
    )
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: Any = fetch_or_404(self, request, object_id)
        if not self._is_superuser(request):
            raise PermissionDenied
        question = Question(
            gettext("Reset the second factor of {name}?").format(name=user.get_username()),
            gettext(
                "Their app, passkeys and recovery codes stop working, and their sessions end. They log in with the password alone and, where a group requires it, set up a new second factor right away. Verify that the request really comes from them."
            ),
            gettext("Reset it"),
            danger=True,
        )
        return confirmed(self, request, user, question, lambda: self._reset(request, user))

    def _reset(self, request: HttpRequest, user: User) -> str:
        if user == request.user and second_factor.is_required(user):
            raise ConfigError(
                gettext("A group of yours requires a second factor: another superuser has to reset it.")
            )
        own = request.session.session_key if user == request.user else None
        second_factor.remove_all(user, but=own, **_who(request))
        return gettext("{name} has no second factor any more.").format(name=user.get_username())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        return [
            (title, {**options, "fields": [*options["fields"], "second_factor"]})
            if title is None
            else (title, options)
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            groups = Group.objects.all()
            if not self._is_superuser(request):
                groups = groups.filter(pk__in=self._groups_to_give(request))
            cast(Any, form.base_fields["role"]).queryset = groups.order_by("name")
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        form.rights_before = rights_log.rights_of_user(obj.pk) if change else None
        if not change:
            # Users are added here to work in the portal; without this they could not log in to it.
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if role := form.cleaned_data.get("role"):
            form.instance.groups.add(role)
        rights_log.record_user(form.instance, form.rights_before, **_who(request))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        audit.record("access.user_deleted", {"name": obj.get_username()}, **_actor(request))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            audit.record("access.user_deleted", {"name": user.get_username()}, **_actor(request))
        super().delete_queryset(request, queryset)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            user = self.get_object(request, unquote(id))
            name = user.get_username() if user is not None else id
            audit.record("access.password_set", {"name": name}, **_actor(request))
            own = request.session.session_key if user == request.user else None
            sessions.end_all_of(user, but=own, **_who(request))
        return answer

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = [*super().get_readonly_fields(request, obj), "last_login", "date_joined", "second_factor"]
        return fields if self._is_superuser(request) else [*fields, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: Any) -> bool:
        """Whoever may do more (a superuser, above all) has an account that others cannot change: not its password either."""
        if self._is_superuser(request) or obj is None:
            return True
        return not obj.is_superuser and set(obj.get_all_permissions()) <= set(
            request.user.get_all_permissions()
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("first_name", "last_name"):
            kwargs["help_text"] = gettext("Shown in the audit log and next to comments.")
        if db_field.name == "email":
            kwargs["help_text"] = gettext("Where messages about assignments and mentions are sent.")
        if db_field.name == "is_staff":
            kwargs["label"] = gettext("Can log in to the portal")
            kwargs["help_text"] = gettext("Clear this for users that only own API tokens.")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups" and not self._is_superuser(request):
            field.queryset = Group.objects.filter(pk__in=self._groups_to_give(request))
        return field

    @staticmethod
    def _groups_to_give(request: HttpRequest) -> list[int]:
        own = set(request.user.get_all_permissions())
        groups = Group.objects.prefetch_related("permissions__content_type")
        return [
            group.pk
            for group in groups
            if {f"{right.content_type.app_label}.{right.codename}" for right in group.permissions.all()}
            <= own
        ]

    @staticmethod
    def _is_superuser(request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))


class GroupForm(forms.ModelForm):
    """A group with what its members must have."""

    second_factor = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label=gettext_lazy("Second factor required"),
        help_text=gettext_lazy(
            "Members without an authenticator app or passkey must set one up right after their next login."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            required = SecondFactorGroup.objects.filter(group=self.instance).exists()
            self.initial["second_factor"] = required


@admin.register(Group)
class GroupAdmin(PermissionNamesMixin, BaseGroupAdmin, HubModelAdmin):  # type: ignore[misc]
    list_display = ["name", "asks_for_second_factor"]
    list_select_related = ["second_factor"]
    form = GroupForm
    fields = ["name", "second_factor", "permissions"]
    empty_text = gettext_lazy(
        "A group is a set of rights; members have all of them. Add one for each kind of work, such as coordinators."
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "name":
            kwargs["help_text"] = (
                "What its members do, such as Night shift. Members have the rights of all their groups."
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        form.rights_before = rights_log.rights_of_group(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rights_log.record_group(form.instance, form.rights_before, **_who(request))
        second_factor.set_required(form.instance, form.cleaned_data["second_factor"], **_who(request))

    @display(description=gettext_lazy("Second factor required"), boolean=True)
    def asks_for_second_factor(self, group: Group) -> bool:
        return hasattr(group, "second_factor")

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        audit.record("access.group_deleted", {"name": obj.name}, **_actor(request))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            audit.record("access.group_deleted", {"name": group.name}, **_actor(request))
        super().delete_queryset(request, queryset)


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_name(request), "by": request.user}


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_name(request), "user": request.user}
