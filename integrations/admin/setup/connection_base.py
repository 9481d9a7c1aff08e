"""What accounts and servers share in the portal: deletion, the connection test, pausing by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action, display

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.setup.secrets import SECRET_OVERRIDES
from integrations.admin.shared.confirm import Question, confirmed, fetch_or_404
from integrations.admin.shared.displays import NOTHING, actor_name, badge
from integrations.core.audit import log as audit
from integrations.core.connections import circuits
from integrations.core.connections.clients import note_move
from integrations.errors import HubError
from integrations.models import PaceServer
from integrations.operations.setup import activation
from integrations.operations.setup.connection_states import ConnectionState, states_of

# Each test may take as long as a login; a web request takes a few.
MOST_AT_ONCE = 5
HISTORY = (gettext_lazy("History"), {"fields": [("created_at", "updated_at")], "classes": ["collapse"]})


def shown_state(
    request: HttpRequest, connection: circuits.System, state: ConnectionState | None = None
) -> dict[str, Any]:
    """What `hub/connections/state.html` shows of a connection."""
    state = state or states_of([connection])[0]
    model = str(connection._meta.model_name)
    if state.tone == "good" and (unread := " ".join(getattr(connection, "unreadable", {}).values())):
        state = replace(state, tone="wait", error=unread)
    may_try = request.user.has_perm(f"integrations.test_{model}")
    return {
        "kind": "Pace" if isinstance(connection, PaceServer) else "Pressero",
        "row": connection,
        "state": state,
        "label": gettext(state.word),
        "try_url": reverse(f"admin:integrations_{model}_test_connection", args=[connection.pk])
        if may_try
        else "",
    }


class ProtectedWhileInUseAdmin(HubModelAdmin):
    """Rows that orders hang on are switched off, not deleted: the button is only there while nothing uses them."""

    used_by: tuple[str, ...] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not any(getattr(obj, name).exists() for name in self.used_by))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting many would first list all the orders and events that forbid it.
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}


class ConnectionAdmin(ProtectedWhileInUseAdmin):
    """What accounts and servers share: write-only secrets and the connection test."""

    formfield_overrides = SECRET_OVERRIDES
    actions = ["test_selected"]
    actions_detail = ["test_connection", "pause", "resume"]
    list_select_related = ["circuit"]
    list_filter = ["active"]
    search_fields = ["name", "slug"]
    ordering = ["name"]

    try_it: Callable[[Any], str]
    system: str

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        connection = super().get_object(request, object_id, from_field)
        if connection is not None:
            # The addresses shown are built from the one that the portal was opened with.
            connection.hub_origin = request.build_absolute_uri("/").rstrip("/")
            connection.hub_request = request
        return connection

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = obj.stored()
        super().save_model(request, obj, form, change)
        note_move(before, obj, actor=actor_name(request), user=cast(Any, request.user))
        if obj.active and before is not None and not before.active:
            activation.resume_waiting()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "slug":
            kwargs["label"] = "Short name"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def _address(self, connection: Any, path: str) -> str | SafeString:
        if connection.pk is None:
            return "Save first; the short name is part of the address."
        return format_html('<code class="hub-copy">{}{}</code>', getattr(connection, "hub_origin", ""), path)

    def has_test_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.test_{self.opts.model_name}")

    def _test(self, request: HttpRequest, connection: Any) -> str:
        """Try it and write down how it went. The sentence on success; raises what the test raises.

        When it answers, orders that wait for it are processed right away.
        """
        name = f"{self.system} ({connection.name})"
        actor, user = actor_name(request), cast(Any, request.user)
        try:
            result = type(self).try_it(connection)
        except HubError as error:
            audit.record("connection.tested", {"name": name, "result": error.message}, actor=actor, user=user)
            raise
        audit.record("connection.tested", {"name": name, "result": result}, actor=actor, user=user)
        circuits.note_answer(connection)
        return result

    @action(
        description=gettext_lazy("Test connection"),
        permissions=["view", "test"],
        url_path="test-connection",
        icon="cable",
        attrs={"data-hub-in-place": gettext_lazy("Testing the connection …")},
    )
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = cast(Any, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Test the connection to {name}?").format(name=connection.name),
            gettext(
                "The hub logs in to {system} with the stored credentials and changes nothing there. Save the form first: unsaved changes are not tested."
            ).format(system=self.system),
            gettext("Test now"),
        )

        def state() -> dict[str, object]:
            fresh = shown_state(request, type(connection)._default_manager.get(pk=connection.pk))
            html = render_to_string("hub/connections/state.html", {"one": fresh}, request)
            return {"parts": {f"hub-state-{connection.pk}-{fresh['kind']}": html}}

        return confirmed(self, request, connection, question, lambda: self._test(request, connection), state)

    @action(description=gettext_lazy("Test connection"), permissions=["test"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.order_by("name")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext("Test at most {most_at_once} connections at a time. Nothing was tested.").format(
                    most_at_once=MOST_AT_ONCE
                ),
            )
            return
        for connection in chosen:
            try:
                messages.success(request, self._test(request, connection))
            except HubError as error:
                messages.error(request, error.message)

    # --- pausing by hand ---

    def has_pause_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Resume where calls are stopped, pause where they are not."""
        connection = self.get_object(request, str(object_id))
        hidden = "pause" if connection is not None and _is_stopped(connection) else "resume"
        allowed = super().get_actions_detail(request, object_id)
        return [one for one in allowed if one.method.original_function_name != hidden]

    @display(description=gettext_lazy("State"))
    def state_now(self, connection: Any) -> SafeString | str:
        """On the connection's page: since when it is down, the next try, which orders wait."""
        request = getattr(connection, "hub_request", None)
        if connection.pk is None or request is None:
            return NOTHING
        return render_to_string(
            "hub/connections/state.html", {"one": shown_state(request, connection)}, request
        )

    @display(description=gettext_lazy("Calls"))
    def calls(self, connection: Any) -> SafeString:
        if not connection.active:
            return badge(gettext("Switched off"), "muted")
        circuit = getattr(connection, "circuit", None)
        if circuit is not None and circuit.paused:
            return badge(gettext("Paused"), "wait")
        return badge(gettext("Down"), "bad") if _is_stopped(connection) else badge(gettext("On"), "good")

    @action(description=gettext_lazy("Pause"), permissions=["view", "pause"], icon="pause_circle")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = cast(Any, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Pause {name}?").format(name=connection.name),
            gettext(
                "The hub stops calling {system} until you resume it. Webhooks are still received, and their orders wait."
            ).format(system=self.system),
            gettext("Pause"),
            danger=True,
        )

        def act() -> str:
            circuits.pause(connection, actor=actor_name(request))
            return f"{connection.name} is paused. Its orders wait until it is resumed."

        return confirmed(self, request, connection, question, act)

    @action(description=gettext_lazy("Resume"), permissions=["view", "pause"], icon="play_circle")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = cast(Any, fetch_or_404(self, request, object_id))
        question = Question(
            gettext("Resume {name}?").format(name=connection.name),
            gettext(
                "Calls to {system} resume immediately, and orders that were waiting are processed now."
            ).format(system=self.system),
            gettext("Resume"),
        )

        def act() -> str:
            circuits.resume(connection, actor=actor_name(request))
            return f"{connection.name} is resumed. Orders that were waiting are processed now."

        return confirmed(self, request, connection, question, act)


def _is_stopped(connection: Any) -> bool:
    """Whether orders do not call it at present: paused by hand, or down."""
    circuit = getattr(connection, "circuit", None)
    if circuit is None:
        return False
    waits = circuit.open_until is not None and circuit.open_until > timezone.now()
    return bool(circuit.paused or waits or circuit.down_since)
