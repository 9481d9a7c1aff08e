"""Filters of the mapping lists: whose rows, what is missing, what points at something gone."""

from collections import defaultdict
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from mappings.models import MappingRow
from mappings.reference import POINTERS, Code, Standing, look_up

ALL_STOREFRONTS = "all"
# So many different codes are looked up for one filter; a list with more is narrowed first.
MOST_CODES = 30_000


class StorefrontFilter(DropdownFilter):
    """Rows of one storefront, or those that are for all of them."""

    title = gettext_lazy("storefront")
    parameter_name = "for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        storefronts: Any = model_admin.model._meta.get_field("storefront").related_model
        names = storefronts.objects.order_by("name").values_list("pk", "name")
        return [
            (ALL_STOREFRONTS, gettext("Rows for all storefronts")),
            *((str(pk), name) for pk, name in names),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        value = self.value()
        if value == ALL_STOREFRONTS:
            return queryset.filter(storefront__isnull=True)
        return queryset.filter(storefront=value) if value and value.isdecimal() else queryset


class IncompleteFilter(DropdownFilter):
    """Shipping rows that leave a part of the answer to the next row."""

    title = gettext_lazy("missing value")
    parameter_name = "empty"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ship_via", gettext("No ship via")), ("account_number", gettext("No account number"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if self.value() == "ship_via":
            return queryset.filter(ship_via__isnull=True)
        return queryset.filter(account_number="") if self.value() == "account_number" else queryset


class TableFilter(DropdownFilter):
    """Rows of one value table."""

    title = gettext_lazy("table")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.model._default_manager.order_by("table_key").values_list("table_key", "table")
        return list(dict(rows.distinct()).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(table_key=self.value()) if self.value() else queryset


class StaleFilter(DropdownFilter):
    """Rows with a code that its system no longer lists, or never did."""

    title = gettext_lazy("codes")
    parameter_name = "codes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("gone", gettext("Uses a deleted code")),
            ("unknown", gettext("Uses an unknown code")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        wanted = {"gone": Standing.GONE, "unknown": Standing.UNKNOWN}.get(self.value() or "")
        return queryset.filter(pointing_at(queryset.model, wanted)) if wanted else queryset


def pointing_at(model: type[Any], wanted: Standing) -> Q:
    """The rows with a code of this standing: two queries a column, and those of the look-up."""
    found = Q(pk__in=[])
    for column, kind in POINTERS[str(model._meta.model_name)].items():
        within = {"product": "match", "stage": "workflow"}.get(kind)
        names = ["storefront_id", column, *([within] if within else [])]
        rows = model.objects.exclude(**_empty(model, column)).order_by().values_list(*names).distinct()
        codes = {
            Code(kind, str(row[1]), row[0], str(row[2]) if within else ""): row for row in rows[:MOST_CODES]
        }
        values: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for code, finding in look_up(list(codes)).items():
            if finding.standing == wanted:
                storefront, value, *rest = codes[code]
                values[storefront, *rest].append(value)
        for (storefront, *rest), some in values.items():
            narrowed = Q(**{f"{column}__in": some}) & Q(**({within: rest[0]} if within else {}))
            found |= narrowed & (Q(storefront=storefront) if storefront else Q(storefront__isnull=True))
    return found


def _empty(model: type[MappingRow], column: str) -> dict[str, Any]:
    return {f"{column}__isnull": True} if model._meta.get_field(column).null else {column: ""}
