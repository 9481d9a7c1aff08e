"""Who works on an order, on its page: assign, snooze, note; each decision can be undone for a few seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext

from integrations.admin.shared import undo
from integrations.admin.shared.displays import actor_name, change_url, signed_in
from integrations.errors import NotAllowed
from integrations.models import Order, OrderCase
from integrations.operations import inbox, order_actions, people

RIGHT = "integrations.triage_order"


def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What the forms in an order's header post: the decision, then back to the page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    order = get_object_or_404(Order.objects.only("number", "message", "storefront"), pk=pk)
    try:
        messages.success(request, _decide(request, order, request.POST.get("do", "")))
    except NotAllowed as error:
        messages.warning(request, error.message)
    return HttpResponseRedirect(change_url(order))


def _decide(request: HttpRequest, order: Order, do: str) -> str:
    actor: dict[str, Any] = {"actor": actor_name(request), "user": signed_in(request)}
    if do in ("assign", "take"):
        before = people.assignee_of(order)
        text = request.POST.get("to", "")
        to = (
            signed_in(request).pk
            if do == "take"
            else int(text)
            if text.isdecimal() and len(text) < 10
            else None
        )
        told = people.assign(order, to, **actor)
        return undo.sentence(
            request, told, "assign_order", back=change_url(order), order=order.pk, to=before, now=to
        )
    if do in ("snooze", "wake"):
        kept = OrderCase.objects.filter(order=order).values_list("snoozed_until", flat=True).first()
        until = inbox.later(request.POST.get("until", ""), timezone.localtime()) if do == "snooze" else None
        if do == "snooze" and until is None:
            raise NotAllowed(gettext("Choose how long to snooze the order."))
        told = people.snooze(order, until, **actor)
        before_text = kept.isoformat() if kept else ""
        return undo.sentence(
            request, told, "snooze_order", back=change_url(order), order=order.pk, to=before_text
        )
    if do == "note":
        return people.add_note(order, request.POST.get("text", ""), **actor)
    raise NotAllowed(gettext("There is no such action."))


@undo.undoes("assign_order", RIGHT)
def unassign(*, order: int, to: int | None, now: int | None, actor: str, user: AbstractBaseUser) -> str:
    """Give an order back to whom it was assigned before; refused when it was assigned again since."""
    row = Order.objects.only("number", "message").get(pk=order)
    if people.assignee_of(row) != now:
        raise NotAllowed(gettext("The order was assigned again in the meantime."))
    return people.assign(row, to, actor=actor, user=user)


@undo.undoes("snooze_order", RIGHT)
def unsnooze(*, order: int, to: str, actor: str, user: AbstractBaseUser) -> str:
    """Snooze an order as it was before."""
    until = datetime.fromisoformat(to) if to else None
    return people.snooze(Order.objects.only("number").get(pk=order), until, actor=actor, user=user)


@undo.undoes("hold_order", "integrations.hold_order")
def unhold(*, order: int, actor: str, user: AbstractBaseUser) -> str:
    """Release an order that was put on hold a moment ago."""
    row = Order.objects.get(pk=order)
    order_actions.release_hold(row, actor=actor, user=user)
    return gettext("Order {number} is released.").format(number=row.number)


@undo.undoes("handled_changes", "integrations.change_orderchange")
def reopen(*, order: int, changes: list[int], actor: str, user: AbstractBaseUser) -> str:
    """Reopen changes that were marked as handled a moment ago."""
    row = Order.objects.get(pk=order)
    order_actions.reopen_changes(row, changes, actor=actor, user=user)
    return gettext("The changes of order {number} are open again.").format(number=row.number)


order_people_view = admin.site.admin_view(act)
