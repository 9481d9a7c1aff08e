"""Errors have pages of the product: what happened, what to do, and where to go from there."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import path, reverse

from automationhub.urls import urlpatterns as of_the_hub

pytestmark = pytest.mark.django_db


def _fails(request: object) -> None:
    raise RuntimeError("a secret detail")


urlpatterns = [path("fails/", _fails), *of_the_hub]


def test_an_address_without_a_page_says_so_and_leads_on(boss: Client) -> None:
    answer = boss.get("/admin/nothing-here/")
    html = answer.content.decode()
    assert answer.status_code == 404
    assert "Page not found" in html and 'href="/admin/find/"' in html and 'href="/docs/"' in html


def test_a_row_that_is_gone_is_named(boss: Client) -> None:
    answer = boss.get(reverse("admin:integrations_paceserver_test_connection", args=[4711]))
    assert answer.status_code == 404
    assert "There is no such Pace server; it may have been deleted." in answer.content.decode()


def test_who_may_not_open_a_page_reads_whom_to_ask(client: Client) -> None:
    client.force_login(User.objects.create_user("sam", password="x", is_staff=True))
    answer = client.get(reverse("admin:auth_user_changelist"))
    assert answer.status_code == 403
    assert "You are logged in as sam. Ask your administrator" in answer.content.decode()


def test_an_expired_form_says_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("admin:login"), {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


@pytest.mark.urls(__name__)
def test_an_internal_error_tells_no_details(boss: Client) -> None:
    boss.raise_request_exception = False
    answer = boss.get("/fails/")
    html = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong in the hub" in html and "secret detail" not in html


def test_the_pages_keep_the_content_security_policy(boss: Client) -> None:
    answer = boss.get("/admin/nothing-here/")
    assert "<style" not in answer.content.decode() and "<script" not in answer.content.decode()
    assert "Content-Security-Policy" in answer.headers
    assert settings.DEBUG is False
