"""What the five mapping pages share: drop-downs, warnings and history. The rules are in models and resources."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from automationhub.lib.admin import HubModelAdmin
from automationhub.lib.choices import ChoiceBox
from automationhub.lib.shown_times import iso_as_shown
from mappings.admin_filters import StaleFilter, StorefrontFilter
from mappings.admin_import import SpreadsheetImport, actor_of, address
from mappings.changes import ChangeKind, ChangeWay, MappingChange, change, differences, store_changes
from mappings.models import MappingRow
from mappings.reference import POINTERS, Code, look_up, warnings
from mappings.row_resource import RowResource

SHOWN_CHANGES = 200


class MappingAdmin(HubModelAdmin, SpreadsheetImport):
    """Base of the five pages."""

    autocomplete_fields = ["storefront"]
    list_select_related = ["storefront"]
    list_filter: list[Any] = [StorefrontFilter, StaleFilter]
    list_filter_submit = True
    readonly_fields = ["created_at", "updated_at"]
    show_full_result_count = False
    list_before_template = "admin/mappings/related_links.html"
    change_form_outer_after_template = "hub/rehearsal/offer.html"
    may_rehearse = True
    # Pages about the rows besides those of all mappings, by the name of their address.
    related_pages: dict[str, Any] = {}

    def for_storefront(self, row: MappingRow) -> str:
        return row.scope()

    for_storefront.short_description = gettext_lazy("Storefront")  # type: ignore[attr-defined]
    for_storefront.admin_order_field = "storefront__name"  # type: ignore[attr-defined]

    # --- forms ---

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kind = POINTERS[str(self.opts.model_name)].get(db_field.name)
        if kind:
            sends = {"storefront": "storefront"}
            if within := {"product": "match", "stage": "workflow"}.get(kind):
                sends["within"] = within
            kwargs["widget"] = ChoiceBox(kind, sends)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        assert isinstance(obj, MappingRow)  # noqa: S101 - for the type checker
        before = self._stored(obj.pk) if change else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            self._store_change(request, before, obj)
        for sentence in [*obj.remarks(), *(text for _, text in warnings([(None, obj)]))]:
            messages.warning(request, gettext("Saved with a warning: {sentence}").format(sentence=sentence))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction.atomic():
            self._store_deletions(request, [obj])
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            self._store_deletions(request, queryset.select_related("storefront"))
            super().delete_queryset(request, queryset)

    # --- history: the hub's own, which also knows of commands and files ---

    def _stored(self, pk: Any) -> Any:
        return self.model._default_manager.select_related("storefront").filter(pk=pk).first()

    def _columns(self) -> tuple[str, ...]:
        resource: type[RowResource] = self.resource_classes[0]
        return resource.columns()

    def _store_change(self, request: HttpRequest, before: Any, after: MappingRow) -> None:
        found = differences(before, after, self._columns())
        if found:
            what = ChangeKind.ADDED if before is None else ChangeKind.CHANGED
            store_changes([change(after, what, found, way=ChangeWay.FORM, actor=actor_of(request))])

    def _store_deletions(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        actor = actor_of(request)
        store_changes(
            change(
                row,
                ChangeKind.DELETED,
                differences(row, None, self._columns()),
                way=ChangeWay.FORM,
                actor=actor,
            )
            for row in rows
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        entries = MappingChange.objects.filter(model=self.opts.model_name, row_id=row.pk)[: SHOWN_CHANGES + 1]
        shown = list(entries)[:SHOWN_CHANGES]
        named = named_changes(shown)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History of {row}").format(row=row),
            "opts": self.opts,
            "original": row,
            "changes": [(entry, named[entry.pk].differences) for entry in shown],
            "more": len(entries) > SHOWN_CHANGES,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/mappings/history.html", context)

    # --- the list ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        pages = {
            **self.related_pages,
            "mapping-coverage": gettext("Coverage"),
            "mapping-trial": gettext("Try the mappings"),
        }
        links = [(found, label) for name, label in pages.items() if (found := address(name))]
        return super().changelist_view(request, {"related_links": links, **(extra_context or {})})


@dataclass(frozen=True)
class NamedDifference:
    """One column of a change: its label, and what stood there before and after, codes with their names."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class NamedChange:
    """A change as people read it: the row as a sentence, and what differs."""

    row: str
    differences: list[NamedDifference]


def named_changes(entries: Collection[MappingChange]) -> dict[int, NamedChange]:
    """What each entry changed, in the words of the forms, by the entry's id. One query for each kind of code, however many
    entries there are."""
    codes = {
        Code(kind, text)
        for entry in entries
        for column, kind in POINTERS.get(entry.model, {}).items()
        for text in entry.differences.get(column, ())
        if text
    }
    names = {(code.kind, code.value): found.label for code, found in look_up(codes).items()}

    def named(kind: str, text: str) -> str:
        name = names.get((kind, text), "")
        return f"{text} {name}" if name and name != text else iso_as_shown(text)

    found = {}
    for entry in entries:
        kinds, labels = POINTERS.get(entry.model, {}), _labels(entry.model)
        row = entry.row
        for column, pair in entry.differences.items():
            if (code := pair[1] or pair[0]) and (name := named(kinds.get(column, ""), code)) != code:
                # As a whole word: the status C is no part of "Closed". Of two that are alike the last one is meant.
                *before, after = re.split(rf"(?<![\w-]){re.escape(code)}(?![\w-])", row)
                row = f"{code.join(before)}{name}{after}" if before else row
        differing = [
            NamedDifference(
                labels.get(column, column), *(named(kinds.get(column, ""), text) for text in pair)
            )
            for column, pair in entry.differences.items()
        ]
        found[entry.pk] = NamedChange(row, differing)
    return found


def _labels(model_name: str) -> dict[str, str]:
    """The columns of a kind of row as its form calls them."""
    try:
        model = apps.get_model("mappings", model_name)
    except LookupError:  # a kind of row that there is no more
        return {}
    return {field.name: str(capfirst(gettext(field.verbose_name))) for field in model._meta.concrete_fields}
