"""Logins by a header of a reverse proxy: off by default, and then from the listed proxies alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, override_settings

from tests.factories import make_superuser

pytestmark = pytest.mark.django_db

PROXY, STRANGER = "10.1.2.3", "192.0.2.1"
AFTER = "django.contrib.auth.middleware.AuthenticationMiddleware"


@pytest.fixture(autouse=True)
def boss(db: None) -> User:
    return make_superuser()


@pytest.fixture
def switched_on() -> Iterator[None]:
    place = settings.MIDDLEWARE.index(AFTER) + 1
    middleware = [*settings.MIDDLEWARE]
    middleware.insert(place, "automationhub.lib.single_sign_on.ProxyUserMiddleware")
    backends = [*settings.AUTHENTICATION_BACKENDS, "automationhub.lib.single_sign_on.ProxyUserBackend"]
    with override_settings(
        MIDDLEWARE=middleware,
        AUTHENTICATION_BACKENDS=backends,
        SSO_HEADER="X-Remote-User",
        SSO_PROXIES=["10.1.2.0/24"],
    ):
        yield


def open_as(name: str, address: str, client: Client | None = None) -> HttpResponse:
    client = client or Client()
    answer: Any = client.get("/admin/", headers={"X-Remote-User": name}, REMOTE_ADDR=address)
    return answer  # type: ignore[no-any-return]


def test_it_is_off_by_default() -> None:
    assert not any(
        "single_sign_on" in path for path in [*settings.MIDDLEWARE, *settings.AUTHENTICATION_BACKENDS]
    )
    for address in (PROXY, STRANGER, "127.0.0.1"):
        assert open_as("boss", address).status_code == 302, address


def test_a_listed_proxy_says_who_it_is(switched_on: None) -> None:
    assert open_as("boss", PROXY).status_code == 200


@pytest.mark.parametrize("address", [STRANGER, "127.0.0.1", "10.1.3.3", ""])
def test_the_header_of_anybody_else_counts_for_nothing(switched_on: None, address: str) -> None:
    assert open_as("boss", address).status_code == 302


def test_a_user_the_portal_does_not_have_is_not_made(switched_on: None) -> None:
    assert open_as("mallory", PROXY).status_code == 302
    assert not User.objects.filter(username="mallory").exists()


def test_a_switched_off_user_stays_out(switched_on: None, boss: User) -> None:
    User.objects.update(is_active=False)
    assert open_as("boss", PROXY).status_code == 302


def test_a_session_of_the_proxy_ends_when_the_header_no_longer_comes(switched_on: None) -> None:
    client = Client()
    assert open_as("boss", PROXY, client).status_code == 200
    assert client.get("/admin/", REMOTE_ADDR=PROXY).status_code == 302


def test_a_login_with_a_password_goes_on_beside_it(switched_on: None) -> None:
    client = Client(REMOTE_ADDR=STRANGER)
    client.post("/admin/login/", {"username": "boss", "password": "password"})
    assert client.get("/admin/").status_code == 200
