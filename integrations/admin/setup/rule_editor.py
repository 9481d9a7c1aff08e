"""What the page of a field rule asks while you write it: JSON answers from what the hub stored, never from another
system."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from integrations.models import Order
from integrations.operations.setup import rule_trial
from mappings import rule_check
from mappings.models import FieldRule, RuleMode
from mappings.types import FieldRuleRow

LONGEST = 4000


def answer(request: HttpRequest) -> JsonResponse:
    """`ask`: example (the values of an order), try (what the rule makes of it) or matches (how often it applies)."""
    user = request.user
    may_write = user.has_perm("mappings.add_fieldrule") or user.has_perm("mappings.change_fieldrule")
    if not (may_write and user.has_perm("integrations.view_order")):
        raise PermissionDenied
    asked = request.POST.get("ask", "")
    if asked == "example":
        return JsonResponse(_example(request))
    draft = _draft(request)
    draft.tidy()
    errors, remarks = _checked(draft)
    if asked == "matches":
        return JsonResponse({"sentence": "" if errors else _count(draft)})
    return JsonResponse({"errors": errors, "remarks": remarks, **({} if errors else _tried(request, draft))})


rule_editor_view = admin.site.admin_view(require_POST(answer))


def _example(request: HttpRequest) -> dict[str, Any]:
    orders = rule_trial.recent_orders(_number(request, "storefront"))
    order = _chosen(request, orders)
    return {
        "orders": [{"id": one.pk, "label": f"{one.number}, {one.storefront.name}"} for one in orders],
        "order": order.pk if order else None,
        "placeholders": [
            {**asdict(one), "group": gettext(one.group), "text": gettext(one.text)}
            for one in rule_trial.placeholders(order)
        ]
        if order
        else [],
        "note": "" if order else gettext("No order was read yet, so there are no values to show."),
    }


def _chosen(request: HttpRequest, orders: list[Order]) -> Order | None:
    wanted = _number(request, "order")
    return next((one for one in orders if one.pk == wanted), orders[0] if orders else None)


def _draft(request: HttpRequest) -> FieldRule:
    """The rule as it stands in the form; what is left out has its default."""

    def text(name: str) -> str:
        return request.POST.get(name, "")[: 2 * LONGEST]

    return FieldRule(
        storefront_id=_number(request, "storefront"),
        object=text("object"),
        pace_field=text("pace_field").strip(),
        when=text("when"),
        value=text("value"),
        mode=text("mode") or RuleMode.SET,
        required=text("required") == "on",
    )


def _checked(draft: FieldRule) -> tuple[dict[str, str], list[str]]:
    return rule_check.problems(draft.draft(), draft.known_tables), draft.remarks()


def _row(draft: FieldRule) -> FieldRuleRow:
    return FieldRuleRow(
        0,
        draft.storefront_id,
        draft.object,
        draft.pace_field,
        100,
        draft.when,
        draft.value,
        draft.mode,
        draft.required,
    )


def _tried(request: HttpRequest, draft: FieldRule) -> dict[str, Any]:
    order = _chosen(request, rule_trial.recent_orders(draft.storefront_id))
    if order is None:
        return {
            "sentence": gettext("No order was read yet to try the rule with."),
            "value": "",
            "good": False,
        }
    outcome = rule_trial.try_rule(_row(draft), order)
    return {
        "sentence": _sentence(outcome, draft),
        "value": outcome.value if outcome.applies else "",
        "good": outcome.applies,
        "before": outcome.before,
        "source": outcome.source,
    }


def _sentence(outcome: rule_trial.RuleOutcome, draft: FieldRule) -> str:
    names = {
        "order": outcome.order,
        "item": outcome.item,
        "field": draft.pace_field,
        "problem": outcome.problem,
    }
    if outcome.problem:
        return gettext("Order {order} would stop: {problem}.").format(**names)
    if not outcome.applies:
        return gettext("The condition does not hold for order {order}.").format(**names)
    if outcome.value == "":
        return gettext("Order {order}: {field} stays empty.").format(**names)
    if draft.object in ("part", "shipment", "carton"):
        return gettext("Order {order}, item {item}: {field} becomes").format(**names)
    return gettext("Order {order}: {field} becomes").format(**names)


def _count(draft: FieldRule) -> str:
    count = rule_trial.count_matches(_row(draft))
    if not count.orders:
        return ""
    names = {"orders": count.orders, "applied": count.applied, "stopped": count.stopped}
    if count.stopped:
        return gettext("This rule would have stopped {stopped} of the last {orders} orders.").format(**names)
    if not count.applied:
        return ngettext(
            "This rule never matched: it was tried with the last order.",
            "This rule never matched any of the last {orders} orders.",
            count.orders,
        ).format(**names)
    return gettext("This rule applies to {applied} of the last {orders} orders.").format(**names)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
