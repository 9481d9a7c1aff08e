"""Reading, keeping and offering the lists of the other systems."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import Schedule

from integrations import tasks
from integrations.clients.pace.choices import PaceListChoice
from integrations.models import (
    PaceServer,
    ReferenceEntry,
    ReferenceKind,
    ReferenceReading,
    WorkLease,
)
from integrations.operations.setup import choices, holiday_places, reference
from integrations.operations.setup.discovery import discover
from mappings.reference import Code, Standing
from tests.conftest import Hub
from tests.factories import make_account, make_event, make_server, make_storefront

pytestmark = pytest.mark.django_db


def numbered(count: int, prefix: str = "T") -> list[PaceListChoice]:
    return [PaceListChoice(f"{prefix}{n}", f"Template number {n}") for n in range(count)]


def keys(server: PaceServer, *, gone: bool = False) -> set[str]:
    rows = ReferenceEntry.objects.filter(server=server, gone_at__isnull=not gone)
    return set(rows.values_list("key", flat=True))


# --- reading ------------------------------------------------------------------------------------------------------


def test_all_lists_of_both_systems_are_read(hub: Hub) -> None:
    report = reference.refresh_all()
    assert report.failures == []
    assert set(ReferenceEntry.objects.values_list("kind", flat=True)) == set(ReferenceKind.values)
    ground = ReferenceEntry.objects.get(kind="ship_via", key="5010")
    assert (ground.label, ground.extra) == ("FedEx Ground", {"provider": "FedEx"})
    card = ReferenceEntry.objects.get(kind="product", label="Business Card", parent=hub.storefront().site_id)
    assert card.extra == {"part_number": "BC14", "integration_id": "BC-4/4-14PT"}
    assert ReferenceEntry.objects.filter(kind="stage", label="Prepress", extra__workflow="Standard").exists()


def test_reading_again_changes_nothing_but_the_time(hub: Hub) -> None:
    reference.refresh_all()
    before = dict(ReferenceEntry.objects.values_list("pk", "seen_at"))
    report = reference.refresh_all()
    assert sum(line.new + line.changed + line.gone for line in report.lines) == 0
    assert all(row.seen_at > before[row.pk] for row in ReferenceEntry.objects.all())


def test_what_a_system_no_longer_lists_is_gone_and_may_come_back() -> None:
    server = make_server()
    reference.store(server, "item_template", numbered(3))
    line = reference.store(server, "item_template", [*numbered(2), PaceListChoice("NEW")])
    assert (line.new, line.changed, line.gone) == (1, 0, 1)
    assert keys(server) == {"T0", "T1", "NEW"}
    assert keys(server, gone=True) == {"T2"}
    assert reference.store(server, "item_template", numbered(3)).changed == 1
    assert keys(server) == {"T0", "T1", "T2"}


def test_a_changed_name_is_changed() -> None:
    server = make_server()
    reference.store(server, "job_type", [PaceListChoice("1", "Old")])
    reference.store(server, "job_type", [PaceListChoice("1", "New", active=False)])
    row = ReferenceEntry.objects.get()
    assert (row.label, row.active, row.search) == ("New", False, "1 new")


def test_two_servers_keep_their_own_lists() -> None:
    one, two = make_server(), make_server()
    reference.store(one, "ship_via", numbered(2))
    reference.store(two, "ship_via", numbered(1))
    assert (len(keys(one)), len(keys(two))) == (2, 1)


def test_texts_that_no_database_takes_and_long_ones_do_no_harm() -> None:
    server = make_server()
    odd = [
        PaceListChoice("A\x00", "B\x00" * 400, extra={"provider": "x\x00"}),
        PaceListChoice("", "no code"),
        PaceListChoice("k" * 200),
    ]
    assert reference.store(server, "ship_via", odd).entries == 1
    assert ReferenceEntry.objects.get().key == "A"


def test_a_list_that_fails_is_told_and_the_others_go_on(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    reference.refresh_all()
    real = reference.pace_choices.READERS["job_type"]

    def broken(load: Any) -> list[PaceListChoice]:
        load("NoSuchType", "@id > 0", ["id"], ["id"])
        return real(load)

    monkeypatch.setitem(reference.pace_choices.READERS, "job_type", broken)
    report = reference.refresh(hub.server)
    assert len(report.failures) == 1
    reading = ReferenceReading.objects.get(kind="job_type")
    assert reading.error and reading.failed_at
    assert reading.entries == 3, "what was known stays"
    assert ReferenceReading.objects.get(kind="state").error == ""


def test_a_system_that_cannot_be_reached_is_asked_once_and_the_next_one_is_read(hub: Hub) -> None:
    PaceServer.objects.update(url="http://127.0.0.1:9")
    report = reference.refresh_all()
    assert {line.system for line in report.lines if line.error} == {"Sandbox Pace"}
    assert len(report.failures) == 8
    assert any(line.kind == "product" and not line.error for line in report.lines)
    with pytest.raises(CommandError, match="8 failed"):
        call_command("refresh_reference_data", stdout=StringIO())


def test_a_password_that_cannot_be_decrypted_is_told(hub: Hub) -> None:
    PaceServer.objects.update(password="fernet:not-a-token")
    assert len(reference.refresh(hub.server).failures) == 8


def test_only_one_worker_reads_a_system(hub: Hub) -> None:
    later = timezone.now() + timezone.timedelta(minutes=5)
    WorkLease.objects.create(name=f"reference data of server {hub.server.pk}", lease_until=later)
    report = reference.refresh(hub.server)
    assert report.lines == []
    assert "another worker" in report.busy[0]


def test_storing_takes_the_same_queries_whatever_is_known() -> None:
    server = make_server()

    def cost(count: int) -> int:
        reference.store(server, "item_template", numbered(count))
        with CaptureQueriesContext(connection) as captured:
            reference.store(server, "item_template", numbered(count - 1))
        return len(captured)

    assert cost(20) == cost(2000)


def test_the_schedule_is_made_and_its_task_runs(schedules: None, hub: Hub) -> None:
    assert Schedule.objects.filter(func="integrations.tasks.refresh_reference_data").count() == 1
    assert tasks.refresh_reference_data() == "15 lists read, 0 failed."
    assert tasks.refresh_reference_of("server", hub.server.pk) == "8 lists read, 0 failed."
    assert tasks.refresh_reference_of("account", 987654) == "It was deleted in the meantime."


# --- offering -----------------------------------------------------------------------------------------------------


def test_every_word_must_be_there_and_the_nearest_comes_first() -> None:
    server = make_server()
    rows = [
        PaceListChoice("5010", "FedEx Ground"),
        PaceListChoice("5011", "FedEx 2Day"),
        PaceListChoice("9", "Ground 5010 copy"),
    ]
    reference.store(server, "ship_via", rows)
    found = choices.search("ship_via", "GROUND fed", choices.Scope(server.pk)).found
    assert [choice.value for choice in found] == ["5010"]
    assert [choice.value for choice in choices.search("ship_via", "5010", choices.EVERYWHERE).found] == [
        "5010",
        "9",
    ]


def test_at_most_fifty_are_offered_and_that_there_are_more_is_said() -> None:
    server = make_server()
    reference.store(server, "item_template", numbered(120))
    found = choices.search("item_template", "", choices.Scope(server.pk))
    assert (len(found.found), found.more, found.listed) == (50, True, True)


def test_what_is_gone_is_not_offered_and_an_unread_list_is_told() -> None:
    server = make_server()
    assert not choices.search("ship_via", "", choices.Scope(server.pk)).listed
    reference.store(server, "ship_via", numbered(1))
    reference.store(server, "ship_via", [])
    found = choices.search("ship_via", "", choices.Scope(server.pk))
    assert (found.found, found.listed) == ([], True)


def test_a_product_is_offered_by_what_the_row_names_it() -> None:
    storefront = make_storefront()
    product = PaceListChoice("p-1", "Card", parent=storefront.site_id, extra={"part_number": "BC14"})
    other = PaceListChoice("p-2", "Card of another site", parent="other")
    reference.store(storefront.pressero_account, "product", [product, other])
    scope = choices.scope_of(storefront.pk)
    for within, value in {"id": "p-1", "part_number": "BC14", "name": "Card"}.items():
        assert [one.value for one in choices.search("product", "card", scope, within=within).found] == [value]


def test_stages_are_those_of_the_chosen_workflow() -> None:
    account = make_account()
    reference.store(
        account,
        "stage",
        [PaceListChoice("s1", "Press", parent="w1"), PaceListChoice("s2", "Press", parent="w2")],
    )
    found = choices.search("stage", "press", choices.EVERYWHERE, within="w2").found
    assert [choice.value for choice in found] == ["s2"]


def test_what_is_known_of_codes() -> None:
    storefront = make_storefront()
    server = storefront.pace_server
    reference.store(
        server, "ship_via", [PaceListChoice("5010", "FedEx Ground"), PaceListChoice("5099", "Old")]
    )
    reference.store(server, "ship_via", [PaceListChoice("5010", "FedEx Ground")])
    asked = {
        "known": Code("ship_via", "5010", storefront.pk),
        "gone": Code("ship_via", "5099"),
        "unknown": Code("ship_via", "5011"),
        "unlisted": Code("item_template", "X"),
    }
    found = choices.look_up(list(asked.values()))
    assert {name: found[code].standing for name, code in asked.items()} == {
        name: Standing(name) for name in asked
    }
    assert found[asked["unknown"]].suggestion == "5010 FedEx Ground"
    assert choices.warning("ship_via", "5011", choices.Scope(server.pk)) == (
        "Unknown ship via 5011: did you mean 5010 FedEx Ground?"
    )


def test_looking_up_many_codes_costs_as_much_as_few() -> None:
    storefront = make_storefront()
    reference.store(storefront.pace_server, "item_template", numbered(300))

    def cost(count: int) -> int:
        codes = [Code("item_template", f"T{n}", storefront.pk) for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert all(finding.standing == Standing.KNOWN for finding in choices.look_up(codes).values())
        return len(captured)

    assert cost(3) == cost(300) == 2


def test_countries_and_their_regions_have_names() -> None:
    assert holiday_places.search("holiday_country", "germ").found[0].value == "DE"
    assert holiday_places.search("holiday_subdivision", "calif", country="US").found[0].value == "CA"
    assert not holiday_places.search("holiday_subdivision", "", country="XX").listed
    assert "region of US" in holiday_places.warning("holiday_subdivision", "ZZ", country="US")
    assert holiday_places.warning("holiday_country", "US") == ""


# --- discovering --------------------------------------------------------------------------------------------------


def test_sites_of_events_and_of_orders_become_inactive_storefronts(hub: Hub) -> None:
    account, server = hub.account, hub.server
    account.storefronts.exclude(name="Example CU Store").delete()
    make_event(account=account, verdict="unknown_site", site_id="05000000-0000-4000-8000-000000000043")
    make_event(account=account, verdict="unknown_site", site_id="no-such-site")
    found = discover(account.pk, server.pk)
    assert found.created == ["Sample Health Portal"]
    made = account.storefronts.get(name="Sample Health Portal")
    assert (made.active, made.pace_server) == (False, server)
    assert discover(account.pk, server.pk).created == []


def test_a_name_that_is_taken_gets_a_number(hub: Hub) -> None:
    account = hub.account
    account.storefronts.filter(name="Sample Health Portal").update(site_id="elsewhere")
    make_event(account=account, verdict="unknown_site", site_id="05000000-0000-4000-8000-000000000043")
    assert discover(account.pk, hub.server.pk).created == ["Sample Health Portal (2)"]


def test_an_account_that_cannot_be_read_is_told(hub: Hub) -> None:
    account = hub.account
    type(account).objects.update(base_url="http://127.0.0.1:9/api/")
    assert "could not be read" in discover(account.pk, hub.server.pk).sentence
    assert tasks.discover_storefronts(987654, hub.server.pk).endswith("deleted in the meantime.")
