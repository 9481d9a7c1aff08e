"""Switching a storefront on: from when its orders are taken, and how many older ones that leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from integrations.admin.shared.displays import actor_name, change_url
from integrations.enums import StorefrontMode
from integrations.models import Storefront
from integrations.operations.setup import activation
from integrations.orders.submission import customer_check

NOW, FROM, ALL = "now", "from", "all"
LOCAL = "%Y-%m-%dT%H:%M"


class ActivationForm(forms.Form):
    """From when orders are taken, and whether they become jobs."""

    when = forms.ChoiceField(
        label=gettext_lazy("Process orders placed"),
        widget=forms.RadioSelect,
        choices=[
            (NOW, gettext_lazy("from now on")),
            (FROM, gettext_lazy("from this date and time on")),
            (ALL, gettext_lazy("at any time, including older ones")),
        ],
        initial=NOW,
    )
    since = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        required=False,
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "aria-label": gettext_lazy("Date and time")}, format=LOCAL
        ),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"), widget=forms.RadioSelect, choices=StorefrontMode.choices
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("when") == FROM and not data.get("since") and "since" not in self.errors:
            self.add_error("since", gettext("Enter the date and time from which orders are processed."))
        return data

    def moment(self) -> datetime | None:
        """From when, in words the storefront keeps; None: every order."""
        when = self.cleaned_data["when"]
        return {NOW: timezone.now(), FROM: self.cleaned_data["since"], ALL: None}[when]


class GoLiveForm(ActivationForm):
    """From when a storefront that leaves shadow mode takes orders. Never “at any time”: the jobs of older orders are others'."""

    mode = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        when = self.fields["when"]
        assert isinstance(when, forms.ChoiceField)  # noqa: S101 - narrows the type
        when.label = gettext("Create jobs for orders placed")
        when.choices = [one for one in ActivationForm.base_fields["when"].choices if one[0] != ALL]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        return {**super().clean(), "mode": StorefrontMode.LIVE}


def activation_page(model_admin: Any, request: HttpRequest, storefront: Storefront) -> HttpResponse:
    """Ask from when orders are taken, show what that leaves, and switch the storefront on."""
    initial = {"when": NOW, "mode": storefront.mode, "since": storefront.take_orders_from or timezone.now()}
    going_live = storefront.active and storefront.mode == StorefrontMode.SHADOW
    form = (GoLiveForm if going_live else ActivationForm)(request.POST or None, initial=initial)
    since: datetime | None = timezone.now()
    if request.method == "POST" and form.is_valid():
        since = form.moment()
        if "activate" in request.POST:
            try:
                told = activation.activate(
                    storefront, since, mode=form.cleaned_data["mode"], actor=actor_name(request)
                )
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                customer_check.ask(storefront)
                done = gettext("{name} is live.") if going_live else gettext("{name} is active.")
                done = done.format(name=storefront.name)
                messages.success(request, f"{done} {told.sentence}".strip())
                return HttpResponseRedirect(change_url(storefront))
    request.current_app = model_admin.admin_site.name
    title = gettext("Take {name} live") if going_live else gettext("Activate {name}")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title.format(name=storefront.name),
        "opts": model_admin.opts,
        "original": storefront,
        "form": form,
        "since": since,
        "outlook": activation.outlook(storefront, since),
        "shadow": activation.shadow_outlook(storefront, since) if going_live else None,
        "button": gettext("Go live") if going_live else gettext("Activate"),
        "back_url": reverse("hub-shadow", args=[storefront.pk]) if going_live else change_url(storefront),
    }
    return TemplateResponse(request, "hub/storefront/activate.html", context)
