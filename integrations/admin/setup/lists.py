"""The stored lists of other systems on the pages of the portal: drop-downs, reading them again, looking for sites."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from automationhub.lib.choices import ChoiceBox
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404, wants_json
from integrations.admin.shared.displays import NOTHING, actor_name, badge, moment
from integrations.core.audit import log as audit
from integrations.core.workqueue import messages as queue
from integrations.errors import ConfigError
from integrations.models import (
    PaceServer,
    PresseroAccount,
    ReferenceEntry,
    ReferenceKind,
    ReferenceReading,
    WorkLease,
)
from integrations.operations.setup import choices, holiday_places, reference

LISTS = (
    gettext_lazy("Codes for the drop-downs"),
    {
        "description": gettext_lazy(
            "Codes and names that the forms offer. They are refreshed every night, and when you select Refresh codes."
        ),
        "fields": ["lists_read"],
        "classes": ["collapse"],
    },
)


class ChoiceFieldsMixin:
    """Text boxes that offer codes. `choice_fields`: field -> list; `choice_sends`: what narrows the lists."""

    choice_fields: dict[str, str] = {}
    choice_sends: dict[str, dict[str, str]] = {}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kind = self.choice_fields.get(db_field.name)
        if kind:
            sends = {**self.choice_sends.get("", {}), **self.choice_sends.get(db_field.name, {})}
            match = request.resolver_match
            own = (match.kwargs if match else {}).get("object_id", "")
            kwargs["widget"] = ChoiceBox(
                kind, {parameter: field.replace("{pk}", own) for parameter, field in sends.items()}
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        asked = [
            (kind, str(value)) for name, kind in self.choice_fields.items() if (value := getattr(obj, name))
        ]
        countries = [value for kind, value in asked if kind == "holiday_country"]
        for kind, value in asked:
            if kind.startswith("holiday_"):
                warning = holiday_places.warning(kind, value, country=countries[0] if countries else "")
            else:
                warning = choices.warning(kind, value, self.scope_of(obj))
            if warning:
                messages.warning(request, gettext("Saved with a warning: {warning}").format(warning=warning))

    def scope_of(self, obj: Any) -> choices.Scope:
        """Whose lists the codes of this row are in."""
        return choices.Scope()


class ReadsListsMixin:
    """Of accounts and servers: their lists, and the button that has them read again by a worker."""

    opts: Any

    def has_lists_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Who may test the connection may have it read: it changes nothing there."""
        return request.user.has_perm(f"{self.opts.app_label}.test_{self.opts.model_name}")

    @action(
        description=gettext_lazy("Refresh codes"),
        permissions=["view", "lists"],
        url_path="read-lists",
        icon="sync",
        attrs={"data-hub-in-place": gettext_lazy("Refreshing the codes …")},
    )
    def read_lists(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = cast(Any, fetch_or_404(self, request, object_id))  # type: ignore[arg-type]
        if request.method == "GET" and wants_json(request):
            return JsonResponse(self._progress(connection, request.GET.get("asked", "")))
        question = Question(
            gettext("Refresh the codes of {name}?").format(name=connection.name),
            gettext(
                "A worker reads the codes that the drop-downs offer. This changes nothing there and takes a few seconds, or a minute with very many products."
            ),
            gettext("Refresh codes"),
        )

        def act() -> str:
            with transaction.atomic():
                audit.record(
                    "reference.asked",
                    {"name": connection.name},
                    actor=actor_name(request),
                    user=cast(Any, request.user),
                )
                queue.ask_for_reference(connection.owner_column, connection.pk)
            return f"The codes of {connection.name} are being refreshed."

        asked = urlencode({"asked": timezone.now().isoformat()})
        return confirmed(
            cast(Any, self), request, connection, question, act, lambda: {"follow": f"{request.path}?{asked}"}
        )

    def _progress(self, connection: Any, asked: str) -> dict[str, object]:
        """What a page that follows a refresh asks: whether it is over, and the codes as they are now."""
        since = parse_datetime(asked) or timezone.now()
        done = WorkLease.objects.filter(name=reference.work_name(connection), finished_at__gt=since).first()
        failed = ReferenceReading.objects.filter(**connection.as_owner, failed_at__gt=since).exists()
        total = ReferenceEntry.objects.filter(**connection.as_owner, gone_at__isnull=True).count()
        problem = gettext("Some codes could not be refreshed; see the table below.")
        fine = ngettext("{count} code is up to date.", "{count} codes are up to date.", total)
        return {
            "busy": done is None,
            "tone": "bad" if failed else "good",
            "message": problem if failed else fine.format(count=f"{total:,}"),
            "parts": {"hub-codes": str(self.lists_read(connection))},
        }

    @display(description=gettext_lazy("Codes"))
    def lists_read(self, connection: Any) -> SafeString:
        if connection.pk is None:
            return format_html("{}", "Save first.")
        readings = list(ReferenceReading.objects.filter(**connection.as_owner).order_by("kind", "parent"))
        if not readings:
            return format_html('<div id="hub-codes">{}</div>', "No codes yet. Select Refresh codes.")
        sites = dict(
            ReferenceEntry.objects.filter(**connection.as_owner, kind=ReferenceKind.SITE).values_list(
                "key", "label"
            )
        )
        lines = (
            (
                f"{reading.get_kind_display().capitalize()}"
                + (f" of {sites.get(reading.parent, reading.parent)}" if reading.parent else ""),
                reading.entries if reading.read_at else "–",
                moment(reading.read_at),
                badge(gettext("failed"), "bad") if reading.error else "",
                reading.error,
            )
            for reading in readings
        )
        body = format_html_join(
            "", '<tr><td>{}</td><td class="hub-right">{}</td><td>{}</td><td>{} {}</td></tr>', lines
        )
        return format_html(
            '<div id="hub-codes" class="hub-scroll"><table class="hub-table"><thead><tr><th>Codes</th><th class="hub-right">Entries</th>'
            "<th>Read</th><th></th></tr></thead><tbody>{}</tbody></table></div>",
            body,
        )


class DiscoversMixin:
    """Of accounts: looking for sites that are no storefronts yet."""

    def has_discover_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("integrations.add_storefront")

    @action(
        description=gettext_lazy("Discover storefronts"),
        permissions=["view", "discover"],
        url_path="discover",
        icon="travel_explore",
    )
    def discover(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = cast(PresseroAccount, fetch_or_404(self, request, object_id))  # type: ignore[arg-type]
        server = PaceServer.objects.order_by(F("active").desc(), "name").first()
        question = Question(
            gettext("Find the sites of {name}?").format(name=account.name),
            "Pressero has no list of sites, so a worker checks the webhooks received and the orders of the last 30 days. Each site found becomes an inactive storefront of {server or 'a Pace server'}; nothing is sent until you set it up and activate it.",
            gettext("Find sites"),
        )

        def act() -> str:
            if not request.user.has_perm("integrations.add_storefront"):
                raise PermissionDenied
            if server is None:
                raise ConfigError("Storefronts need a Pace server. Add one first.")
            queue.ask_for_discovery(account.pk, server.pk)
            return "A worker is finding sites. New ones appear in the list of storefronts in a moment; the audit log shows the result."

        return confirmed(self, request, account, question, act)  # type: ignore[arg-type]


@admin.register(ReferenceEntry)
class ReferenceEntryAdmin(ReadOnlyAdmin):
    """What the drop-downs offer, to look things up."""

    list_display = ["key", "label", "kind", "system", "state", "seen"]
    list_filter = ["kind", "server", "account", ("gone_at", admin.EmptyFieldListFilter)]
    list_filter_submit = True
    list_select_related = ["server", "account"]
    search_fields = ["search"]
    search_help_text = gettext_lazy("Code, name or part number")
    show_full_result_count = False
    fields = ["key", "label", "kind", "parent", "system", "state", "seen", "extra"]
    readonly_fields = fields
    empty_text = gettext_lazy(
        "No codes yet. Select Refresh codes on the page of a Pace server or a Pressero account."
    )

    @display(description=gettext_lazy("Of"))
    def system(self, entry: ReferenceEntry) -> str:
        return str(entry.server or entry.account)

    @display(description=gettext_lazy("State"))
    def state(self, entry: ReferenceEntry) -> SafeString:
        if entry.gone_at:
            return badge(gettext("Gone"), "bad")
        return badge(gettext("Listed"), "good") if entry.active else badge(gettext("Switched off"), "muted")

    @display(description=gettext_lazy("Last seen"), ordering="seen_at")
    def seen(self, entry: ReferenceEntry) -> SafeString:
        return moment(entry.seen_at) if entry.seen_at else NOTHING
