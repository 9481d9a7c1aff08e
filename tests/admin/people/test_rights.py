"""The rights table: each page, action, import and export, opened by each group and by somebody who is not logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django_q.models import Failure, OrmQ, Schedule

from integrations.models import (
    ApiToken,
    AuditEntry,
    Order,
    PaceJob,
    PaceServer,
    PresseroAccount,
    ReferenceEntry,
    Storefront,
    WebhookEvent,
)
from integrations.operations.access.rights import ADMINISTRATOR, EDITOR, GROUPS, OPERATOR, VIEWER, make_groups
from integrations.operations.setup import reference
from mappings.models import (
    Holiday,
    MappingChange,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
)
from tests.admin.pages import World, make_world
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

NOBODY, ANONYMOUS, SUPERUSER = "staff without a group", "anonymous", "superuser"
EVERYBODY = {VIEWER, OPERATOR, EDITOR, ADMINISTRATOR}
OPERATES = {OPERATOR, ADMINISTRATOR}
MAPS = {EDITOR, ADMINISTRATOR}
PREVIEWS = {OPERATOR, EDITOR, ADMINISTRATOR}
ADMINISTERS = {ADMINISTRATOR}
NO_GROUP: set[str] = set()

MAPPINGS: tuple[type[Model], ...] = (
    ProductMapping, ShipmentMethodMapping, ShipmentAddressMapping, StatusMapping, Holiday,
)  # fmt: skip


@dataclass(frozen=True)
class EntryPoint:
    """One thing that can be opened. `name`: the address of a model's page, or the name of an address of its own."""

    who: frozenset[str]
    method: str
    model: type[Model] | None
    name: str

    def __str__(self) -> str:
        return f"{self.method} {self.model._meta.model_name if self.model else ''} {self.name}".replace(
            "  ", " "
        )


def doors(who: set[str], method: str, names: str, *models: type[Model]) -> list[EntryPoint]:
    return [EntryPoint(frozenset(who), method, model, name) for model in models for name in names.split()]


def pages(who: set[str], method: str, *names: str) -> list[EntryPoint]:
    return [EntryPoint(frozenset(who), method, None, name) for name in names]


TABLE = [
    # --- looking ---
    *doors(EVERYBODY, "GET", "changelist change", Order, WebhookEvent, AuditEntry, Storefront, PresseroAccount, PaceServer),
    *doors(EVERYBODY, "GET", "changelist change history", *MAPPINGS),
    *doors(EVERYBODY, "GET", "changelist", MappingChange, ReferenceEntry, OrmQ, PaceJob),
    *doors(EVERYBODY, "GET", "changelist change", Schedule, Failure),
    *pages(EVERYBODY, "GET", "hub-inbox"),
    *pages({OPERATOR, EDITOR, ADMINISTRATOR}, "POST", "hub-inbox-act"),
    *pages(EVERYBODY, "GET", "mapping-coverage", "mapping-coverage-of", "mapping-trial", "reference-choices"),
    # --- orders and events ---
    *doors(OPERATES, "GET", "retry hold release process_again changes_handled", Order),
    *doors(OPERATES, "POST", "retry hold release process_again changes_handled", Order),
    *doors(OPERATES, "GET", "change_value resend", Order),
    *doors(OPERATES, "POST", "change_value resend", Order),
    *doors(PREVIEWS, "POST", "look_at_pace", Order),
    *doors(PREVIEWS, "GET", "preview", Order),
    *pages(PREVIEWS, "GET", "admin:integrations_order_preview_by_number"),
    *doors(OPERATES, "GET", "replay", WebhookEvent),
    *doors(OPERATES, "POST", "replay", WebhookEvent),
    # --- mappings ---
    *doors(MAPS, "GET", "add delete import export", *MAPPINGS),
    *doors(MAPS, "POST", "add change import process_import export", *MAPPINGS),
    # --- set-up ---
    *doors(ADMINISTERS, "GET", "add", Storefront, PresseroAccount, PaceServer, ApiToken),
    *doors(ADMINISTERS, "POST", "add change", Storefront, PresseroAccount, PaceServer),
    *doors(OPERATES, "GET", "test_connection read_lists", PresseroAccount, PaceServer),
    *doors(OPERATES, "POST", "test_connection read_lists", PresseroAccount, PaceServer),
    *doors(ADMINISTERS, "GET", "pause", PresseroAccount, PaceServer),
    *doors(ADMINISTERS, "POST", "discover", PresseroAccount),
    *doors(ADMINISTERS, "GET", "try_alert", PaceServer),
    *doors(ADMINISTERS, "GET", "changelist", ApiToken, User, Group),
    *doors(ADMINISTERS, "GET", "add", User),
    *doors(ADMINISTERS, "POST", "change", Schedule),
    # --- for superusers ---
    *doors(NO_GROUP, "GET", "add", Group),
    *doors(NO_GROUP, "GET", "jobs_absent", Order),
    *doors(NO_GROUP, "POST", "jobs_absent", Order),
    *pages(NO_GROUP, "GET", "hub-configuration"),
    *pages(NO_GROUP, "POST", "hub-configuration"),
]  # fmt: skip
ACTORS = [ANONYMOUS, NOBODY, VIEWER, OPERATOR, EDITOR, ADMINISTRATOR, SUPERUSER]


