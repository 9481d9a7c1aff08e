"""The page on which staff change a value for one order only, and the list of what was changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from automationhub.lib.admin import HubModelAdmin
from automationhub.lib.choices import ChoiceBox
from integrations.admin.shared.displays import actor_name, change_url, order_badge, signed_in
from integrations.clients.pace.field_types import USER_DEFINED
from integrations.core.connections.user_fields import user_field_types
from integrations.errors import NotAllowed
from integrations.models import Order, OrderOverride
from integrations.operations import order_actions
from integrations.orders.submission import overrides
from integrations.planning.override_fields import FIELDS, JOB, OWN, Field, changeable
from integrations.planning.rule_fields import type_words
from mappings.models import FieldRule

RIGHT = "integrations.override_order"
MOST_OWN = (
    60  # a plant's own fields on the page, those that rules write first; others have their link in the plan
)
HINTS = {
    "number": "Type a few letters of its name in Pace and choose one.",
    "moment": "Date and time like 2026-01-31 17:00, as the clock at the Pace server shows it.",
}


def may_change(request: HttpRequest, order: Order) -> bool:
    """Whether this person may change values, and the order is not in Pace yet."""
    return request.user.has_perm(RIGHT) and overrides.may_change(order)


def change_page(order: Order) -> str:
    return reverse("admin:integrations_order_change_value", args=[order.pk])


def change_link(order: Order, key: str, item: int | None) -> str:
    """The page with this field chosen."""
    sent = {"key": key, **({} if item is None else {"item": str(item)})}
    return f"{change_page(order)}?{urlencode(sent)}"


def changed_values(request: HttpRequest, order: Order) -> list[dict[str, Any]]:
    """What staff changed, newest words first, with the way to take it back."""
    allowed = may_change(request, order)
    return [
        {
            "row": row,
            "label": field.label if (field := changeable(row.key)) else row.key,
            "where": "whole order" if row.item is None else f"item {row.item}",
            "url": change_link(order, row.key, row.item) if allowed and field else "",
        }
        for row in OrderOverride.objects.filter(order=order)
    ]


class ValueForm(forms.Form):
    """One value and why it is changed."""

    value = forms.CharField(label="Value", max_length=2000)
    note = forms.CharField(
        label="Why",
        max_length=300,
        help_text="Shown in the audit log and next to the value, with your name.",
        widget=UnfoldAdminTextInputWidget,
        error_messages={"required": "Say in a few words why."},
    )

    def __init__(self, *args: Any, field: Field, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        value = self.fields["value"]
        value.label = field.label
        value.help_text = HINTS.get(field.kind, "") if field.choices or field.kind == "moment" else ""
        if field.kind == OWN:
            kind = user_field_types(order.storefront.pace_server_id).get((field.level, field.name), "")
            value.help_text = gettext("Your own field in Pace: {kind}.").format(kind=type_words(kind))
        value.error_messages["required"] = "Enter a value. To take a change back, use the button below."
        if field.choices:
            value.widget = ChoiceBox(field.choices, {"storefront": f"={order.storefront_id}"})
        elif field.of_lines and field.kind != OWN:
            value.widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})
        else:
            value.widget = UnfoldAdminTextInputWidget()
        value.widget.is_required = True


def page(model_admin: HubModelAdmin, request: HttpRequest, order: Order) -> HttpResponse:
    """Choose the value, change it, or take the change back; the service decides whether that is possible."""
    key = request.GET.get("key", "")
    item = _item(request.GET.get("item", ""))
    context: dict[str, Any] = {"order": order, "badge": order_badge(order), "back_url": change_url(order)}
    field = changeable(key)
    if field is None:
        context |= {"title": gettext("Change a value for this order"), "groups": _groups(order)}
        return _page(model_admin, request, context)
    kept = OrderOverride.objects.filter(order=order, key=key, item=item).first()
    initial = {"value": kept.value, "note": kept.note} if kept else None
    form = ValueForm(request.POST or None, field=field, order=order, initial=initial)
    if request.method == "POST":
        answer = _take_back(request, order, kept) if "take_back" in request.POST else None
        answer = answer or (
            _keep(request, order, form, key, item) if "take_back" not in request.POST else None
        )
        if answer is not None:
            return answer
    context |= {
        "title": f"{field.label}, {'whole order' if item is None else f'item {item}'}",
        "form": form,
        "field": field,
        "kept": kept,
        "may_retry": request.user.has_perm("integrations.retry_order"),
        "possible": overrides.may_change(order),
        "choose_url": change_page(order),
    }
    return _page(model_admin, request, context)


def _keep(
    request: HttpRequest, order: Order, form: ValueForm, key: str, item: int | None
) -> HttpResponse | None:
    if not form.is_valid():
        return None
    data = form.cleaned_data
    actor: dict[str, Any] = {"actor": actor_name(request), "user": request.user}
    try:
        overrides.change(order, key, data["value"], note=data["note"], item=item, **actor)
    except NotAllowed as error:
        form.add_error("value", error.message)
        return None
    field = changeable(key)
    said = f"{field.label if field else key} is changed for this order only."
    if request.POST.get("then") == "retry" and request.user.has_perm("integrations.retry_order"):
        try:
            order_actions.retry(order, **actor)
            said += " The order was queued."
        except NotAllowed as error:
            messages.warning(request, error.message)
    messages.success(request, said)
    return HttpResponseRedirect(change_url(order))


def _take_back(request: HttpRequest, order: Order, kept: OrderOverride | None) -> HttpResponse | None:
    if kept is None:
        return HttpResponseRedirect(change_url(order))
    try:
        overrides.take_back(kept, actor=actor_name(request), user=signed_in(request))
    except NotAllowed as error:
        messages.error(request, error.message)
        return None
    messages.success(request, gettext("The change was undone; mappings and settings apply again."))
    return HttpResponseRedirect(f"{change_url(order)}?tab=plan")


def _groups(order: Order) -> list[dict[str, Any]]:
    """The values that can be changed, the whole order's first; the plant's own fields after the known ones."""
    fields = [*FIELDS.values(), *own_fields(order)]
    groups = [
        {
            "title": gettext("Whole order"),
            "links": [
                (field.label, change_link(order, field.key, None)) for field in fields if field.level == JOB
            ],
        }
    ]
    for seq, name in order.items.order_by("seq").values_list("seq", "product_name"):
        links = [(field.label, change_link(order, field.key, seq)) for field in fields if field.level != JOB]
        groups.append({"title": gettext("Item {seq}: {name}").format(seq=seq, name=name), "links": links})
    return groups


def own_fields(order: Order) -> list[Field]:
    """The plant's own fields (`u_…`) that were seen in Pace or that a field rule writes: two queries."""
    seen = list(user_field_types(order.storefront.pace_server_id))
    for_all_or_it = Q(storefront=order.storefront_id) | Q(storefront__isnull=True)
    ruled = FieldRule.objects.filter(for_all_or_it, pace_field__startswith=USER_DEFINED).order_by("pk")
    keys = (f"{object_}.{name}" for object_, name in [*ruled.values_list("object", "pace_field"), *seen])
    found = [field for key in dict.fromkeys(keys) if (field := changeable(key)) and field.kind == OWN]
    return sorted(found[:MOST_OWN], key=lambda field: (field.level, field.name.lower()))


def _item(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _page(model_admin: HubModelAdmin, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    shared = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": context["order"],
    }
    return TemplateResponse(request, "hub/order/change_value.html", {**shared, **context})
