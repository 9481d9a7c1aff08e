"""Every address that the hub knows, asked for as everybody, is answered as the one table of roles says."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.contrib.auth import middleware as auth_middleware
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.template.backends.django import Template
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_mfa.models import Authenticator
from unfold.sites import UnfoldAdminSite

from integrations.models import (
    ApiToken,
    BulkRetry,
    ConfigurationVersion,
    Export,
    Invitation,
    OrderChange,
    PaceJob,
    ReferenceEntry,
    TokenScope,
)
from integrations.operations.access.rights import GROUPS, make_groups
from integrations.operations.setup import versions
from mappings.models import Holiday, MappingChange, ProductMapping
from tests.admin import role_crawl as crawl
from tests.admin.pages import World, make_world
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db
Values = Callable[[str], dict[str, Any]]


@pytest.fixture
def answered(db: None, monkeypatch: pytest.MonkeyPatch) -> crawl.Rows:
    """What every visitor is answered everywhere. Each request is undone, so that none changes what the next one meets."""
    # Who may open a page is decided before it is drawn, with its menus and their counts.
    monkeypatch.setattr(AdminSite, "each_context", lambda *args: {})
    monkeypatch.setattr(UnfoldAdminSite, "each_context", lambda *args: {})
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(Template, "render", lambda *args, **kwargs: "")
    _remember_users(monkeypatch)
    make_groups(Group, Permission)
    world = make_world()
    # Whose change makes a version, and what is in it, has tests of its own; here it is half of the time.
    monkeypatch.setattr(versions, "note", lambda *args, **options: None)
    values = _values(world)
    rows: crawl.Rows = {}
    clients = {visitor: _client(visitor) for visitor in crawl.VISITORS}
    cookies = {visitor: client.cookies.output() for visitor, client in clients.items()}
    for address in crawl.addresses():
        for method in ("GET", "POST"):
            rows[address, method] = {}
            for visitor, client in clients.items():
                client.cookies = SimpleCookie(
                    cookies[visitor].replace("Set-Cookie: ", "")
                )  # a logout takes them away
                rows[address, method][visitor] = _ask(client, method, _filled(address, values(address)))
    return rows


def _remember_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each visitor, and what they may do, once instead of with each of some 3,000 requests."""
    find = auth_middleware.get_user
    users: dict[str, Any] = {}

    def get_user(request: Any) -> Any:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if key not in users:
            users[key] = find(request)
        return users[key]

    monkeypatch.setattr(auth_middleware, "get_user", get_user)


def _ask(client: Client, method: str, address: str) -> str:
    with transaction.atomic():
        answer = client.get(address) if method == "GET" else client.post(address)
        found = crawl.outcome(answer)
        transaction.set_rollback(True)
    return found


def _client(visitor: str) -> Client:
    """A browser of this visitor, which sends a token of theirs too: the API looks at nothing else."""
    if visitor == "anonymous":
        return Client()
    user = make_superuser() if visitor == "superuser" else make_user("visitor-" + visitor.replace(" ", "-"))
    if visitor in GROUPS:
        user.groups.add(Group.objects.get(name=visitor))
    client = Client(headers={"Authorization": f"Token {ApiToken.issue(user, TokenScope.OPERATE)}"})
    client.force_login(user)
    return client


def _filled(address: str, values: dict[str, Any]) -> str:
    """The address with rows of others in it; KeyError names the part of a new address that _values does not know."""
    return re.sub(r"<(?:[a-z]+:)?(\w+)>", lambda part: str(values[part[1]]), address)


