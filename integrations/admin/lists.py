"""The stored lists of other systems on the pages of the portal: drop-downs, reading them again, looking for sites."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display

from automationhub.lib.admin import ReadOnlyAdmin
from automationhub.lib.choices import ChoiceBox
from integrations import audit, queue
from integrations.admin.confirm import Question, confirmed, fetch_or_404
from integrations.admin.displays import NOTHING, actor_name, badge, moment
from integrations.errors import ConfigError
from integrations.models import (
    PaceServer,
    PresseroAccount,
    ReferenceEntry,
    ReferenceKind,
    ReferenceReading,
)
from integrations.services import choices, holiday_places

LISTS = (
    gettext_lazy("Lists for the drop-downs"),
    {
        "description": gettext_lazy(
            "Codes and names that the forms offer. They are read every night, and when somebody presses “Read lists”."
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
                messages.warning(request, gettext("Saved. But look again: {warning}").format(warning=warning))

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
        description=gettext_lazy("Read lists"),
        permissions=["view", "lists"],
        url_path="read-lists",
        icon="sync",
    )
    def read_lists(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = cast(Any, fetch_or_404(self, request, object_id))  # type: ignore[arg-type]
        question = Question(
            gettext("Read the lists of {name} again?").format(name=connection.name),
            gettext(
                "A worker reads what the drop-downs offer. That changes nothing there and takes some seconds, a minute with "
                "very many products."
            ),
            gettext("Read them"),
        )

        def act() -> str:
            kind = "server" if isinstance(connection, PaceServer) else "account"
            with transaction.atomic():
                audit.record(
                    "reference.asked",
                    {"name": connection.name},
                    actor=actor_name(request),
                    user=cast(Any, request.user),
                )
                queue.ask_for_reference(kind, connection.pk)
            return f"A worker reads the lists of {connection.name} now. Load this page again in a moment."

        return confirmed(self, request, connection, question, act)  # type: ignore[arg-type]

    @display(description=gettext_lazy("Lists"))
    def lists_read(self, connection: Any) -> SafeString:
        if connection.pk is None:
            return format_html("{}", "Save first.")
        owner = "server" if isinstance(connection, PaceServer) else "account"
        readings = list(ReferenceReading.objects.filter(**{owner: connection}).order_by("kind", "parent"))
        if not readings:
            return format_html("{}", "Nothing was read yet. Press “Read lists”.")
        sites = dict(
            ReferenceEntry.objects.filter(**{owner: connection}, kind=ReferenceKind.SITE).values_list(
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
            '<div class="hub-scroll"><table class="hub-table"><thead><tr><th>List</th><th class="hub-right">Entries</th>'
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
            gettext("Look for the sites of {name}?").format(name=account.name),
            "Pressero has no list of sites, so a worker looks at the events that came and at the orders of the last 30 days. "
            f"Each site found becomes an inactive storefront bound to {server or 'a Pace server'}; nothing is sent until "
            "somebody has set it up and switched it on.",
            gettext("Look for them"),
        )

        def act() -> str:
            if not request.user.has_perm("integrations.add_storefront"):
                raise PermissionDenied
            if server is None:
                raise ConfigError("There is no Pace server to bind storefronts to. Add one first.")
            queue.ask_for_discovery(account.pk, server.pk)
            return (
                "A worker looks for sites now. New ones are in the list of storefronts in a moment; the audit log says "
                "what was found."
            )

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
        "Nothing was read yet. Press “Read lists” on the page of a Pace server or a Pressero account."
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
