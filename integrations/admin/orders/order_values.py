"""The form on which staff change values for one order only, and the list of what was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_noop, ngettext
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from automationhub.lib.admin import HubModelAdmin
from automationhub.lib.choices import ChoiceBox
from integrations.admin.shared.displays import actor_name, change_url, order_badge, signed_in
from integrations.core.connections.user_fields import user_field_types
from integrations.errors import NotAllowed
from integrations.models import Order, OrderOverride
from integrations.operations import changeable_values, order_actions
from integrations.operations.changeable_values import Group, Slot, Values
from integrations.orders.submission import overrides
from integrations.planning.override_fields import JOB, OWN, PART, Field, changeable
from integrations.planning.rule_fields import type_words

RIGHT = "integrations.override_order"
MOMENT_HINT = gettext_noop("As the clock at the Pace server shows it.")


def may_change(request: HttpRequest, order: Order) -> bool:
    """Whether this person may change values, and the order is not in Pace yet."""
    return request.user.has_perm(RIGHT) and overrides.may_change(order)


def change_page(order: Order) -> str:
    return reverse("admin:integrations_order_change_value", args=[order.pk])


def change_link(order: Order, key: str, item: int | None) -> str:
    """The form at this field."""
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


# --- the form -----------------------------------------------------------------------------------------------------


def box_name(key: str, item: int | None) -> str:
    """The name of a value's box: `job.poNum` of the whole order, `shipment.city` of item 2 …"""
    return f"{key}.{item or 0}"


class _MomentBox(UnfoldAdminTextInputWidget):
    input_type = "datetime-local"


class ValuesForm(forms.Form):
    """A box for each value, filled in with what is planned; what differs from that is what staff changed."""

    note = forms.CharField(
        label="Why",
        max_length=300,
        help_text="One reason for all changes. It is shown in the timeline and next to each value, with your name.",
        widget=UnfoldAdminTextInputWidget,
        error_messages={"required": "Say in a few words why."},
    )
    seen = forms.CharField(required=False)

    def __init__(
        self, data: Any, *, order: Order, values: Values, at: tuple[str, int | None] = ("", None)
    ) -> None:
        self.order = order
        self.own_types = user_field_types(order.storefront.pace_server_id)
        self.slots = {
            box_name(slot.field.key, slot.item): slot for group in values.groups for slot in group.slots
        }
        super().__init__(data, initial={name: slot.value for name, slot in self.slots.items()})
        for group in values.groups:
            for slot in group.slots:
                self._add(group, slot, is_first=slot.field.key == at[0] and at[1] in (*group.items, None))

    def _add(self, group: Group, slot: Slot, *, is_first: bool) -> None:
        name = box_name(slot.field.key, slot.item)
        # The value that was shown comes back with the form: one that planning changed meanwhile is no change of staff.
        self.fields[name] = forms.CharField(
            label=slot.field.label,
            required=False,
            max_length=2000,
            widget=self._widget(group, slot.field),
            show_hidden_initial=True,
            help_text=self._help(slot.field),
        )
        if slot.changed:
            self.fields[f"revert.{name}"] = forms.BooleanField(required=False)
        if is_first:
            self.fields[name].widget.attrs["autofocus"] = True

    def _help(self, field: Field) -> str:
        if field.kind == OWN:
            kind = self.own_types.get((field.level, field.name), "")
            return gettext("Your own field in Pace: {kind}.").format(kind=type_words(kind))
        return gettext(MOMENT_HINT) if field.kind == "moment" else ""

    def _widget(self, group: Group, field: Field) -> forms.Widget:
        if field.choices:
            sends = {"storefront": f"={self.order.storefront_id}"}
            narrows = next((one for one in group.slots if one.field.name == field.within), None)
            if narrows:
                sends["within"] = box_name(narrows.field.key, narrows.item)
            return ChoiceBox(field.choices, sends)
        if field.of_lines and field.kind != OWN:
            return UnfoldAdminTextareaWidget(attrs={"rows": 3})
        return _MomentBox() if field.kind == "moment" else UnfoldAdminTextInputWidget()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, slot in self.edited():
            try:
                overrides.check_value(self.order, slot.field.key, slot.item, data.get(name, ""))
            except NotAllowed as error:
                self.add_error(name, error.message)
        if "note" not in self.errors and not self.errors and not list(self.edited()) and not self.reverted():
            self.add_error(None, gettext("Nothing was changed yet. Edit a value, then save."))
        return data

    def edited(self) -> Iterator[tuple[str, Slot]]:
        """The values that were edited, without those that are reverted."""
        given_back = {row.pk for row in self.reverted()}
        for name, slot in self.slots.items():
            if name in self.changed_data and not (slot.changed and slot.changed.pk in given_back):
                yield name, slot

    def reverted(self) -> list[OrderOverride]:
        """The changes that are to be taken back."""
        return [
            slot.changed
            for name, slot in self.slots.items()
            if slot.changed and self.cleaned_data.get(f"revert.{name}")
        ]

    def chosen(self) -> list[overrides.Chosen]:
        return [
            overrides.Chosen(slot.field.key, slot.item, self.cleaned_data[name])
            for name, slot in self.edited()
        ]


