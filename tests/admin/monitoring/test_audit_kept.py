"""No page, action, import or call of the API changes an entry of the audit log, whoever asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from integrations.core.audit import log as audit
from integrations.models import ApiToken, AuditEntry, OutgoingCall, TokenScope
from integrations.operations.setup import configuration
from integrations.operations.setup.configuration import ConfigurationError
from tests.factories import make_call, make_order, make_superuser, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/auditentry/"


@pytest.fixture(params=["superuser", "every single right"])
def strongest(request: pytest.FixtureRequest, db: None) -> User:
    """Who may do most: the superuser, and somebody who was given every right there is, those on the log too."""
    if request.param == "superuser":
        return make_superuser()
    user = make_user("everything")
    user.user_permissions.set(Permission.objects.all())
    return user


@pytest.fixture
def entry(strongest: User) -> AuditEntry:
    order = make_order(status="completed")
    make_call(order)
    return audit.record("staff.retry", {"a": 1}, order=order, actor="kim", user=make_user("kim"))


@pytest.fixture
def browser(strongest: User, entry: AuditEntry) -> Client:
    client = Client()
    client.force_login(strongest)
    return client


def rows() -> list[dict[str, Any]]:
    """The entries that were there; what the attempts themselves leave comes after them."""
    return [
        dict(row) for row in AuditEntry.objects.exclude(type__startswith="access.").order_by("id").values()
    ]


def form(entry: AuditEntry) -> dict[str, str]:
    return {
        "type": "order.created", "actor": "somebody else", "data": "{}", "order": "", "user": "", "correlation": "",
        "at_0": "2020-01-01", "at_1": "00:00:00", "_save": "Save", "post": "yes",
    }  # fmt: skip


@pytest.mark.parametrize("page", ["add/", "{pk}/change/", "{pk}/delete/", "{pk}/history/", "{pk}/", ""])
@pytest.mark.parametrize("model", ["auditentry", "outgoingcall"])
def test_by_no_page(browser: Client, entry: AuditEntry, model: str, page: str) -> None:
    before, calls = rows(), list(OutgoingCall.objects.values())
    pk = entry.pk if model == "auditentry" else OutgoingCall.objects.get().pk
    address = f"/admin/integrations/{model}/{page.format(pk=pk)}"
    for method in ("post", "put", "patch", "delete"):
        getattr(browser, method)(address, form(entry))
    assert rows() == before
    assert list(OutgoingCall.objects.values()) == calls


def test_by_no_action_of_the_list(browser: Client, entry: AuditEntry) -> None:
    before = rows()
    offered = browser.get(LIST).context["action_form"]
    names = [name for name, _ in offered.fields["action"].choices if name] if offered else []
    for name in {*names, "delete_selected", "export_admin_action", "unlock", "purge"}:
        browser.post(LIST, {"action": name, "_selected_action": [entry.pk], "post": "yes"})
    assert rows() == before


def test_by_no_editing_in_the_list(browser: Client, entry: AuditEntry) -> None:
    before = rows()
    posted = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(entry.pk), "form-0-actor": "x", "_save": "Save",
    }  # fmt: skip
    browser.post(LIST, posted)
    assert rows() == before


@pytest.mark.parametrize("way", ["import", "process_import"])
def test_by_no_import_of_a_file(browser: Client, entry: AuditEntry, way: str) -> None:
    before = rows()
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:integrations_auditentry_{way}")
    file = SimpleUploadedFile("log.csv", f"id,actor\n{entry.pk},x\n".encode())
    browser.post(f"{LIST}{way}/", {"import_file": file, "format": "0"})
    assert resolve(f"{LIST}{way}/").url_name != f"integrations_auditentry_{way}"
    assert rows() == before


@pytest.mark.parametrize("section", ["audit", "audit_entries", "integrations.auditentry"])
def test_by_no_configuration_file(entry: AuditEntry, section: str) -> None:
    before = rows()
    with pytest.raises(ConfigurationError, match="unknown key"):
        configuration.import_configuration({section: [{"id": entry.pk, "actor": "x"}]})
    assert rows() == before


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_by_no_call_of_the_api(strongest: User, entry: AuditEntry, method: str) -> None:
    before = rows()
    program = Client(headers={"Authorization": f"Token {ApiToken.issue(strongest, TokenScope.OPERATE)}"})
    order = f"/api/orders/{entry.order_id}/"
    for address in (
        f"{order}audit/",
        f"{order}audit/{entry.pk}/",
        order,
        "/api/orders/",
        f"{LIST}{entry.pk}/change/",
    ):
        answer = getattr(program, method)(
            address, json.dumps({"actor": "x"}), content_type="application/json"
        )
        assert answer.status_code in (302, 404, 405), address
    assert rows() == before
