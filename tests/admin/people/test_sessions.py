"""Sessions: they end when idle, are listed for their user and for administrators, and are ended before their time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from automationhub.lib.browsers import browser_name
from integrations import tasks
from integrations.admin.people import session_watch
from integrations.core.audit import log as audit
from integrations.models import ApiToken, AuditEntry, PortalSession
from integrations.operations.access.session_store import SEEN, SessionStore, stored_key
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

LOGIN, HOME, OWN = reverse("admin:login"), reverse("admin:index"), reverse("hub-sessions")
ALL = reverse("admin:integrations_portalsession_changelist")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"


def log_in(name: str = "kim", browser: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": browser})
    client.post(LOGIN, {"username": name, "password": "password"})
    return client


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """So many minutes pass."""
    now = timezone.now().timestamp() + minutes * 60
    monkeypatch.setattr(session_watch.time, "time", lambda: now)


def sentences() -> list[str]:
    found = AuditEntry.objects.filter(type__startswith="access.").order_by("id")
    return [audit.describe(entry).sentence for entry in found]


@pytest.fixture
def kim(db: None) -> User:
    return make_user("kim")


# --- idle ---


def test_a_session_ends_after_the_idle_minutes_and_the_login_leads_back(
    kim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = log_in()
    later(monkeypatch, 61)
    assert client.get(reverse("hub-sessions")).headers["Location"] == f"{LOGIN}?next={OWN}"
    assert not PortalSession.objects.filter(user=kim).exists()
    assert sentences()[-1] == "kim was logged out after 60 minutes of inactivity."


def test_whoever_goes_on_working_stays_in(kim: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in()
    for minutes in (59, 118, 177):
        later(monkeypatch, minutes)
        assert is_in(client)


def test_without_idle_minutes_only_the_hours_end_a_session(
    kim: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SESSION_IDLE_MINUTES = 0
    client = log_in()
    later(monkeypatch, 11 * 60)
    assert is_in(client)


def test_the_hours_are_not_prolonged_by_working(kim: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in()
    PortalSession.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_last_seen_is_written_once_a_minute_at_most(kim: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in()
    client.get(HOME)
    for minutes, writes in ((0.5, 0), (1.5, 1)):
        later(monkeypatch, minutes)
        with CaptureQueriesContext(connection) as captured:
            client.get(HOME)
        asked = [one["sql"] for one in captured if "portalsession" in one["sql"]]
        assert len([sql for sql in asked if sql.startswith("UPDATE")]) == writes
        assert len([sql for sql in asked if sql.startswith("SELECT")]) == 1


def test_nothing_is_stored_for_who_is_not_logged_in(db: None) -> None:
    Client().get(LOGIN)
    assert not PortalSession.objects.exists()


# --- what is stored ---


def test_a_program_that_calls_with_a_token_leaves_no_session(db: None) -> None:
    token = ApiToken.issue(make_user("program", "view_order"), "read")
    answer = Client().get("/api/orders/", headers={"Authorization": f"Token {token}"})
    assert (answer.status_code, PortalSession.objects.count()) == (200, 0)


def test_the_key_in_the_cookie_stands_nowhere_in_the_database(kim: User) -> None:
    client = log_in()
    key = client.cookies["sessionid"].value
    assert key not in repr(PortalSession.objects.values_list())
    assert PortalSession.objects.get().session_key == stored_key(key)


def test_the_stored_hash_is_no_key(kim: User) -> None:
    client = log_in()
    client.cookies["sessionid"] = PortalSession.objects.get().session_key
    assert not is_in(client)


def test_a_session_store_saves_loads_and_deletes(db: None) -> None:
    store = SessionStore()
    store["a"] = 1
    store.save()
    key = store.session_key
    assert store.exists(key)
    assert SessionStore(key)["a"] == 1
    store.cycle_key()
    assert (SessionStore(key).get("a"), SessionStore(store.session_key)["a"]) == (None, 1)
    store.flush()
    assert not PortalSession.objects.exists()


def test_old_sessions_are_removed_at_night(kim: User) -> None:
    log_in()
    PortalSession.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    log_in()
    tasks.purge()
    assert PortalSession.objects.count() == 1


# --- one's own ---


def test_one_sees_where_one_is_logged_in_and_nobody_elses(kim: User) -> None:
    make_user("lee")
    log_in("lee", address="192.0.2.99")
    log_in(browser=IPHONE, address="192.0.2.2")
    html = log_in().get(OWN).content.decode()
    for text in ("Firefox on Windows", "192.0.2.1", "Safari on iPhone", "192.0.2.2", "Now, this one"):
        assert text in html
    assert "192.0.2.99" not in html


def test_one_ends_another_session_of_ones_own(kim: User) -> None:
    here, there = log_in(), log_in(browser=IPHONE, address="192.0.2.2")
    here.post(OWN, {"session": stored_key(there.cookies["sessionid"].value)})
    assert (is_in(here), is_in(there)) == (True, False)
    assert sentences()[-1] == "kim ended the session of kim in Safari on iPhone at 192.0.2.2."


def test_one_ends_all_others(kim: User) -> None:
    here, *others = log_in(), log_in(), log_in()
    here.post(OWN)
    assert [is_in(one) for one in (here, *others)] == [True, False, False]


def test_nobody_ends_a_session_of_somebody_else_on_that_page(kim: User) -> None:
    make_user("lee")
    other = log_in("lee")
    log_in().post(OWN, {"session": stored_key(other.cookies["sessionid"].value)})
    assert is_in(other)


def test_an_idle_session_is_not_listed(kim: User) -> None:
    log_in(browser=IPHONE)
    PortalSession.objects.update(seen_at=timezone.now() - timedelta(minutes=61))
    assert "iPhone" not in log_in().get(OWN).content.decode()


# --- everybody's ---


def test_an_administrator_sees_and_ends_the_session_of_anyone(kim: User, login: Any) -> None:
    client = log_in()
    admin = login(make_user("admin", "view_portalsession", "delete_portalsession"))
    assert "Firefox on Windows" in admin.get(ALL).content.decode()
    key = stored_key(client.cookies["sessionid"].value)
    admin.post(ALL, {"action": "end", "_selected_action": [key]})
    assert (is_in(client), is_in(admin)) == (False, True)
    assert sentences()[-1] == "admin ended the session of kim in Firefox on Windows at 192.0.2.1."


def test_who_may_only_see_sessions_ends_none(kim: User, login: Any) -> None:
    client = log_in()
    viewer = login(make_user("viewer", "view_portalsession"))
    key = stored_key(client.cookies["sessionid"].value)
    viewer.post(ALL, {"action": "end", "_selected_action": [key]})
    assert is_in(client)


def test_no_page_shows_a_key(kim: User, boss: Client) -> None:
    client = log_in()
    key = client.cookies["sessionid"].value
    for page in (boss.get(ALL), client.get(OWN)):
        assert key not in page.content.decode()


# --- passwords ---


def test_a_new_password_of_ones_own_ends_all_other_sessions(kim: User) -> None:
    here, there = log_in(), log_in()
    new = {"new_password1": "Long-enough-1", "new_password2": "Long-enough-1"}
    here.post(reverse("admin:password_change"), {"old_password": "password", **new})
    assert (is_in(here), is_in(there)) == (True, False)
    assert PortalSession.objects.filter(user=kim).count() == 1
    assert "kim changed their password." in sentences()


def test_a_password_that_was_not_changed_ends_nothing(kim: User) -> None:
    here, there = log_in(), log_in()
    here.post(reverse("admin:password_change"), {"old_password": "wrong"})
    assert is_in(there)


def test_a_password_set_by_an_administrator_ends_all_sessions_of_that_user(kim: User, boss: Client) -> None:
    client = log_in()
    password = {"password1": "Long-enough-1", "password2": "Long-enough-1", "usable_password": "true"}
    boss.post(reverse("admin:auth_user_password_change", args=[kim.pk]), password)
    assert not PortalSession.objects.filter(user=kim).exists()
    assert not is_in(client)
    assert is_in(boss)


def test_a_superuser_who_sets_their_own_password_there_stays_in(db: None) -> None:
    boss = make_superuser()
    here, there = log_in("boss"), log_in("boss")
    password = {"password1": "Long-enough-1", "password2": "Long-enough-1", "usable_password": "true"}
    here.post(reverse("admin:auth_user_password_change", args=[boss.pk]), password)
    assert (is_in(here), is_in(there)) == (True, False)


# --- names of browsers ---


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("<script>\x00" + "x" * 500, "<script>" + "x" * 52),
    ],
)  # fmt: skip
def test_browsers_are_called_as_people_call_them(given: str, name: str) -> None:
    assert browser_name(given) == name


def test_a_session_that_began_before_the_hub_noted_them_goes_on(kim: User) -> None:
    client = Client()
    client.force_login(kim)
    assert SEEN not in client.session
    assert is_in(client)
    assert SEEN in client.session
