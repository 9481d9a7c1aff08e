"""Tokens and certificates that end are announced before they do: on Home, and by mail 14 and 3 days before, once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import tasks
from integrations.models import Alert, AlertKind, ApiToken
from integrations.operations import expiries
from tests.factories import make_account, make_server, make_superuser, make_user

pytestmark = pytest.mark.django_db


def authority(*, days: float, name: str = "Plant CA") -> str:
    """A certificate authority that ends in so many days, as it is pasted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = timezone.now()
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )  # fmt: skip


def token(user: Any, *, days: float) -> ApiToken:
    ApiToken.issue(user)
    made = ApiToken.objects.get(user=user)
    ApiToken.objects.filter(pk=made.pk).update(expires_at=timezone.now() + timedelta(days=days))
    return made


def mails() -> list[tuple[str, list[str]]]:
    return [
        (alert.text, alert.recipients)
        for alert in Alert.objects.filter(kind=AlertKind.EXPIRES).order_by("id")
    ]


def test_the_owner_of_a_token_is_told() -> None:
    make_superuser()
    owner = make_user("kim")
    owner.email = "kim@example.com"
    owner.save()
    made = token(owner, days=10)
    expiries.announce()
    [(text, recipients)] = mails()
    assert text.startswith(f"The API token {made.prefix}… of kim expires on ")
    assert recipients == ["kim@example.com"]


def test_of_a_token_whose_owner_has_no_address_the_superusers_are_told() -> None:
    boss = make_superuser()
    boss.email = "boss@example.com"
    boss.save()
    token(make_user("robot"), days=10)
    expiries.announce()
    assert [recipients for _, recipients in mails()] == [["boss@example.com"]]


@pytest.mark.parametrize("make", [make_server, make_account])
def test_the_superusers_are_told_of_a_certificate(make: Any) -> None:
    boss = make_superuser()
    boss.email = "boss@example.com"
    boss.save()
    system = make(ca_certificates=authority(days=13) + authority(days=300, name="Other CA"))
    expiries.announce()
    [(text, recipients)] = mails()
    assert "“Plant CA”" in text
    assert system.name in text
    assert recipients == ["boss@example.com"]


def test_each_is_told_at_two_weeks_and_at_three_days_and_then_no_more() -> None:
    owner = make_user("kim")
    owner.email = "kim@example.com"
    owner.save()
    token(owner, days=20)
    counts = []
    begun: datetime = timezone.now()
    for day in (0, 5, 7, 7.5, 10, 16.5, 18, 19.9, 21):
        with time_machine.travel(begun + timedelta(days=day), tick=False):
            expiries.announce()
            counts.append(len(mails()))
    assert counts == [0, 0, 1, 1, 1, 1, 2, 2, 2]


def test_a_token_that_is_issued_for_two_days_is_told_of_once() -> None:
    owner = make_user("kim")
    owner.email = "kim@example.com"
    owner.save()
    token(owner, days=2)
    expiries.announce()
    expiries.announce()
    assert len(mails()) == 1


@pytest.mark.parametrize("change", [{"active": False}, {"expires_at": None}])
def test_what_does_not_end_or_is_off_is_not_told(change: dict[str, Any]) -> None:
    made = token(make_user("kim"), days=5)
    ApiToken.objects.filter(pk=made.pk).update(**change)
    assert expiries.ending() == []


def test_a_text_that_is_no_certificate_stops_nothing() -> None:
    make_server(ca_certificates="not a certificate")
    token(make_user("kim"), days=5)
    assert len(expiries.ending()) == 1


@pytest.mark.parametrize("task", [tasks.daily_digest, tasks.purge])
def test_the_daily_work_announces(task: Any) -> None:
    owner = make_user("kim")
    owner.email = "kim@example.com"
    owner.save()
    token(owner, days=5)
    task()
    assert len(mails()) == 1


# --- on Home ----------------------------------------------------------------------------------------------------------


def home(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("admin:index")).content.decode()


def test_home_shows_what_ends_with_a_way_to_its_page() -> None:
    server = make_server(ca_certificates=authority(days=-1))
    made = token(make_user("robot"), days=5)
    page = home(make_superuser())
    assert "“Plant CA”" in page
    assert "expired on" in page
    assert f"{made.prefix}…" in page
    assert reverse("admin:integrations_paceserver_change", args=[server.pk]) in page


def test_home_shows_others_only_their_own_tokens() -> None:
    make_server(ca_certificates=authority(days=1))
    owner = make_user("kim")
    made = token(owner, days=5)
    assert f"{made.prefix}…" in home(owner)
    other = home(make_user("alex"))
    assert made.prefix not in other
    assert "Plant CA" not in other
