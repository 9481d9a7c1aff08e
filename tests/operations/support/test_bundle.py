"""The support bundle explains an order and tells nothing of the people behind it, nor any secret."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import AuditEntry, Order
from integrations.operations.support.bundle import support_bundle
from integrations.simulation.demo.configuration import SECURITY_KEY
from integrations.simulation.sandbox.pressero import Buyer, FileDraft, ItemDraft, OrderDraft, SandboxAddress
from tests.conftest import Hub
from tests.factories import OPERATOR, VIEWER, make_event, make_user

pytestmark = pytest.mark.django_db

EMAIL = "noa.newcomer@example.org"
PERSONAL = (
    EMAIL, "Noa", "Newcomer", "Harbour", "Duluth", "55802", "555-0177", "Studio Lakeside", "Lakeside", "Leave at the door",
    "porch-card", "PO-noa-77",
)  # fmt: skip


@pytest.fixture
def order(hub: Hub) -> Order:
    """An order of somebody new, with jobs in Pace, an event, a change, and notes and files that name people."""
    home = SandboxAddress(business="Studio Lakeside", first_name="Noa", last_name="Newcomer", address1="7 Harbour Rd", city="Duluth",
                   state="MN", postal="55802", country="US", phone="555-0177", email=EMAIL)  # fmt: skip
    item = ItemDraft("Business Card", price="180.00", shipping="22.00", method="Ground", ship_to=home,
                     item_name="Card of Noa Newcomer", notes=f"Leave at the door. Noa Newcomer <{EMAIL}>",
                     files=[FileDraft("porch-card-newcomer.pdf", "gen", size=10)])  # fmt: skip
    buyer = Buyer("Noa", "Newcomer", EMAIL, business="Studio Lakeside", address=home)
    order = hub.process(OrderDraft("Example CU Store", buyer, [item], po_number="PO-noa-77"))
    assert order.status == "submitted", order.message
    body = json.dumps(
        {"Type": 1, "Data": {"Email": EMAIL, "Contact": {"Name": "Noa Newcomer"}, "OrderNumber": 1}}
    )
    make_event(account=order.account, order=order, body=body, message_id="genuine")
    order.changes.create(item=1, field="notes", before="Noa Newcomer", after="x", found_at=timezone.now())
    Order.objects.filter(pk=order.pk).update(
        message=f"Contact {EMAIL} of Studio Lakeside is not unique in Pace."
    )
    return Order.objects.select_related("account", "storefront__pace_server").get(pk=order.pk)


def files(content: bytes) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def test_nothing_of_the_people_behind_the_order_is_in_it(order: Order) -> None:
    stored = repr(
        (order.fetched, order.plan, order.message, list(order.audit.values_list("data", flat=True)))
    )
    assert [word for word in PERSONAL if word not in stored] == [], (
        "the order does not hold what is looked for"
    )
    for name, text in files(support_bundle([order], actor="test")).items():
        assert [word for word in PERSONAL if word.casefold() in text.casefold()] == [], name


def test_no_secret_is_in_it(order: Order, settings: Any, hub: Hub) -> None:
    hub.set_server(username="MARKED-pace-login", push_token="MARKED-push-token")
    account, server = hub.account, hub.server
    account.slug, account.username, account.consumer_id = "marked-address", "MARKED-login", "MARKED-consumer"
    account.save()
    order.refresh_from_db()
    everything = "".join(files(support_bundle([order], actor="test")).values())
    secrets = [
        SECURITY_KEY, account.password.reveal(), server.password.reveal(), str(settings.SECRET_KEY), *settings.CREDENTIALS_KEYS,
    ]  # fmt: skip
    assert "marked" not in everything.casefold()
    assert [secret for secret in secrets if secret in everything] == []


def test_it_explains_the_order(order: Order) -> None:
    found = files(support_bundle([order], actor="test"))
    folder = f"orders/{order.number}"
    assert set(found) == {
        "README.txt", "versions.json", "settings.json", "configuration.json", "health.json",
        *(f"{folder}/{name}" for name in ("order.json", "timeline.txt", "plan.json", "calls.json", "events.json")),
    }  # fmt: skip
    job = order.jobs.get()
    assert f"Job {job.number} is in Pace." in found[f"{folder}/timeline.txt"]
    plan = json.loads(found[f"{folder}/plan.json"])["planned"]
    assert plan["jobs"][0]["parts"][0]["fields"]["quotedPrice"]["value"] == "202.00"
    calls = json.loads(found[f"{folder}/calls.json"])
    assert {call["system"].split()[0] for call in calls} == {"Pace", "Pressero"}
    assert all(call["status"] for call in calls)
    [storefront] = json.loads(found["configuration.json"])["storefronts"]
    assert storefront["name"] == "Example CU Store"
    assert json.loads(found["versions.json"])["automation_hub"]
    assert json.loads(found["settings.json"])["SECRET_KEY"] == "set"


def test_the_same_person_is_the_same_word_in_all_files(order: Order) -> None:
    found = files(support_bundle([order], actor="test"))
    order_file = json.loads(found[f"orders/{order.number}/order.json"])
    email = order_file["message"].split()[1]
    assert email.startswith("person-")
    assert email in found[f"orders/{order.number}/plan.json"]
    assert email in found[f"orders/{order.number}/calls.json"]
    assert email in found[f"orders/{order.number}/events.json"]


def test_it_is_small_enough_to_be_mailed(order: Order) -> None:
    assert len(support_bundle([order], actor="test")) < 200_000


def test_the_timeline_says_who_made_it(order: Order) -> None:
    support_bundle([order], actor="Kim")
    entry = AuditEntry.objects.get(type="staff.support_bundle")
    assert (entry.order_id, entry.actor) == (order.pk, "Kim")


def test_staff_are_hidden_too(order: Order) -> None:
    support_bundle([order], actor="Kim Operator")
    timeline = files(support_bundle([order], actor="test"))[f"orders/{order.number}/timeline.txt"]
    assert "Operator" not in timeline
    assert "made a support bundle" in timeline


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_writes_the_file_for_its_owner_alone(order: Order, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    call_command("support_bundle", str(order.number), "--output", str(path))
    assert f"orders/{order.number}/timeline.txt" in files(path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_command_overwrites_nothing(order: Order, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_text("precious")
    with pytest.raises(CommandError, match="exists already"):
        call_command("support_bundle", str(order.number), "--output", str(path))
    assert path.read_text() == "precious"


def test_an_order_that_is_not_there_is_named(order: Order, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no order 4711"):
        call_command("support_bundle", str(order.number), "4711", "--output", str(tmp_path / "x.zip"))
    assert not (tmp_path / "x.zip").exists()


# --- the button -------------------------------------------------------------------------------------------------


def page(order: Order) -> str:
    return reverse("admin:integrations_order_support_bundle", args=[order.pk])


def client_of(*rights: str) -> Client:
    client = Client()
    client.force_login(make_user("kim", *rights))
    return client


def test_the_button_asks_and_then_gives_the_file(order: Order) -> None:
    client = client_of(*OPERATOR)
    assert b"Names, addresses, emails" in client.get(page(order)).content
    answer = client.post(page(order))
    assert answer["Content-Disposition"].startswith(f'attachment; filename="support-bundle-{order.number}-')
    assert "no-store" in answer["Cache-Control"]
    assert "README.txt" in files(answer.content)


def test_without_the_right_there_is_no_file(order: Order) -> None:
    client = client_of(*VIEWER)
    assert client.post(page(order)).status_code == 403
    assert (
        "support-bundle"
        not in client.get(reverse("admin:integrations_order_change", args=[order.pk])).content.decode()
    )
