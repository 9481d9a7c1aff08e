"""Users and groups in the theme of the portal."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from automationhub.lib.admin import HubModelAdmin
from integrations import audit
from integrations.admin.displays import actor_name
from integrations.services import rights_log

admin.site.unregister(User)
admin.site.unregister(Group)

# Who may hand out rights could hand them to themselves. Groups are given by whom has all that they give.
RIGHTS = ("is_superuser", "user_permissions")


# Rights on these tables are of no use to anybody: they have no pages.
WITHOUT_PAGES = ("admin", "contenttypes", "sessions")


class PermissionNamesMixin:
    """Rights by their plain names, in the order of the tables."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and db_field.related_model is Permission:
            rights = Permission.objects.exclude(content_type__app_label__in=WITHOUT_PAGES)
            field.queryset = rights.order_by("content_type__app_label", "content_type__model", "codename")
            field.label_from_instance = lambda right: right.name
        return field


@admin.register(User)
class UserAdmin(PermissionNamesMixin, BaseUserAdmin, HubModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "email", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        form.rights_before = rights_log.rights_of_user(obj.pk) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
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
            audit.record("access.password_set", {"name": user.get_username()}, **_actor(request))
        return answer

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = [*super().get_readonly_fields(request, obj), "last_login", "date_joined"]
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


@admin.register(Group)
class GroupAdmin(PermissionNamesMixin, BaseGroupAdmin, HubModelAdmin):  # type: ignore[misc]
    list_display = ["name"]
    empty_text = gettext_lazy(
        "A group holds rights; its members have them all. Add one for each kind of work, such as coordinators."
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "name":
            kwargs["help_text"] = (
                "What its people do, such as Night shift. People get the rights of all their groups."
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        form.rights_before = rights_log.rights_of_group(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rights_log.record_group(form.instance, form.rights_before, **_who(request))

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        audit.record("access.group_deleted", {"name": obj.name}, **_actor(request))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            audit.record("access.group_deleted", {"name": group.name}, **_actor(request))
        super().delete_queryset(request, queryset)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_name(request), "by": request.user}


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_name(request), "user": request.user}