@pytest.fixture
def world(db: None) -> World:
    make_groups(Group, Permission)
    world = make_world()
    reference.store(world.order.storefront.pace_server, "ship_via", [])
    return world


def client_of(actor: str) -> Client:
    client = Client()
    if actor == SUPERUSER:
        client.force_login(make_superuser())
    elif actor != ANONYMOUS:
        user = make_user("actor")
        if actor in GROUPS:
            user.groups.add(Group.objects.get(name=actor))
        client.force_login(user)
    return client


def address(entry_point: EntryPoint, world: World) -> str:
    if entry_point.model is None:
        arguments: dict[str, list[Any]] = {
            "mapping-coverage-of": [world.order.storefront_id],
            "reference-choices": ["ship_via"],
        }
        return reverse(entry_point.name, args=arguments.get(entry_point.name, []))
    base = (
        f"admin:{entry_point.model._meta.app_label}_{entry_point.model._meta.model_name}_{entry_point.name}"
    )
    own = entry_point.name not in ("changelist", "add", "import", "export", "process_import")
    return reverse(base, args=[world.rows[entry_point.model].pk] if own else [])


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_opens_their_doors_and_no_other(actor: str, world: World) -> None:
    client = client_of(actor)
    wrong = []
    for entry_point in TABLE:
        call = client.get if entry_point.method == "GET" else client.post
        answer = call(address(entry_point, world))
        if actor == ANONYMOUS:
            good = answer.status_code == 302 and "/admin/login/" in answer.headers["Location"]
        elif actor == SUPERUSER or actor in entry_point.who:
            # A form without values, or a test of a system that is not there, answers with a page or leads back to it.
            good = answer.status_code in (200, 302) and "/login/" not in answer.headers.get("Location", "")
        else:
            good = answer.status_code == 403
        if not good:
            wrong.append(f"{entry_point}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("actor", [VIEWER, OPERATOR])
def test_actions_on_lists_need_their_rights(actor: str, world: World) -> None:
    client = client_of(actor)
    order = world.page(Order, "changelist")
    chosen = {"action": "retry_selected", "_selected_action": [world.order.pk]}
    client.post(order, chosen)
    client.post(
        world.page(ProductMapping, "changelist"), {**chosen, "action": "delete_selected", "post": "yes"}
    )
    assert ProductMapping.objects.exists()


@pytest.mark.parametrize("actor", [VIEWER, OPERATOR])
def test_lists_are_not_editable_for_those_who_may_not_edit(actor: str, world: World) -> None:
    client = client_of(actor)
    page = world.page(ShipmentMethodMapping, "changelist")
    assert 'name="form-0-ship_via"' not in client.get(page).content.decode()
    row = world.rows[ShipmentMethodMapping]
    data = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "form-0-ship_via": "9",
        "form-0-account_number": "", "_save": "Save",
    }  # fmt: skip
    client.post(page, data)
    assert ShipmentMethodMapping.objects.get().ship_via == 1


# --- the groups ---------------------------------------------------------------------------------------------------


def test_the_groups_have_all_the_rights_of_the_table_and_may_be_made_again(world: World) -> None:
    for name, rights in GROUPS.items():
        held = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{code}" for app, code in held} == rights, "a right that no page has"
    viewer = Group.objects.get(name=VIEWER)
    extra = Permission.objects.get(codename="retry_order")
    viewer.permissions.add(extra)
    make_groups(Group, Permission)
    assert extra in viewer.permissions.all()


def test_an_administrator_gives_groups_but_no_more_than_they_have(world: World) -> None:
    Group.objects.create(name="Owners").permissions.add(Permission.objects.get(codename="delete_user"))
    client = client_of(ADMINISTRATOR)
    somebody = make_user("newcomer")
    page = reverse("admin:auth_user_change", args=[somebody.pk])
    form = client.get(page).context["adminform"].form
    assert {group.name for group in form.fields["groups"].queryset} >= set(GROUPS)
    assert "Owners" not in {group.name for group in form.fields["groups"].queryset}
    assert "is_superuser" not in form.fields
    assert "user_permissions" not in form.fields


def test_an_administrator_cannot_touch_the_account_of_somebody_with_more_rights(world: World) -> None:
    client = client_of(ADMINISTRATOR)
    stronger = make_user("stronger", "delete_user")
    boss = make_superuser("big-boss")
    for user in (stronger, boss):
        assert client.post(reverse("admin:auth_user_change", args=[user.pk]), {}).status_code == 403
        assert client.get(reverse("admin:auth_user_password_change", args=[user.pk])).status_code == 403
