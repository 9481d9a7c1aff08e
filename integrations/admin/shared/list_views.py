"""Saved views and chosen columns of a list: its menus, what it shows, and where its forms post to.

The rules are in `operations.list_views`. A view opens as the list's own address with its filters in it, so that chips, links
and exports need to know nothing of views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from automationhub.lib.admin import VIEW_PARAMETER
from integrations.admin.shared.displays import may_open, signed_in
from integrations.errors import NotAllowed
from integrations.models import SavedView
from integrations.operations import list_views as services

_SORT, _CHECKBOX = "o", "action_checkbox"


@dataclass(frozen=True)
class Choice:
    """What one request shows of a list: the views it may open, the one that is open, and the columns."""

    views: list[SavedView]
    view: SavedView | None
    columns: list[str]


class ListViewsMixin:
    """A list whose columns people choose, and that can be kept under a name."""

    model: Any
    # Columns that are not shown until somebody chooses them.
    more_columns: Sequence[str] = ()

    def choice(self, request: HttpRequest) -> Choice:
        """Read once for each request: two queries."""
        kept: Choice | None = getattr(request, "hub_list_choice", None)
        if kept is None:
            user, of_list = signed_in(request), self.model._meta.label_lower
            views = services.visible(user, of_list)
            number = request.GET.get(VIEW_PARAMETER, "")
            view = next((one for one in views if str(one.pk) == number), None)
            wanted = view.columns if view else services.columns_of(user, of_list)
            kept = Choice(views, view, self.columns(wanted))
            request.hub_list_choice = kept  # type: ignore[attr-defined]
        return kept

    def columns(self, wanted: Iterable[str]) -> list[str]:
        """Those of the wanted columns that the list has, in its order, and those that lead to a row; none: the usual."""
        chosen = set(wanted)
        if not chosen & set(self.offered_columns()):
            return list(self.list_display)  # type: ignore[attr-defined]
        always = self.always()
        return [name for name in self.offered_columns() if name in chosen or name in always]

    def always(self) -> list[str]:
        """The columns that lead to a row: without them none could be opened."""
        return list(self.list_display_links or self.list_display[:1])  # type: ignore[attr-defined]

    def offered_columns(self) -> list[str]:
        """Every column there is."""
        return [*self.list_display, *self.more_columns]  # type: ignore[attr-defined]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return self.choice(request).columns

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and VIEW_PARAMETER in request.GET and may_see(request, self):
            choice = self.choice(request)
            if choice.view is None:
                messages.warning(
                    request, gettext("This view does not exist any more, or is not shared with you.")
                )
                return HttpResponseRedirect(_address(self))
            if len(request.GET) == 1 and (choice.view.query or choice.view.sort):
                return HttpResponseRedirect(view_address(self, request, choice.view))
        context = (
            {"list_views": self._menus(request), **(extra_context or {})} if may_see(request, self) else {}
        )
        return super().changelist_view(request, {**(extra_context or {}), **context})  # type: ignore[misc]

    def _menus(self, request: HttpRequest) -> dict[str, Any]:
        user, choice = signed_in(request), self.choice(request)
        query = request.GET.urlencode()
        return {
            "list": self.model._meta.label_lower,
            "query": query,
            "views": [
                {"view": view, "own": view.owner_id == user.pk, "active": view == choice.view}
                for view in choice.views
            ],
            "open": choice.view,
            "may_change": choice.view is not None and services.may_change(user, choice.view),
            "may_share": user.has_perm(services.SHARE),
            "is_narrowed": bool(services.filters_of(query)),
            "columns": [
                {
                    "name": name,
                    "label": capfirst(str(label_for_field(name, self.model, cast(Any, self)))),
                    "shown": name in choice.columns,
                    "always": name in self.always(),
                }
                for name in self.offered_columns()
            ],
        }

    def _places(self, request: HttpRequest, columns: Sequence[str]) -> list[str]:
        """The columns as the order in the address counts them."""
        return [_CHECKBOX, *columns] if self.get_actions(request) else list(columns)  # type: ignore[attr-defined]

    def sort_names(self, request: HttpRequest, order: str, columns: Sequence[str]) -> list[str]:
        """`-3.1` of the address as names of columns: their places differ with who looks and with the columns."""
        places, names = self._places(request, columns), []
        for part in order.split("."):
            number = part.removeprefix("-")
            if number.isascii() and number.isdecimal() and int(number[:4]) < len(places):
                names.append(("-" if part.startswith("-") else "") + places[int(number[:4])])
        return names

    def sort_order(self, request: HttpRequest, names: Iterable[str], columns: Sequence[str]) -> str:
        """Names of columns as the address says them to this reader."""
        places = self._places(request, columns)
        found = [(name.startswith("-"), name.removeprefix("-")) for name in names]
        return ".".join(
            f"{'-' if descends else ''}{places.index(name)}" for descends, name in found if name in places
        )


def may_see(request: HttpRequest, model_admin: Any) -> bool:
    options = model_admin.model._meta
    return may_open(request.user, options.app_label, options.model_name)


def _address(model_admin: Any) -> str:
    options = model_admin.model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def view_address(model_admin: ListViewsMixin, request: HttpRequest, view: SavedView) -> str:
    """The list as the view shows it to this reader."""
    order = model_admin.sort_order(request, view.sort, model_admin.columns(view.columns))
    parts = [urlencode({VIEW_PARAMETER: view.pk}), view.query, urlencode({_SORT: order}) if order else ""]
    return f"{_address(model_admin)}?{'&'.join(part for part in parts if part)}"


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """The forms of the menus: columns, and a view that is saved, updated or deleted; back to the list."""
    model_admin = _list_of(request)
    given = QueryDict(request.POST.get("query", "")[: services.MAX_QUERY], mutable=True)
    do = request.POST.get("do", "")
    try:
        if do == "save":
            return HttpResponseRedirect(_save(request, model_admin, given))
        view = _view(request, model_admin, given)
        if do in ("columns", "usual_columns"):
            return HttpResponseRedirect(_choose_columns(request, model_admin, given, view, do))
        if view is None:
            raise NotAllowed(gettext("This view does not exist any more, or is not shared with you."))
        if do == "update":
            shown = _shown(request, model_admin, given, view)
            services.update(signed_in(request), view, query=given.urlencode(), **shown)
            messages.success(request, gettext("The view “{name}” was updated.").format(name=view.name))
            return HttpResponseRedirect(view_address(model_admin, request, view))
        if do == "delete":
            services.delete(signed_in(request), view)
            messages.success(request, gettext("The view “{name}” was deleted.").format(name=view.name))
            return HttpResponseRedirect(_address(model_admin))
    except NotAllowed as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(_with(model_admin, given))
    raise Http404("There is no such action.")


def _list_of(request: HttpRequest) -> Any:
    """The list that the form belongs to, for those who may open it."""
    try:
        model = apps.get_model(request.POST.get("list", ""))
        model_admin = admin.site.get_model_admin(model)
    except (LookupError, ValueError, NotRegistered) as error:
        raise Http404("There is no such list.") from error
    if not isinstance(model_admin, ListViewsMixin):
        raise Http404("This list has no views.")
    if not may_see(request, model_admin):
        raise PermissionDenied
    return model_admin


def _view(request: HttpRequest, model_admin: ListViewsMixin, given: QueryDict) -> SavedView | None:
    """The view that was open; of those that this person sees."""
    views = services.visible(signed_in(request), model_admin.model._meta.label_lower)
    return next((view for view in views if str(view.pk) == given.get(VIEW_PARAMETER, "")), None)


def _shown(
    request: HttpRequest, model_admin: ListViewsMixin, given: QueryDict, view: SavedView | None
) -> dict[str, list[str]]:
    """Columns and order as the list shows them now."""
    own = services.columns_of(signed_in(request), model_admin.model._meta.label_lower)
    columns = model_admin.columns(view.columns if view else own)
    return {"columns": columns, "sort": model_admin.sort_names(request, given.get(_SORT, ""), columns)}


def _save(request: HttpRequest, model_admin: ListViewsMixin, given: QueryDict) -> str:
    shown = _shown(request, model_admin, given, _view(request, model_admin, given))
    view = services.save(
        signed_in(request),
        model_admin.model._meta.label_lower,
        request.POST.get("name", ""),
        query=given.urlencode(),
        shared=request.POST.get("shared") == "1",
        **shown,
    )
    messages.success(request, gettext("The view “{name}” was saved.").format(name=view.name))
    return view_address(model_admin, request, view)


def _choose_columns(
    request: HttpRequest, model_admin: ListViewsMixin, given: QueryDict, view: SavedView | None, do: str
) -> str:
    """Of the view that is open, when this person may change it; otherwise of the list, for this person alone."""
    user = signed_in(request)
    wanted = request.POST.getlist("column") if do == "columns" else []
    known = [name for name in model_admin.offered_columns() if name in wanted]
    before = _shown(request, model_admin, given, view)
    if view is not None and services.may_change(user, view):
        services.update(user, view, query=view.query, columns=model_admin.columns(known), sort=view.sort)
    else:
        given.pop(VIEW_PARAMETER, None)
        services.choose_columns(user, model_admin.model._meta.label_lower, known)
    # The order is said by the places of columns, which are others now.
    if order := model_admin.sort_order(request, before["sort"], model_admin.columns(known)):
        given[_SORT] = order
    else:
        given.pop(_SORT, None)
    return _with(model_admin, given)


def _with(model_admin: ListViewsMixin, given: QueryDict) -> str:
    return f"{_address(model_admin)}?{given.urlencode()}"


act_view = admin.site.admin_view(act)
