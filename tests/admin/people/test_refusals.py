"""What somebody who is logged in was refused is in the audit log: who, what, from where, and nothing of what was sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.models import ApiToken, AuditEntry, Order
from integrations.operations.access import refusals
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db
CONFIGURATION = "/admin/configuration/"


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(type="access.refused").order_by("id"))


def test_a_refused_page_is_written_down_with_who_and_from_where(viewer: Client) -> None:
    assert viewer.get(CONFIGURATION, REMOTE_ADDR="192.0.2.7").status_code == 403
    [entry] = entries()
    assert (
        audit.describe(entry).sentence
        == "viewer was denied access: GET /admin/configuration/, from 192.0.2.7."
    )
    assert entry.user is not None
    assert entry.user.get_username() == "viewer"


def test_a_refused_action_is_written_down(viewer: Client) -> None:
    order = make_order(status="needs_attention")
    page = reverse("admin:integrations_order_retry", args=[order.pk])
    assert viewer.post(page, {"note": "x"}).status_code == 403
    assert [(entry.data["method"], entry.data["path"]) for entry in entries()] == [("POST", page)]


def test_a_refused_call_of_the_api_names_the_token() -> None:
    order = make_order(status="needs_attention")
    token = ApiToken.issue(make_user("robot", "view_order"))
    answer = Client().post(f"/api/orders/{order.pk}/retry/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 403
    [entry] = entries()
    assert entry.actor == f"robot (API token {token[:6]}…)"
    assert token not in json.dumps(entry.data) + entry.actor


def test_a_request_without_a_valid_form_token_is_written_down() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("kim", "view_order"))
    assert client.post(reverse("admin:integrations_order_changelist"), {"action": "x"}).status_code == 403
    assert len(entries()) == 1


def test_nothing_of_what_was_sent_is_kept(viewer: Client) -> None:
    viewer.post(
        f"{CONFIGURATION}?key=s3cret-query", {"password": "s3cret-body"}, headers={"X-Key": "s3cret-head"}
    )
    [entry] = entries()
    assert set(entry.data) == {"method", "path", "address"}
    assert "s3cret" not in json.dumps(entry.data)


def test_strangers_leave_no_entry() -> None:
    Client().get(CONFIGURATION)
    Client().get("/api/orders/")
    Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"})
    assert entries() == []


def test_what_is_open_leaves_no_entry(viewer: Client) -> None:
    viewer.get(reverse("admin:index"))
    viewer.get("/admin/nowhere/")
    assert entries() == []


def test_the_same_refusal_is_written_down_once_a_minute(viewer: Client) -> None:
    for _ in range(5):
        viewer.get(CONFIGURATION)
    assert len(entries()) == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        viewer.get(CONFIGURATION)
    assert len(entries()) == 2


def test_other_pages_and_other_people_have_entries_of_their_own(viewer: Client, stranger: Client) -> None:
    viewer.get(CONFIGURATION)
    viewer.post(CONFIGURATION)
    stranger.get(CONFIGURATION)
    assert len(entries()) == 3


def test_somebody_who_tries_every_address_does_not_fill_the_log(stranger: Client) -> None:
    for number in range(refusals.MOST + 5):
        stranger.get(f"/admin/integrations/order/{number}/retry/")
    assert len(entries()) == refusals.MOST


def test_the_refusal_stands_while_the_database_cannot_store(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(audit, "record", fail)
    assert viewer.get(CONFIGURATION).status_code == 403
    assert not Order.objects.exists()
