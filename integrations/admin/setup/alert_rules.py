"""The rules that watch the hub: what each watches, what it saw last, whether it tells, and from where on."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import display

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.shared.displays import NOTHING, actor_name, badge, moment
from integrations.core.audit import log as audit
from integrations.models import AlertRule
from integrations.operations.watch.rules import BY_KEY


@admin.register(AlertRule)
class AlertRuleAdmin(HubModelAdmin):
    """The hub makes the rows; staff switch rules on and off and set their thresholds."""

    list_display = ["title", "watches", "state", "last_value", "limit", "last_checked"]
    list_display_links = ["title"]
    ordering = ["pk"]
    sortable_by: list[str] = []
    fields = ["watches", "last_value", "last_checked", "active", "threshold"]
    readonly_fields = ["watches", "last_value", "last_checked"]
    empty_text = gettext_lazy("The worker makes the rules when it starts. Start it, then look here again.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = list(self.fields or [])
        if obj is not None and BY_KEY[obj.key].threshold is None:
            fields.remove("threshold")
        return fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None and (field := cast(Any, form).base_fields.get("threshold")):
            field.required = True
            field.help_text = str(BY_KEY[obj.key].unit).capitalize() + "."
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "threshold":
            kwargs["help_text"] = gettext("The number at which an alert is sent.")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: AlertRule, form: Any, change: bool) -> None:
        before = AlertRule.objects.get(pk=obj.pk)
        # The rest of the row is the worker's, who may have written it meanwhile.
        obj.save(update_fields=["active", "threshold"])
        for name in ("active", "threshold"):
            if getattr(before, name) != getattr(obj, name):
                facts = {"rule": str(BY_KEY[obj.key].title), "setting": name}
                facts |= {"before": str(getattr(before, name)), "after": str(getattr(obj, name))}
                audit.record(
                    "alert_rule.changed", facts, actor=actor_name(request), user=cast(Any, request.user)
                )

    @display(description=gettext_lazy("Rule"))
    def title(self, row: AlertRule) -> str:
        return str(BY_KEY[row.key].title)

    @display(description=gettext_lazy("Watches"))
    def watches(self, row: AlertRule) -> SafeString:
        return _sentence(str(BY_KEY[row.key].watches))

    @display(description=gettext_lazy("State"))
    def state(self, row: AlertRule) -> SafeString:
        if not row.active:
            return badge(gettext("Off"), "muted")
        return badge(gettext("Alerting"), "bad") if row.open_findings else badge(gettext("On"), "good")

    @display(description=gettext_lazy("Last value"))
    def last_value(self, row: AlertRule) -> SafeString:
        return _sentence(row.value) if row.value else NOTHING

    @display(description=gettext_lazy("Alerts from"))
    def limit(self, row: AlertRule) -> str:
        rule = BY_KEY[row.key]
        return (
            f"{str(rule.unit).capitalize()}: {row.threshold}"
            if rule.threshold is not None and row.threshold
            else NOTHING
        )

    @display(description=gettext_lazy("Last checked"))
    def last_checked(self, row: AlertRule) -> SafeString | str:
        return moment(row.checked_at, seconds=True)


def _sentence(text: str) -> SafeString:
    return format_html('<span class="hub-sentence">{}</span>', text)
