"""Versions of the configuration: every change makes one, two can be compared, and one can be gone back to."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import (
    AuditEntry,
    ConfigurationVersion,
    EventDelivery,
    Order,
    OutgoingEvent,
    PaceServer,
    PresseroAccount,
    Storefront,
    Subscription,
)
from integrations.operations.setup import versions
from integrations.operations.setup.configuration import (
    ConfigurationError,
    export_configuration,
    import_configuration,
)
from integrations.operations.setup.rehearsal import RehearsalChange, rehearse
from integrations.tasks import note_configuration
from mappings.models import MappingChange, ProductMapping, ShipmentMethodMapping
from mappings.resources import import_rows
from tests.factories import make_account, make_server, make_storefront
from tests.operations.setup.test_configuration import SECRETS, whole

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("hub_config", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def numbers() -> list[int]:
    return list(ConfigurationVersion.objects.order_by("number").values_list("number", flat=True))


def method(name: str = "Ground", ship_via: int = 5010, **values: Any) -> ShipmentMethodMapping:
    return ShipmentMethodMapping.objects.create(pressero_method=name, ship_via=ship_via, **values)


def later(minutes: int) -> None:
    """As if the versions that are there had been made so long ago."""
    for row in ConfigurationVersion.objects.all():
        row.begun_at -= timedelta(minutes=minutes)
        row.at -= timedelta(minutes=minutes)
        row.save()


# --- when there is a version ----------------------------------------------------------------------------------


def test_a_hub_that_is_not_set_up_has_no_version() -> None:
    assert versions.note("jo") is None


def test_a_change_makes_a_version_that_says_who_when_and_what() -> None:
    make_storefront(name="North")
    versions.note("jo")
    method("Overnight")
    made = versions.note("sam")
    assert made is not None
    assert (made.number, made.actor) == (2, "sam")
    assert made.summary == "Shipment method row “Overnight, all storefronts” added."
    assert timezone.now() - made.at < timedelta(minutes=1)


def test_no_change_makes_no_version() -> None:
    method()
    versions.note("jo")
    assert versions.note("jo") is None
    assert numbers() == [1]


def test_edits_of_one_person_within_ten_minutes_are_one_version() -> None:
    method("Ground")
    versions.note("jo")
    for name in ("Overnight", "2nd Day Air", "Pickup"):
        method(name)
        versions.note("sam")
    assert numbers() == [1, 2]
    assert versions.numbered(2).summary == "3 shipment method rows added."


def test_another_person_a_later_edit_and_an_import_are_versions_of_their_own() -> None:
    method("Ground")
    versions.note("jo")
    method("Overnight")
    versions.note("sam")
    method("Pickup")
    versions.note("kim")
    later(minutes=10)
    method("Courier")
    versions.note("kim")
    method("Freight")
    versions.note("kim", "Imported methods.csv.")
    method("Bike")
    versions.note("kim")
    assert numbers() == [1, 2, 3, 4, 5, 6]


def test_edits_that_were_undone_within_minutes_say_so() -> None:
    method("Ground")
    versions.note("jo")
    extra = method("Overnight")
    versions.note("sam")
    extra.delete()
    versions.note("sam")
    assert versions.numbered(2).summary == "No difference: the changes were undone."


def test_what_changed_outside_the_portal_is_noted_by_the_schedule_and_before_versions_are_listed() -> None:
    method("Ground")
    assert note_configuration() == "Version 1: The configuration as it was found."
    method("Overnight")
    listed = json.loads(run("versions", "--json"))
    assert [row["by"] for row in listed] == ["outside the portal", "outside the portal"]
    assert note_configuration() == "Nothing changed."


def test_a_version_of_two_thousand_mapping_rows_takes_few_queries_and_one_small_row(
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    ShipmentMethodMapping.objects.bulk_create(
        ShipmentMethodMapping(pressero_method=f"M{n}", method_key=f"m{n}", ship_via=5010) for n in range(2000)
    )
    versions.note("jo")
    method("Overnight")
    with django_assert_max_num_queries(22):
        versions.note("sam")
    assert len(bytes(versions.numbered(2).content)) < 60_000


def test_no_secret_is_in_any_version() -> None:
    import_configuration(whole())
    versions.note("jo")
    server = PaceServer.objects.get()
    server.password = "another-secret"
    server.retry_hours = 9
    server.save()
    versions.note("jo", "A new password.")
    for version in ConfigurationVersion.objects.all():
        text = json.dumps(versions.content(version), ensure_ascii=False)
        assert not [secret for secret in (*SECRETS.values(), "another-secret") if secret in text]


def test_a_change_of_a_secret_alone_makes_no_version() -> None:
    server = make_server()
    versions.note("jo")
    server.password = "another-secret"
    server.save()
    assert versions.note("jo") is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_note_one_change_at_the_same_moment_make_one_version() -> None:
    method("Ground")
    versions.note("jo")
    method("Overnight")
    at_once = threading.Barrier(2)

    def note(actor: str) -> None:
        at_once.wait()
        try:
            versions.note(actor)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(note, ("sam", "kim")))
    assert numbers() == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_rehearsal_of_mapping_rows_begins_no_transaction_that_orders_would_wait_for() -> None:
    """On SQLite a transaction keeps every other writer waiting, and a long file takes seconds to be checked."""
    rows = [{"pressero_method": f"Method {n}", "ship_via": 5010} for n in range(50)]
    with CaptureQueriesContext(connection) as asked:
        assert import_rows("shipment_methods", rows, dry_run=True).created == 50
        rehearse(RehearsalChange(put={"shipment_methods": [method_unsaved()]}))
    assert [query["sql"] for query in asked if query["sql"].startswith("BEGIN")] == []


def method_unsaved() -> ShipmentMethodMapping:
    row = ShipmentMethodMapping(pressero_method="Courier", ship_via=5012)
    row.tidy()
    return row


# --- the commands ---------------------------------------------------------------------------------------------


def test_versions_are_listed_as_json_with_the_keys_of_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "plant.json"
    file.write_text(json.dumps(whole()))
    run("import", str(file))
    (row,) = json.loads(run("versions", "--json"))
    assert list(row) == ["version", "at", "by", "summary"]
    assert (row["version"], row["summary"]) == (1, "Imported plant.json.")
    assert "plant.json" in run("versions")


def test_an_import_of_mappings_makes_a_version(tmp_path: Path) -> None:
    file = tmp_path / "methods.csv"
    file.write_text("storefront,pressero_method,ship_via,account_number\n,Ground,5010,\n")
    call_command("mappings", "import", "shipment_methods", str(file), stdout=io.StringIO())
    assert versions.numbered(1).summary == "Imported methods.csv (shipment_methods)."


def test_a_dry_run_of_an_import_makes_no_version(tmp_path: Path) -> None:
    file = tmp_path / "methods.csv"
    file.write_text("storefront,pressero_method,ship_via,account_number\n,Ground,5010,\n")
    call_command("mappings", "import", "shipment_methods", str(file), "--dry-run", stdout=io.StringIO())
    assert numbers() == []
    assert ShipmentMethodMapping.objects.count() == 0


def test_a_diff_names_entries_and_fields_before_and_after() -> None:
    make_storefront(name="North", default_ship_via=5010)
    gone = method("Pickup")
    versions.note("jo")
    Storefront.objects.update(default_ship_via=5012)
    gone.delete()
    method("Overnight", storefront=Storefront.objects.get())
    versions.note("sam")
    assert run("diff", "1", "2").splitlines() == [
        "storefront “North” changed",
        "    default_ship_via: 5010 → 5012",
        "shipment method row “Overnight, North” added",
        "    storefront: empty → North",
        "    pressero_method: empty → Overnight",
        "    ship_via: empty → 5010",
        "shipment method row “Pickup, all storefronts” removed",
        "    pressero_method: Pickup → empty",
        "    ship_via: 5010 → empty",
    ]


def test_a_diff_with_one_version_compares_it_with_today() -> None:
    method("Ground")
    versions.note("jo")
    method("Overnight")
    assert "“Overnight, all storefronts” added" in run("diff", "1")
    assert run("diff", "2") == "Version 2 and the configuration of today are the same.\n"


@pytest.mark.parametrize("arguments", [("diff", "7"), ("diff", "1", "7"), ("rollback", "7")])
def test_a_version_that_does_not_exist_is_named(arguments: tuple[str, ...]) -> None:
    method()
    versions.note("jo")
    with pytest.raises(CommandError, match=r"There is no version 7\. Versions 1 to 1 exist\."):
        run(*arguments)


# --- going back -----------------------------------------------------------------------------------------------


def test_a_rollback_makes_the_configuration_what_it_was_as_a_new_version() -> None:
    import_configuration(whole())
    versions.note("jo")
    before = export_configuration()
    Storefront.objects.update(default_ship_days=9)
    ProductMapping.objects.all().delete()
    method("Overnight")
    versions.note("sam")
    run("rollback", "1")
    assert export_configuration() == before
    assert versions.listed()[0].summary == "Rolled back to version 1."
    assert numbers() == [1, 2, 3]


def test_a_rollback_leaves_secrets_as_they_are() -> None:
    import_configuration(whole())
    versions.note("jo")
    server = PaceServer.objects.get()
    server.password = "newer-password"
    server.retry_hours = 9
    server.save()
    versions.note("sam")
    versions.rollback(1)
    server.refresh_from_db()
    assert server.password.reveal() == "newer-password"
    assert server.retry_hours == whole()["pace_servers"][0]["retry_hours"]


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    method("Ground", ship_via=5010)
    versions.note("jo")
    ShipmentMethodMapping.objects.update(ship_via=5012)
    method("Overnight")
    versions.note("sam")
    before = export_configuration()
    said = run("rollback", "1", "--dry-run")
    assert "shipment_methods: removed: method Overnight of all storefronts" in said
    assert "ship_via 5012 → 5010" in said
    assert export_configuration() == before
    assert numbers() == [1, 2]


def test_rows_that_a_rollback_removes_are_kept_in_the_history_of_mappings() -> None:
    method("Ground")
    versions.note("jo")
    method("Overnight")
    versions.note("sam")
    versions.rollback(1, actor="kim")
    entry = MappingChange.objects.get(what="deleted")
    assert (entry.actor, entry.row) == ("kim", "method Overnight of all storefronts → ship via 5010")


def test_a_rollback_is_in_the_audit_log() -> None:
    method("Ground")
    versions.note("jo")
    method("Overnight")
    versions.note("sam")
    versions.rollback(1, actor="kim")
    entry = AuditEntry.objects.get(type="config.rolled_back")
    assert (entry.actor, entry.data["version"]) == ("kim", 1)


def test_what_nothing_refers_to_is_removed_by_a_rollback() -> None:
    make_storefront(name="North")
    versions.note("jo")
    make_storefront(name="South")
    versions.note("sam")
    versions.rollback(1)
    assert list(Storefront.objects.values_list("name", flat=True)) == ["North"]
    assert PaceServer.objects.count() == PresseroAccount.objects.count() == 1


def test_a_storefront_with_orders_is_switched_off_by_a_rollback() -> None:
    make_storefront(name="North")
    versions.note("jo")
    south = make_storefront(name="South")
    Order.objects.create(
        account=south.pressero_account,
        storefront=south,
        number=7,
        status="completed",
        submitted_at=timezone.now(),
    )
    versions.note("sam")
    said = versions.rollback(1).sentences
    south.refresh_from_db()
    assert not south.active
    assert not PaceServer.objects.get(pk=south.pace_server_id).active
    assert "storefront “South” switched off, because orders or other settings refer to it" in said


def test_a_subscription_whose_deliveries_are_logged_is_switched_off_by_a_rollback() -> None:
    make_storefront(name="North")
    versions.note("jo")
    receiver = Subscription.objects.create(name="ERP", url="https://erp.example.com/hook")
    event = OutgoingEvent.objects.create(type="test", at=timezone.now(), data={})
    EventDelivery.objects.create(subscription=receiver, event=event)
    versions.note("sam")
    versions.rollback(1)
    receiver.refresh_from_db()
    assert not receiver.active
    assert EventDelivery.objects.count() == 1


def test_a_rollback_that_would_leave_orders_in_flight_without_their_server_says_so_and_stops() -> None:
    make_storefront(name="North")
    versions.note("jo")
    south = make_storefront(name="South", pace_server=make_server(name="Plant South"))
    order = Order.objects.create(
        account=south.pressero_account, storefront=south, number=7, status="processing"
    )
    order.jobs.create(
        server=south.pace_server,
        unit="order",
        description="7 - South",
        customer="C",
        state="committing",
        txn="t",
    )
    versions.note("sam")
    with pytest.raises(ConfigurationError) as caught:
        versions.rollback(1)
    assert "The Pace server “Plant South” would be switched off" in str(caught.value)
    assert "Order 7: Pace has not confirmed a commit." in str(caught.value)
    south.refresh_from_db()
    assert south.active
    with pytest.raises(CommandError, match="Version 1 was not restored"):
        run("rollback", "1", "--dry-run")


def test_a_rollback_to_another_address_asks_for_the_password_there() -> None:
    server = make_server(url="https://old.example.com")
    versions.note("jo")
    PaceServer.objects.filter(pk=server.pk).update(url="https://new.example.com")
    versions.note("sam")
    with pytest.raises(ConfigurationError, match="Enter the password again"):
        versions.rollback(1)


def test_a_version_of_a_release_without_a_setting_leaves_that_setting_as_it_is() -> None:
    storefront = make_storefront(name="North")
    versions.note("jo")
    version = versions.numbered(1)
    old = versions.content(version)
    del old["storefronts"][0]["default_ship_days"]
    del old["holidays"]
    version.content = versions.compressed(old)
    version.save()
    Storefront.objects.update(default_ship_days=9, default_po_number="later")
    make_holiday()
    versions.note("sam")
    versions.rollback(1)
    storefront.refresh_from_db()
    assert (storefront.default_ship_days, storefront.default_po_number) == (9, "9999")
    assert len(export_configuration()["holidays"]) == 1


def make_holiday() -> None:
    from mappings.models import Holiday

    Holiday.objects.create(date="2026-12-24", name="Eve")


def test_a_rollback_brings_back_what_was_deleted_and_asks_for_its_password() -> None:
    make_account(slug="main", name="Main")
    versions.note("jo")
    PresseroAccount.objects.all().delete()
    make_server()
    versions.note("sam")
    changes = versions.rollback(1)
    assert PresseroAccount.objects.get().slug == "main"
    assert any("password" in warning for warning in changes.warnings)