def _values(world: World) -> Values:
    """What stands for the parts of an address: rows that belong to another user."""
    other = User.objects.get(username="somebody")
    rows: dict[type[Model], Any] = dict(world.rows)
    rows[User].set_unusable_password()  # one who has yet to set a password can be invited again
    rows[User].save()
    Invitation.objects.create(user=rows[User], asked_at=timezone.now())
    rows[ReferenceEntry] = ReferenceEntry.objects.create(
        server=world.order.storefront.pace_server, kind="ship_via", key="1", seen_at=timezone.now()
    )
    rows[PaceJob] = PaceJob.objects.get()
    rows[MappingChange] = MappingChange.objects.first() or MappingChange.objects.create(row_id=1, what="add")
    rows[AccessAttempt] = AccessAttempt.objects.create(
        username="kim", ip_address="192.0.2.1", attempt_time=timezone.now(), failures_since_start=1
    )
    export = Export.objects.create(user=other)
    retry = BulkRetry.objects.create(user=other)
    change = OrderChange.objects.create(order=world.order, field="price", found_at=timezone.now())
    world.order.account.security_key = "signed-with-this"
    world.order.account.save()
    special: dict[str, dict[str, Any]] = {
        "/admin/reference/": {"kind": "ship_via"},
        "/admin/coverage/": {"pk": world.order.storefront_id},
        "/admin/holidays/": {"pk": world.order.storefront_id},
        "/admin/shadow/": {"pk": world.order.storefront_id},
        "/admin/exports/": {"pk": export.pk},
        "/admin/inbox/retry/": {"pk": retry.pk},
        "/admin/inbox/changes/": {"pk": change.pk},
        "/admin/invitation/": {"uidb64": urlsafe_base64_encode(force_bytes(other.pk)), "token": "guessed"},
        "/admin/orders/": {"pk": world.order.pk},
        "/admin/r/": {"content_type_id": ContentType.objects.get_for_model(User).pk, "object_id": other.pk},
        "/admin/rehearse/import/": {"kind": "products"},
        "/admin/rehearse/": {"model": "productmapping", "pk": rows[ProductMapping].pk},
        "/admin/rollback/": {"number": rows[ConfigurationVersion].number},
        "/admin/second-factor/": {
            "pk": Authenticator.objects.create(user=other, type="totp").pk,
            "factor_type": "totp",
        },
        "/admin/<app_label>/": {"app_label": "integrations"},
        "/admin/<url>": {"url": "nowhere"},
        "/docs/": {"name": "roles"},
        "/api/pressero/": {"slug": world.order.account.slug},
        "/api/pace/": {"slug": world.order.storefront.pace_server.slug},
        "/api/orders/": {"pk": world.order.pk},
        "/api/mappings/": {"kind": "holidays", "pk": rows[Holiday].pk},
    }

    def find(address: str) -> dict[str, Any]:
        model = crawl.model_of(address)
        if model is not None:
            return dict.fromkeys(("object_id", "pk", "id"), rows[model].pk) if "<" in address else {}
        return next((dict(found) for start, found in special.items() if address.startswith(start)), {})

    return find


def test_every_address_answers_everybody_as_the_table_says(answered: crawl.Rows) -> None:
    if crawl.WRITE:
        crawl.write(answered)
    table = crawl.read()
    assert sorted(set(answered) - set(table)) == [], "addresses without a row: see tests/admin/role_crawl.py"
    assert sorted(set(table) - set(answered)) == [], "rows without an address"
    assert {key: row for key, row in answered.items() if row != table[key]} == {
        key: row for key, row in table.items() if row != answered[key]
    }


# --- what holds of the table, whoever wrote it ------------------------------------------------------------------------

ROWS = crawl.read()
OPEN_TO_ALL = {
    "/", "/admin/login/", "/admin/jsi18n/", "/admin/logout/", "/api/health/live/", "/api/health/ready/",
    "/docs/", "/docs/<slug:name>/", "/admin/invitation/<uidb64>/<token>/",
}  # fmt: skip


def test_the_document_is_made_from_the_table() -> None:
    assert crawl.DOCUMENT.read_text() == crawl.document(crawl.read())


def test_nothing_but_the_named_addresses_is_open_without_a_login() -> None:
    found = {address for (address, _), row in ROWS.items() if row["anonymous"] == crawl.YES}
    assert found - OPEN_TO_ALL == set()


def test_no_group_may_do_what_a_superuser_may_not() -> None:
    for key, row in ROWS.items():
        if row["superuser"] != crawl.YES:
            assert crawl.YES not in (row[group] for group in GROUPS), key


def test_a_group_may_do_whatever_a_viewer_may() -> None:
    for key, row in ROWS.items():
        if row["Viewer"] == crawl.YES:
            assert {row[group] for group in GROUPS} == {crawl.YES}, key


@pytest.mark.parametrize("model", ["auditentry", "outgoingcall"])
def test_nobody_adds_changes_or_deletes_an_entry_of_the_audit_log(model: str) -> None:
    """Superusers included; GET of a change page only shows it."""
    found = {
        (address.removeprefix(f"/admin/integrations/{model}/"), method)
        for (address, method), row in ROWS.items()
        if address.startswith(f"/admin/integrations/{model}/") and crawl.YES in row.values()
    }
    assert not {one for one in found if one[0].startswith("add/") or "delete" in one[0]}
    assert ("<path:object_id>/change/", "POST") not in found
