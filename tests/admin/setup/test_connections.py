"""Accounts, servers and storefronts: write-only secrets, the connection test, plain errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.setup.connections import PaceServerAdmin, PresseroAccountAdmin
from integrations.errors import TransientError
from integrations.models import Alert, AuditEntry, Circuit, Order, PaceServer, PresseroAccount, Storefront
from tests.factories import make_account, make_event, make_order, make_server, make_storefront, make_superuser

pytestmark = pytest.mark.django_db


def change(row: Any) -> str:
    return reverse(f"admin:integrations_{row._meta.model_name}_change", args=[row.pk])


def test_connection(row: Any) -> str:
    return reverse(f"admin:integrations_{row._meta.model_name}_test_connection", args=[row.pk])


test_connection.__test__ = False  # type: ignore[attr-defined]


def account_form(account: PresseroAccount, **values: str) -> dict[str, str]:
    form = {
        "name": account.name,
        "slug": account.slug,
        "base_url": account.base_url,
        "hash_scheme": "auto",
        "active": "on",
    }
    return {**form, **values}


def server_form(server: PaceServer, **values: str) -> dict[str, str]:
    form = {
        "name": server.name, "slug": server.slug, "url": server.url, "time_zone": "America/New_York", "retry_hours": "24",
        "quiet_seconds": "60", "date_times": "utc", "web_order_ids": "on",
        "max_concurrent_orders": "0",
        "max_calls_per_second": "0", "active": "on",
    }  # fmt: skip
    return {**form, **values}


# --- secrets ---


def test_an_empty_box_keeps_what_is_stored(boss: Client) -> None:
    account = make_account(password="kept", security_key="kept too")
    assert boss.post(change(account), account_form(account, username="other")).status_code == 302
    account.refresh_from_db()
    assert account.username == "other"
    assert (account.password.reveal(), account.security_key.reveal()) == ("kept", "kept too")


def test_a_typed_secret_replaces_the_stored_one_exactly_as_typed(boss: Client) -> None:
    account = make_account(password="old")
    boss.post(change(account), account_form(account, password="  nëw  "))
    account.refresh_from_db()
    assert account.password.reveal() == "  nëw  "
    logged = LogEntry.objects.get()
    assert "nëw" not in logged.change_message
    assert "Password" in logged.change_message


def test_a_secret_is_removed_by_its_box(boss: Client) -> None:
    account = make_account(security_key="old")
    boss.post(change(account), account_form(account, **{"security_key-clear": "on"}))
    account.refresh_from_db()
    assert not account.security_key
    assert account.password


def test_typing_and_removing_at_once_is_refused_and_nothing_comes_back(boss: Client) -> None:
    account = make_account(password="old-secret")
    answer = boss.post(
        change(account), account_form(account, password="typed-secret", **{"password-clear": "on"})
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Either type a new one" in html
    assert "typed-secret" not in html
    assert "Stored. Leave empty to keep it." in html
    account.refresh_from_db()
    assert account.password.reveal() == "old-secret"


def test_a_form_with_another_error_does_not_send_the_typed_secret_back(boss: Client) -> None:
    server = make_server()
    html = boss.post(
        change(server), server_form(server, url="nonsense", password="typed-secret")
    ).content.decode()
    assert "typed-secret" not in html


def test_a_new_account_can_be_added_with_and_without_secrets(boss: Client) -> None:
    page = reverse("admin:integrations_presseroaccount_add")
    empty = account_form(PresseroAccount(name="A", slug="a", base_url="https://pressero.example.com/api/"))
    assert boss.post(page, empty).status_code == 302
    assert not PresseroAccount.objects.get(slug="a").password
    assert boss.post(page, {**empty, "name": "B", "slug": "b", "password": "p"}).status_code == 302
    assert PresseroAccount.objects.get(slug="b").password.reveal() == "p"


def test_a_new_account_gets_an_address_that_nobody_guesses(boss: Client) -> None:
    page = reverse("admin:integrations_presseroaccount_add")
    first, second = (boss.get(page).context["adminform"].form.initial["slug"] for _ in range(2))
    assert first != second
    assert len(first) == 32


def test_the_webhook_address_is_the_one_people_can_copy(boss: Client) -> None:
    account = make_account(slug="secret-slug")
    html = boss.get(change(account), HTTP_HOST="localhost").content.decode()
    assert "http://localhost/api/pressero/secret-slug/events/" in html


# --- texts ---


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("", []), ("a@example.com", ["a@example.com"]), ("a@example.com,\n b@example.com; a@example.com ", ["a@example.com", "b@example.com"])],
)  # fmt: skip
def test_alert_addresses_are_typed_line_by_line(boss: Client, typed: str, stored: list[str]) -> None:
    server = make_server(alert_emails=["old@example.com"])
    assert boss.post(change(server), server_form(server, alert_emails=typed)).status_code == 302
    server.refresh_from_db()
    assert server.alert_emails == stored


def test_a_wrong_address_is_named(boss: Client) -> None:
    server = make_server()
    html = boss.post(
        change(server), server_form(server, alert_emails="a@example.com\nnobody")
    ).content.decode()
    assert "“nobody” is not an email address" in html


def test_stored_lists_and_objects_are_shown_as_people_type_them(boss: Client) -> None:
    server = make_server(alert_emails=["a@example.com", "b@example.com"], customer_defaults={"terms": 1})
    html = boss.get(change(server)).content.decode()
    assert "a@example.com\nb@example.com" in html
    assert "{\n  &quot;terms&quot;: 1\n}" in html


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("", {}), ('{"terms": 1, "csr": "7", "active": true}', {"terms": 1, "csr": "7", "active": True})],
)
def test_defaults_of_new_customers_are_an_object(boss: Client, typed: str, stored: dict[str, object]) -> None:
    server = make_server(customer_defaults={"old": 1})
    assert boss.post(change(server), server_form(server, customer_defaults=typed)).status_code == 302
    server.refresh_from_db()
    assert server.customer_defaults == stored


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{terms: 1}", "Check line 1, character 2"),
        ("[1]", "Enter Pace fields and plain values"),
        ('{"a": {"b": 1}}', "Enter Pace fields and plain values"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
@pytest.mark.usefixtures("stack_used_up")
def test_defaults_that_cannot_be_read_are_explained(boss: Client, typed: str, said: str) -> None:
    server = make_server()
    answer = boss.post(change(server), server_form(server, customer_defaults=typed))
    assert answer.status_code == 200
    assert said in answer.content.decode()


# --- the connection test ---


@pytest.mark.parametrize(
    ("make", "admin_class"), [(make_account, PresseroAccountAdmin), (make_server, PaceServerAdmin)]
)
class TestConnectionTest:
    def test_a_get_asks_and_a_post_tests(
        self, make: Any, admin_class: Any, operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried: list[object] = []

        def works(row: object) -> str:
            tried.append(row)
            return "The login works."

        monkeypatch.setattr(admin_class, "try_it", staticmethod(works))
        row = make()
        assert operator.get(test_connection(row)).status_code == 200
        assert not tried
        assert "The login works." in operator.post(test_connection(row), follow=True).content.decode()
        assert tried == [row]
        entry = AuditEntry.objects.get(type="connection.tested")
        assert (entry.type, entry.data["result"]) == ("connection.tested", "The login works.")
        assert row.name in entry.data["name"]

    def test_a_failure_is_shown_and_written_down(
        self, make: Any, admin_class: Any, operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(row: object) -> str:
            raise TransientError("It does not answer.")

        monkeypatch.setattr(admin_class, "try_it", staticmethod(away))
        row = make()
        answer = operator.post(test_connection(row), follow=True)
        assert "It does not answer." in answer.content.decode()
        assert AuditEntry.objects.get(type="connection.tested").data["result"] == "It does not answer."

    def test_a_system_that_is_not_there_is_an_answer_and_no_crash(
        self, make: Any, admin_class: Any, operator: Client
    ) -> None:
        row = make()
        assert operator.post(test_connection(row), follow=True).status_code == 200
        assert AuditEntry.objects.get(type="connection.tested").type == "connection.tested"

    def test_a_secret_whose_key_is_gone_is_an_answer_and_no_crash(
        self, make: Any, admin_class: Any, operator: Client, settings: Any
    ) -> None:
        row = make()
        settings.CREDENTIALS_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleTE="]
        html = operator.post(test_connection(row), follow=True).content.decode()
        assert "cannot be decrypted" in html

    def test_a_page_that_tests_it_itself_gets_the_result_in_place(
        self, make: Any, admin_class: Any, operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admin_class, "try_it", staticmethod(lambda row: "The login works."))
        row = make()
        answer = operator.post(test_connection(row), headers={"Accept": "application/json"}).json()
        assert (answer["tone"], answer["message"]) == ("good", "The login works.")
        assert any("Works" in html for html in answer["parts"].values())

    def test_a_connection_that_answers_again_is_called_again_at_this_moment(
        self, make: Any, admin_class: Any, operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admin_class, "try_it", staticmethod(lambda row: "The login works."))
        row = make()
        owner = "server" if isinstance(row, PaceServer) else "account"
        later = timezone.now() + timedelta(minutes=5)
        Circuit.objects.create(**{owner: row}, failures=9, down_since=timezone.now(), open_until=later)
        storefront = make_storefront(**{"pace_server" if owner == "server" else "pressero_account": row})
        order = make_order(storefront=storefront, status="processing", due_at=later)
        assert "Down since" in operator.get(change(row)).content.decode()
        operator.post(test_connection(row))
        assert Circuit.objects.get().down_since is None
        order.refresh_from_db()
        assert order.due_at is not None and order.due_at <= timezone.now()

    def test_several_from_the_list(
        self, make: Any, admin_class: Any, operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admin_class, "try_it", staticmethod(lambda row: f"{row.name} works."))
        rows = [make(), make()]
        page = reverse(f"admin:integrations_{rows[0]._meta.model_name}_changelist")
        chosen = {"action": "test_selected", "_selected_action": [row.pk for row in rows]}
        html = operator.post(page, chosen, follow=True).content.decode()
        assert all(f"{row.name} works." in html for row in rows)
        many = [make() for _ in range(6)]
        chosen["_selected_action"] = [row.pk for row in many]
        assert "at most 5" in operator.post(page, chosen, follow=True).content.decode()

    def test_it_needs_its_right(self, make: Any, admin_class: Any, viewer: Client) -> None:
        row = make()
        assert viewer.get(test_connection(row)).status_code == 403
        assert viewer.post(test_connection(row)).status_code == 403
        assert not AuditEntry.objects.filter(type="connection.tested").exists()


# --- storefronts ---


def storefront_form(storefront: Storefront, **values: str) -> dict[str, str]:
    form = {
        "name": storefront.name, "site_id": storefront.site_id, "pressero_account": str(storefront.pressero_account_id),
        "pace_server": str(storefront.pace_server_id), "default_po_number": "9999", "holiday_rule": "roll_forward",
        "default_ship_days": "0", "active": "on", "mode": "live",
    }  # fmt: skip
    return {**form, **values}


def test_events_that_waited_for_a_storefront_are_taken_in_when_it_is_saved(boss: Client) -> None:
    account, server = make_account(), make_server()
    for number in (1, 2):
        make_event(account=account, site_id="NEW-SITE", order_number=number, verdict="unknown_site")
    new = Storefront(name="New", site_id="new-site", pressero_account=account, pace_server=server)
    answer = boss.post(reverse("admin:integrations_storefront_add"), storefront_form(new), follow=True)
    assert "2 stored webhooks are processed." in answer.content.decode()
    assert Order.objects.count() == 2


def test_a_storefront_that_nothing_waits_for_is_saved_without_more_words(boss: Client) -> None:
    storefront = make_storefront()
    answer = boss.post(
        change(storefront), storefront_form(storefront, alert_emails="a@example.com"), follow=True
    )
    assert "processed" not in answer.content.decode()
    storefront.refresh_from_db()
    assert storefront.alert_emails == ["a@example.com"]


def test_a_site_that_another_storefront_has_is_refused_in_words(boss: Client) -> None:
    first = make_storefront()
    other = Storefront(name="Other", site_id=first.site_id.upper(), pressero_account=first.pressero_account, pace_server=first.pace_server)  # fmt: skip
    answer = boss.post(reverse("admin:integrations_storefront_add"), storefront_form(other))
    assert "already served by the storefront" in answer.content.decode()


def test_storefronts_are_found_by_name_and_site_as_choosers_elsewhere_need(boss: Client) -> None:
    wanted, _other = make_storefront(name="Example CU Store", site_id="abc"), make_storefront(name="Other")
    page = reverse("admin:integrations_storefront_changelist")
    for text in ("example cu", "abc"):
        assert list(boss.get(page, {"q": text}).context["cl"].queryset) == [wanted]


def test_what_orders_hang_on_cannot_be_deleted(boss: Client) -> None:
    order = make_order()
    for row in (order.storefront, order.account, order.storefront.pace_server):
        page = reverse(f"admin:integrations_{row._meta.model_name}_delete", args=[row.pk])
        assert boss.post(page, {"post": "yes"}).status_code == 403, row
    unused = make_account()
    page = reverse("admin:integrations_presseroaccount_delete", args=[unused.pk])
    assert boss.post(page, {"post": "yes"}).status_code == 302
    assert not PresseroAccount.objects.filter(pk=unused.pk).exists()


@pytest.mark.parametrize("model", [PresseroAccount, PaceServer, Storefront])
def test_every_parameter_can_be_set_in_the_portal(model: Any, rf: Any) -> None:
    request = rf.get("/")
    request.user = make_superuser()
    page = admin.site._registry[model]
    shown = set(flatten_fieldsets(page.get_fieldsets(request)))
    editable = {
        field.name for field in model._meta.concrete_fields if field.editable and not field.primary_key
    }
    assert editable - shown == set()


# --- pausing and trial alerts ---


@pytest.mark.parametrize("make", [make_account, make_server])
def test_a_connection_is_paused_and_resumed_by_those_who_may_change_it(
    make: Any, boss: Client, operator: Client
) -> None:
    row = make()
    name = f"admin:integrations_{row._meta.model_name}"
    pause, resume = (reverse(f"{name}_{verb}", args=[row.pk]) for verb in ("pause", "resume"))
    assert operator.post(pause).status_code == 403
    assert boss.get(pause).status_code == 200
    assert not Circuit.objects.filter(paused=True).exists()
    html = boss.post(pause, follow=True).content.decode()
    assert "is paused. Its orders wait" in html
    assert resume in html
    assert pause not in html
    assert "Paused" in boss.get(reverse(f"{name}_changelist")).content.decode()
    boss.post(resume)
    assert not Circuit.objects.get().paused
    kinds = (
        AuditEntry.objects.filter(type__startswith="connection.").order_by("id").values_list("type", "actor")
    )
    assert list(kinds) == [("connection.paused", "Robin Boss"), ("connection.resumed", "Robin Boss")]


def test_a_trial_alert_goes_to_the_addresses_of_the_server(boss: Client, operator: Client) -> None:
    server = make_server(alert_emails=["a@example.com"])
    page = reverse("admin:integrations_paceserver_try_alert", args=[server.pk])
    assert operator.post(page).status_code == 403
    assert "a@example.com" in boss.get(page).content.decode()
    assert not Alert.objects.exists()
    boss.post(page)
    assert Alert.objects.get().recipients == ["a@example.com"]
    PaceServer.objects.update(alert_emails=[])
    assert "This server has no alert addresses" in boss.post(page, follow=True).content.decode()
