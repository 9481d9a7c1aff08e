"""Every page of the portal, opened by everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import OrmQ, Schedule, Success

from automationhub.lib.fields import EncryptedTextField
from integrations.admin.setup.secrets import SecretField
from integrations.admin.shared import navigation
from integrations.core.audit import log as audit
from integrations.models import Order, OrderItem, PaceServer, PresseroAccount, Subscription
from tests.admin.pages import ADDABLE, ORDER_TABS, REGISTERED, World, make_world
from tests.factories import make_event, make_order, make_storefront, make_superuser

pytestmark = pytest.mark.django_db

EVIL = "<script>alert('x')</script>"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_all_tables_that_staff_need_are_registered_and_the_successes_are_not() -> None:
    assert set(REGISTERED) <= set(admin.site._registry)
    assert Success not in admin.site._registry


def test_a_superuser_opens_every_page(boss: Client, world: World) -> None:
    for page in [*world.all_pages(), *(world.page(model, "add") for model in ADDABLE)]:
        assert boss.get(page).status_code == 200, page


def test_a_viewer_opens_every_page_and_may_change_none(viewer: Client, world: World) -> None:
    for page in world.all_pages():
        assert viewer.get(page).status_code == 200, page
    for model in REGISTERED:
        if model is not OrmQ:
            assert viewer.post(world.page(model), {}).status_code == 403, model
    for model in ADDABLE:
        assert viewer.get(world.page(model, "add")).status_code == 403, model


def test_staff_without_rights_see_nothing_but_the_first_page(stranger: Client, world: World) -> None:
    for page in world.all_pages():
        expected = 200 if page == reverse("admin:index") else 403
        assert stranger.get(page).status_code == expected, page


def test_somebody_who_is_not_logged_in_is_sent_to_the_login(world: World) -> None:
    for page in world.all_pages():
        answer = Client().get(page)
        assert answer.status_code == 302, page
        assert "/admin/login/" in answer.headers["Location"]


@pytest.mark.parametrize("model", [Order, Schedule])
def test_a_row_that_does_not_exist_leads_back_with_a_sentence(boss: Client, model: type[Model]) -> None:
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[987654])
    assert boss.get(page).status_code == 302
    if model is Order:
        assert boss.get(reverse("admin:integrations_order_retry", args=[987654])).status_code == 404


# --- what must never be in the HTML -------------------------------------------------------------------------------


def test_no_page_contains_a_secret_or_its_ciphertext(boss: Client, viewer: Client, world: World) -> None:
    secrets = {"password": "s3cret-PASS-1", "security_key": "s3cret-KEY-2", "push_token": "s3cret-PUSH-3"}
    account = PresseroAccount.objects.get()
    account.password, account.security_key = secrets["password"], secrets["security_key"]
    account.save()
    server = PaceServer.objects.get()
    server.password, server.push_token = secrets["password"], secrets["push_token"]
    server.save()
    for client in (boss, viewer):
        for page in world.all_pages():
            html = client.get(page).content.decode()
            for secret in secrets.values():
                assert secret not in html, page
            assert "fernet:" not in html, page
            assert account.password.stored not in html, page


def test_every_secret_in_every_form_is_write_only(rf: Any) -> None:
    request = rf.get("/")
    request.user = make_superuser()
    found = 0
    for model, model_admin in admin.site._registry.items():
        secret_names = [f.name for f in model._meta.concrete_fields if isinstance(f, EncryptedTextField)]
        form = model_admin.get_form(request) if secret_names else None
        for name in secret_names:
            assert form is not None
            if (model, name) == (Subscription, "old_secret"):
                assert name not in form.base_fields  # only a rotation sets it
                continue
            assert isinstance(form.base_fields[name], SecretField), f"{model.__name__}.{name}"
            found += 1
    assert found == 6


def test_texts_from_outside_are_escaped_on_every_page(boss: Client) -> None:
    world = make_world(text=EVIL, email=EVIL)
    for page in world.all_pages():
        html = boss.get(page).content.decode()
        assert EVIL not in html, page
    assert "&lt;script&gt;" in boss.get(world.page(Order)).content.decode()


# --- how much each page asks of the database -----------------------------------------------------------------------


def _queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_the_list_of_orders_asks_as_much_for_fifty_orders_as_for_five(boss: Client) -> None:
    page = reverse("admin:integrations_order_changelist")
    storefronts = [make_storefront() for _ in range(5)]
    for position in range(5):
        make_order(storefront=storefronts[position], jobs=(f"{position}",))
    boss.get(page)
    few = _queries(boss, page)
    for position in range(45):
        make_order(storefront=storefronts[position % 5], jobs=(f"a{position}", f"b{position}"))
    assert _queries(boss, page) == few
    assert few < 15


@pytest.mark.parametrize("tab", ORDER_TABS)
def test_the_page_of_an_order_asks_as_much_for_many_rows_as_for_few(boss: Client, tab: str) -> None:
    world = make_world()
    page = f"{world.page(Order)}?tab={tab}"
    boss.get(page)
    few = _queries(boss, page)
    for position in range(30):
        audit.record("order.wanted", {"why": "again"}, order=world.order, correlation=f"c{position}")
        OrderItem.objects.create(order=world.order, seq=position + 2)
        world.order.jobs.create(server=world.order.storefront.pace_server, unit=f"u{position}", customer="X")
        make_event(account=world.order.account, order=world.order)
        world.order.step_attempts.create(step="plan", attempt=position, started_at=world.order.received_at)
    assert _queries(boss, page) == few


@pytest.mark.parametrize("name", ["webhookevent", "auditentry"])
def test_other_long_lists_ask_as_much_for_many_rows_as_for_few(boss: Client, name: str) -> None:
    order = make_order()
    page = reverse(f"admin:integrations_{name}_changelist")

    def add(count: int) -> None:
        for _ in range(count):
            make_event(
                account=order.account,
                order=make_order(storefront=order.storefront),
                storefront=order.storefront,
            )
            audit.record("order.created", {}, order=order)

    add(3)
    boss.get(page)
    few = _queries(boss, page)
    add(20)
    assert _queries(boss, page) == few


def test_the_audit_log_is_never_counted(boss: Client) -> None:
    audit.record("order.created", {}, order=make_order())
    with CaptureQueriesContext(connection) as captured:
        boss.get(reverse("admin:integrations_auditentry_changelist"))
    assert not [q["sql"] for q in captured if "COUNT(" in q["sql"] and "integrations_auditentry" in q["sql"]]


# --- the sidebar ----------------------------------------------------------------------------------------------------


def test_the_sidebar_shows_what_people_may_open(boss: Client, stranger: Client) -> None:
    index = reverse("admin:index")
    assert "Scheduled work" in boss.get(index).content.decode()
    assert "Scheduled work" not in stranger.get(index).content.decode()


def test_the_sidebar_counts_the_orders_that_need_attention(rf: Any) -> None:
    make_order(status="needs_attention", message="x")
    request = rf.get("/admin/")
    request.user = make_superuser()
    items = {item["title"]: item for group in navigation.sidebar(request) for item in group["items"]}
    assert items["Needs attention"]["badge"] == 1
    assert items["Needs attention"]["permission"](request)


def test_the_sidebar_leaves_out_pages_that_do_not_exist(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = navigation.SidebarEntry("Nowhere", "x", "integrations", "nowhere")
    monkeypatch.setattr(navigation, "GROUPS", {"Odd": [nowhere]})
    request = rf.get("/admin/")
    request.user = make_superuser()
    assert [group["title"] for group in navigation.sidebar(request)] == ["Help"]
