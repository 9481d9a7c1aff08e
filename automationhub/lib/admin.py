"""What all admin classes of the hub share: the theme's base class, read-only pages, small displays."""

from typing import Any

import simplejson
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from automationhub.lib.list_chips import Chip, chips_of
from automationhub.lib.pagination import CappedPaginator

# The saved view that a list shows, by its id; not one of the list's filters.
VIEW_PARAMETER = "view"


class HubChangeList(ChangeList):
    """A list of the portal: with chips of what it is narrowed by, and perhaps under a saved view."""

    chips: list[Chip]

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.chips = chips_of(self, request)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Without the saved view: its filters stand in the address beside it."""
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(VIEW_PARAMETER, None)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """A list that is not narrowed has all its rows: they are not counted a second time to say so."""
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class HubModelAdmin(ModelAdmin):
    """Base of every admin page: the one place where the theme comes in."""

    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    compressed_fields = True
    warn_unsaved_form = True
    # What an empty list says (templates/unfold/helpers/empty_results.html): the next step, in words.
    empty_text: str | Promise = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HubChangeList


class HubTabularInline(TabularInline):
    """Base of every inline table."""

    extra = 0


class ReadOnlyMixin:
    """Pages that show and never change: no add, no change, no delete, for nobody."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnlyMixin, HubModelAdmin):
    """A table staff can browse but not edit."""

    actions: list[Any] = []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        # Nobody edits these rows here, so the history of edits would always be empty.
        extra_context = {"show_history": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, extra_context)


class ReadOnlyInline(ReadOnlyMixin, HubTabularInline):
    """Rows of another table on a page, for reading."""

    can_delete = False


def json_text(data: Any) -> str:
    """Data as indented JSON, in its own order; Decimals keep their digits."""
    return simplejson.dumps(data, indent=2, ensure_ascii=False, default=str, use_decimal=True)


def pretty_json(data: Any) -> SafeString:
    """Data as indented, escaped text in a box that scrolls by itself."""
    return code_box(json_text(data))


def code_box(text: str) -> SafeString:
    """Text as it is, escaped, in a box that scrolls by itself."""
    return format_html('<pre class="hub-code" tabindex="0">{}</pre>', text)


def admin_link(url: str, text: str) -> SafeString:
    return format_html('<a class="hub-link" href="{}">{}</a>', url, text)


__all__ = [
    "HubModelAdmin",
    "HubTabularInline",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "admin",
    "admin_link",
    "code_box",
    "json_text",
    "pretty_json",
]