@dataclass(frozen=True)
class _Shown:
    """One value on the page: its box, and what is to be said beside it."""

    box: forms.BoundField
    slot: Slot
    revert: forms.BoundField | None


def page(model_admin: HubModelAdmin, request: HttpRequest, order: Order) -> HttpResponse:
    """Show the form, or do what it asks; the service decides whether that is possible."""
    key, item = request.GET.get("key", ""), _number(request.GET.get("item", ""))
    values = changeable_values.values_of(
        order, page=_number(request.GET.get("page", "")) or 1, item=item, key=key
    )
    posted = request.method == "POST"
    if posted and "revert_all" in request.POST:
        answer = _revert_all(request, order)
        if answer is not None:
            return answer
    form = ValuesForm(
        request.POST if posted and "revert_all" not in request.POST else None,
        order=order,
        values=values,
        at=(key, item),
    )
    if form.is_bound and form.is_valid() and (answer := _save(request, order, form)):
        return answer
    pages = [
        (f"?{urlencode({'page': number})}", number, number == values.page)
        for number in range(1, values.pages + 1)
    ]
    context: dict[str, Any] = {
        "title": gettext("Change values of order {number}").format(number=order.number),
        "order": order,
        "badge": order_badge(order),
        "back_url": change_url(order),
        "form": form,
        "groups": [_group(form, group) for group in values.groups],
        "problem": values.problem,
        "seen": overrides.stamp(order),
        "pages": pages if values.pages > 1 else [],
        "changed": OrderOverride.objects.filter(order=order).count(),
        "may_retry": request.user.has_perm("integrations.retry_order"),
        "may_preview": request.user.has_perm("integrations.preview_order"),
        "possible": overrides.may_change(order),
    }
    return _page(model_admin, request, context)


def _group(form: ValuesForm, group: Group) -> dict[str, Any]:
    shown = []
    for slot in group.slots:
        name = box_name(slot.field.key, slot.item)
        shown.append(_Shown(form[name], slot, form[f"revert.{name}"] if slot.changed else None))
    return {"title": _title(group), "level": group.level, "values": shown}


def _title(group: Group) -> str:
    if group.level == JOB:
        return gettext("Whole order")
    if group.level == PART:
        return gettext("Item {seq}: {name}").format(seq=group.items[0], name=group.name)
    items = ", ".join(str(seq) for seq in group.items)
    return ngettext("Shipment of item {items}", "Shipment of items {items}", len(group.items)).format(
        items=items
    )


def _save(request: HttpRequest, order: Order, form: ValuesForm) -> HttpResponse | None:
    chosen, reverted = form.chosen(), form.reverted()
    by: dict[str, Any] = {"actor": actor_name(request), "user": signed_in(request)}
    data = form.cleaned_data
    try:
        overrides.change_many(order, chosen, reverted, note=data["note"], seen=data["seen"] or None, **by)
    except NotAllowed as error:
        form.add_error(None, error.message)
        return None
    said = _said(len(chosen), len(reverted))
    then = request.POST.get("then")
    if then == "retry" and request.user.has_perm("integrations.retry_order"):
        try:
            order_actions.retry(order, **by)
            said += " " + gettext("The order was queued.")
        except NotAllowed as error:
            messages.warning(request, error.message)
    messages.success(request, said)
    if then == "preview" and request.user.has_perm("integrations.preview_order"):
        return HttpResponseRedirect(reverse("admin:integrations_order_preview", args=[order.pk]))
    return HttpResponseRedirect(change_url(order))


def _said(changed: int, reverted: int) -> str:
    parts = []
    if changed:
        text = ngettext(
            "{count} value is changed for this order only.",
            "{count} values are changed for this order only.",
            changed,
        )
        parts.append(text.format(count=changed))
    if reverted:
        text = ngettext(
            "{count} value is planned by mappings and settings again.",
            "{count} values are planned by mappings and settings again.",
            reverted,
        )
        parts.append(text.format(count=reverted))
    return " ".join(parts)


def _revert_all(request: HttpRequest, order: Order) -> HttpResponse | None:
    rows = list(OrderOverride.objects.filter(order=order))
    try:
        overrides.change_many(order, reverted=rows, actor=actor_name(request), user=signed_in(request))
    except NotAllowed as error:
        messages.error(request, error.message)
        return None
    messages.success(request, _said(0, len(rows)))
    return HttpResponseRedirect(change_page(order))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _page(model_admin: HubModelAdmin, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    shared = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": context["order"],
    }
    return TemplateResponse(request, "hub/order/change_value.html", {**shared, **context})
