"""Forms that close the loop: a fix says which orders wait for it, and sends them back to work as it is saved.

A form knows its orders from the cause in its address (`?cause=`, put there by the links of `shared.fixes`) or, for a
mapping row, from the row itself.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from integrations.admin.shared.displays import actor_name
from integrations.admin.shared.list_views import ListViewsMixin
from integrations.causes import Cause
from integrations.errors import NotAllowed
from integrations.operations import bulk_retry, waiting
from integrations.operations.waiting import Waiting
from mappings import admin as mapping_pages
from mappings.models import (
    FieldRule,
    Holiday,
    MappingRow,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
    TableValue,
)

BUTTON = "_retry"


class RetriesWaiting:
    """For admin classes of mappings and settings: shows the orders that wait, and retries them with the save."""

    change_form_template = "hub/waiting/change_form.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        found = self._waiting(request, object_id)
        context = {"waiting": shown(found, request) if found else None, **(extra_context or {})}
        return cast(Any, super()).changeform_view(request, object_id, form_url, context)

    def _waiting(self, request: HttpRequest, object_id: str | None) -> Waiting | None:
        if not _may_see(request):
            return None
        cause = Cause.from_key(request.GET.get("cause", ""))
        if cause:
            return waiting.for_cause(cause, waiting.storefront_named(request.GET.get("storefront")))
        if object_id is None or request.method != "GET":
            return None
        row = cast(Any, self).get_object(request, object_id)
        return waiting.for_row(row, row) if isinstance(row, MappingRow) else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        before = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        cast(Any, super()).save_model(request, obj, form, change)
        if _may_see(request) and (found := self._freed(request, obj, before)):
            request.hub_waiting = [*getattr(request, "hub_waiting", []), found]  # type: ignore[attr-defined]

    def _freed(self, request: HttpRequest, obj: Model, before: Model | None) -> Waiting | None:
        cause = Cause.from_key(request.GET.get("cause", ""))
        if isinstance(obj, MappingRow):
            by_cause = waiting.for_cause(cause, obj.storefront_id)
            return by_cause or waiting.for_row(obj, cast(MappingRow | None, before))
        return waiting.for_cause(cause, waiting.storefront_named(request.GET.get("storefront")))

    def response_add(self, request: HttpRequest, obj: Model, *args: Any, **kwargs: Any) -> HttpResponse:
        return _after(request) or cast(Any, super()).response_add(request, obj, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        return _after(request) or cast(Any, super()).response_change(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        answer = cast(Any, super()).changelist_view(request, extra_context)
        for found in getattr(request, "hub_waiting", []):
            _offer(request, found)
        return answer


def shown(found: Waiting, request: HttpRequest) -> dict[str, Any]:
    """What the banner and its button say of the orders that wait."""
    numbers = [
        {"number": number, "url": reverse("admin:integrations_order_change", args=[pk])}
        for pk, number in found.orders
    ]
    one = len(found.storefronts) == 1
    where = found.storefronts[0] if one else ""
    storefronts = len(found.storefronts)
    text = (
        ngettext(
            "Missing for {count} order of {where}:", "Missing for {count} orders of {where}:", found.count
        )
        if one
        else ngettext(
            "Missing for {count} order of {storefronts} storefronts:",
            "Missing for {count} orders of {storefronts} storefronts:",
            found.count,
        )
    )
    return {
        "text": text.format(count=found.count, where=where, storefronts=storefronts),
        "numbers": numbers,
        "more": found.more,
        "may_retry": _may_retry(request),
        "button": ngettext(
            "Save and retry {count} order", "Save and retry {count} orders", found.count
        ).format(count=found.count),
    }


def _after(request: HttpRequest) -> HttpResponse | None:
    """Where a save leads: to the inbox with the retry under way; None for the form's own way, with an offer to retry."""
    found: list[Waiting] = getattr(request, "hub_waiting", [])
    if BUTTON not in request.POST:
        for one in found:
            _offer(request, one)
        return None
    if not _may_retry(request):
        return None
    if not found:
        messages.warning(request, gettext("Saved. No order waits for this any more."))
        return HttpResponseRedirect(reverse("hub-inbox"))
    return retry_and_follow(request, found[0].cause, found[0].storefront_id)


def retry_and_follow(request: HttpRequest, cause: Cause, storefront_id: int | None) -> HttpResponse:
    """Retry the orders of a cause and open the inbox, whose toast follows them to their jobs."""
    try:
        run = bulk_retry.start(
            cause, actor=actor_name(request), user=cast(Any, request.user), storefront_id=storefront_id
        )
    except NotAllowed as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(reverse("hub-inbox"))
    return HttpResponseRedirect(f"{reverse('hub-inbox')}?{urlencode({'follow': run.pk})}")


def _offer(request: HttpRequest, found: Waiting) -> None:
    """Offer to retry the orders that waited for what was just saved."""
    if _may_retry(request):
        context = {"found": found}
        messages.info(request, render_to_string("hub/waiting/offer.html", context, request=request))


def _may_see(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("integrations.view_order"))


def _may_retry(request: HttpRequest) -> bool:
    return _may_see(request) and bool(request.user.has_perm("integrations.retry_order"))


def close_loop_of_mappings() -> None:
    """The mappings' own pages know nothing of orders and of saved views: the portal's versions of them do."""
    waited_for: tuple[tuple[type[Model], type[Any]], ...] = (
        (ProductMapping, mapping_pages.ProductMappingAdmin),
        (ShipmentMethodMapping, mapping_pages.ShipmentMethodMappingAdmin),
        (ShipmentAddressMapping, mapping_pages.ShipmentAddressMappingAdmin),
        (StatusMapping, mapping_pages.StatusMappingAdmin),
        (Holiday, mapping_pages.HolidayAdmin),
    )
    others: tuple[tuple[type[Model], type[Any]], ...] = (
        (FieldRule, mapping_pages.FieldRuleAdmin),
        (TableValue, mapping_pages.TableValueAdmin),
    )
    for model, page in (*waited_for, *others):
        bases = (ListViewsMixin, RetriesWaiting) if (model, page) in waited_for else (ListViewsMixin,)
        admin.site.unregister(model)
        admin.site.register(model, type(page.__name__, (*bases, page), {}))
