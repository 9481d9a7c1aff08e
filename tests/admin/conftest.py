"""Clients of the people who use the portal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import AuditEntry
from tests.factories import OPERATOR, VIEWER, make_superuser, make_user

Login = Callable[[User], Client]


@pytest.fixture
def login(db: None) -> Login:
    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        # What is written down of the login is not what these people's tests count.
        AuditEntry.objects.filter(type="access.login").purge()
        return client

    return make


@pytest.fixture
def boss(login: Login) -> Client:
    """A superuser."""
    return login(make_superuser())


@pytest.fixture
def operator(login: Login) -> Client:
    """A coordinator: sees everything, acts on orders and events, changes no set-up."""
    return login(make_user("operator", *OPERATOR))


@pytest.fixture
def viewer(login: Login) -> Client:
    """Sees, and may do nothing."""
    return login(make_user("viewer", *VIEWER))


@pytest.fixture
def stranger(login: Login) -> Client:
    """Staff without any rights."""
    return login(make_user("stranger"))


@pytest.fixture(autouse=True)
def _queue_in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests look at what was queued; which broker carries it is not their matter."""
    monkeypatch.setattr("django_q.conf.Conf.ORM", "default")
    monkeypatch.setattr(
        "django_q.conf.Conf.BROKER_CLASS", "integrations.core.workqueue.queue_guard.DatabaseQueue"
    )
