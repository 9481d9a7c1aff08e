"""The certificates that Pace and Pressero show: their end is read over real TLS, and told before it comes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from integrations import tasks
from integrations.clients.http.certificates import valid_until
from integrations.core.connections import certificates
from integrations.models import Alert, Circuit, PaceServer
from integrations.operations import expiries
from tests.clients.conftest import WireServer
from tests.clients.http.test_tls import Authority, https, serve
from tests.factories import make_account, make_server, make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Plant CA")


@pytest.fixture
def secure(authority: Authority, tmp_path: Path) -> WireServer:
    yield from serve(authority, tmp_path, "127.0.0.1")


def test_the_end_of_a_trusted_certificate_is_read(secure: WireServer, authority: Authority) -> None:
    ends_at = valid_until(https(secure), authority.pem)
    assert ends_at is not None
    assert timedelta(days=1) < ends_at - timezone.now() < timedelta(days=3)
    assert secure.requests == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "https://127.0.0.1:1/", "https:///", ""])
def test_what_has_no_certificate_or_does_not_answer_gives_nothing(address: str) -> None:
    assert valid_until(address, "") is None


def test_a_certificate_that_is_not_trusted_gives_nothing(secure: WireServer) -> None:
    assert valid_until(https(secure), Authority("Other CA").pem) is None


def test_a_certificate_that_ends_soon_is_told_once(secure: WireServer, authority: Authority) -> None:
    boss = make_superuser()
    boss.email = "boss@example.com"
    boss.save()
    server = make_server(name="North", url=https(secure), ca_certificates=authority.pem)
    make_server(name="Off", url=https(secure), ca_certificates=authority.pem, active=False)
    assert certificates.read_all() == 1
    PaceServer.objects.update(ca_certificates="")
    expiries.announce()
    expiries.announce()
    [alert] = Alert.objects.filter(kind="expires_soon")
    assert alert.text.startswith(f"The certificate of the Pace server {server} expires on ")
    assert alert.recipients == ["boss@example.com"]


def test_a_certificate_that_was_renewed_is_not_told() -> None:
    account = make_account()
    soon, later = timezone.now() + timedelta(days=5), timezone.now() + timedelta(days=300)
    Circuit.objects.create(account=account, certificate_ends_at=soon)
    assert [one.row for one in expiries.ending()] == [account]
    Circuit.objects.update(certificate_ends_at=later)
    assert expiries.ending() == []


def test_what_cannot_be_read_keeps_the_date_that_is_known() -> None:
    server = make_server(url="https://127.0.0.1:1/")
    known = timezone.now() + timedelta(days=5)
    Circuit.objects.create(server=server, certificate_ends_at=known)
    assert certificates.read_all() == 0
    assert Circuit.objects.get().certificate_ends_at == known


def test_certificates_are_read_when_codes_are_refreshed(secure: WireServer, authority: Authority) -> None:
    secure.script = lambda call: call.answer("[]")
    make_server(url=https(secure), ca_certificates=authority.pem)
    tasks.refresh_reference_data()
    assert Circuit.objects.filter(certificate_ends_at__isnull=False).count() == 1
