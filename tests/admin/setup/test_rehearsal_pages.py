"""Rehearsals in the portal: beside every form, import and version, what it would make of the last orders."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from integrations.models import Order, PaceServer, Storefront
from integrations.operations.setup import reference, versions
from integrations.operations.setup.configuration import export_configuration
from mappings.models import ShipmentMethodMapping
from mappings.resources import KINDS
from tests.admin.forms import as_posted
from tests.conftest import Hub
from tests.factories import VIEWER, make_superuser, make_user
from tests.operations.setup.test_rehearsal import STORE, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def order(hub: Hub) -> Order:
    reference.refresh_all()
    return place(hub)


def change_page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def rehearse(client: Client, row: Any, **values: Any) -> str:
    page = reverse("hub-rehearse-row", args=[row._meta.model_name, row.pk])
    return client.post(page, as_posted(client, change_page(row)) | values).content.decode()


def test_a_mapping_row_that_is_changed(boss: Client, order: Order) -> None:
    row = ShipmentMethodMapping.objects.get(pressero_method="Ground")
    answer = rehearse(boss, row, ship_via="5012")
    assert "Of the last order, 1 would be planned differently, 0 would stop" in answer
    assert "shipment shipVia" in answer
    assert reverse("admin:integrations_order_change", args=[order.pk]) in answer
    row.refresh_from_db()
    assert row.ship_via == 5010


def test_a_mapping_row_that_is_new(boss: Client, order: Order) -> None:
    data = {"product": "Business Card", "match": "name", "item_template": "POSTER-A2"}
    answer = boss.post(reverse("hub-rehearse", args=["productmapping"]), data).content.decode()
    assert "1 would be planned differently" in answer


def test_a_setting_of_a_storefront(boss: Client, order: Order) -> None:
    answer = rehearse(boss, Storefront.objects.get(name=STORE), default_po_number="HOUSE")
    assert "job poNum" in answer
    assert Storefront.objects.get(name=STORE).default_po_number == "9999"


def test_a_setting_of_a_pace_server_that_stops_orders(boss: Client, order: Order) -> None:
    answer = rehearse(boss, PaceServer.objects.get(), job_type="99")
    assert "1 would stop" in answer
    assert "Pace has no job type 99" in answer


@pytest.mark.parametrize("model", [Storefront, PaceServer, *(kind.model for kind in KINDS.values())])
def test_the_button_stands_on_the_form_of_every_setting_and_mapping(
    boss: Client, hub: Hub, model: Any
) -> None:
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    answer = boss.get(reverse(f"admin:{name}_add")).content.decode()
    assert f'formaction="{reverse("hub-rehearse", args=[model._meta.model_name])}"' in answer


def test_a_form_with_errors_says_them_and_plans_nothing(boss: Client, order: Order) -> None:
    answer = rehearse(boss, ShipmentMethodMapping.objects.get(pressero_method="Ground"), pressero_method="")
    assert "nothing was planned" in answer
    assert "This field is required" in answer


def test_the_result_comes_alone_for_a_page_that_shows_it_in_place(boss: Client, order: Order) -> None:
    page = reverse("hub-rehearse", args=["productmapping"])
    data = {"product": "X", "match": "name", "item_template": "POSTER-A2"}
    whole = boss.post(page, data).content.decode()
    alone = boss.post(page, data, headers={"X-Requested-With": "fetch"}).content.decode()
    assert "<html" in whole
    assert "<html" not in alone
    assert "0 would be planned differently" in alone


@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_of_an_import_of_every_kind_can_be_rehearsed(
    boss: Client, order: Order, kind: str
) -> None:
    model = KINDS[kind].model._meta.model_name
    rows = {
        "products": "storefront,product,match,item_template\n,Business Card,name,POSTER-A2\n",
        "shipment_methods": "storefront,pressero_method,ship_via\n,Ground,5012\n",
        "shipment_addresses": "storefront,business,address1,city,state,postal,country,ship_via\n,,,Peoria,,,,5012\n",
        "statuses": "storefront,level,pace_status,workflow,pressero_stage\n,job,O,,1\n",
        "holidays": "storefront,date,name\n,2026-12-24,Eve\n",
        "fields": "storefront,object,pace_field,priority,when,value\n,job,description2,,,Web\n",
        "values": "table,original,replacement\npapers,Matte,M\n",
    }[kind]
    file = SimpleUploadedFile("rows.csv", rows.encode())
    data = {"import_file": file, "format": "0", "resource": ""}
    preview = boss.post(reverse(f"admin:mappings_{model}_import"), data)
    page = reverse("hub-rehearse-import", args=[kind])
    assert f'formaction="{page}" data-hub-rehearse' in preview.content.decode()
    answer = boss.post(page, preview.context["confirm_form"].initial)
    assert "Of the last order," in answer.content.decode()
    assert not KINDS[kind].model._default_manager.filter().count() > len(export_configuration()[kind])


def test_an_import_whose_upload_is_gone_says_so(boss: Client, order: Order) -> None:
    page = reverse("hub-rehearse-import", args=["products"])
    assert "Upload it again" in boss.post(page, {"import_file_name": "x"}).content.decode()


def test_a_configuration_file_can_be_rehearsed_before_it_is_imported(boss: Client, order: Order) -> None:
    data = export_configuration()
    for storefront in data["storefronts"]:
        storefront["default_po_number"] = "FILE"
    page = reverse("hub-configuration")
    preview = boss.post(
        page, {"do": "upload", "file": SimpleUploadedFile("hub.json", json.dumps(data).encode())}
    )
    answer = boss.post(page, {"do": "rehearse", "upload": preview.context["upload"]}).content.decode()
    assert "job poNum" in answer
    boss.post(page, {"do": "import", "upload": preview.context["upload"]})
    assert Storefront.objects.get(name=STORE).default_po_number == "FILE"


# --- versions -------------------------------------------------------------------------------------------------


@pytest.fixture
def two_versions(order: Order) -> None:
    versions.note("jo")
    Storefront.objects.filter(name=STORE).update(default_po_number="LATER")
    ShipmentMethodMapping.objects.create(pressero_method="Courier", ship_via=5012)
    versions.note("sam")


def version_page(number: int) -> str:
    return reverse("admin:integrations_configurationversion_change", args=[versions.numbered(number).pk])


def test_versions_are_listed_with_who_and_what(boss: Client, two_versions: None) -> None:
    answer = boss.get(reverse("admin:integrations_configurationversion_changelist")).content.decode()
    assert "sam" in answer
    assert "shipment method row “Courier, all storefronts” added" in answer


def test_a_version_shows_what_it_changed_and_what_is_different_today(
    boss: Client, two_versions: None
) -> None:
    second, first = (boss.get(version_page(number)).content.decode() for number in (2, 1))
    assert "<del>9999</del>" in second
    assert "Nothing: this is the configuration of today." in second
    assert reverse("hub-rollback", args=[1]) in first
    assert "<ins>LATER</ins>" in first


def test_a_rollback_asks_first_is_rehearsed_and_done(boss: Client, two_versions: None) -> None:
    page = reverse("hub-rollback", args=[1])
    asked = boss.get(page).content.decode()
    assert "shipment_methods: removed: method Courier of all storefronts" in asked
    assert "Passwords, keys and tokens stay as they are." in asked
    rehearsed = boss.post(page, {"do": "rehearse"}).content.decode()
    assert "job poNum" in rehearsed
    assert ShipmentMethodMapping.objects.filter(pressero_method="Courier").exists()
    boss.post(page, {"do": "rollback", "digest": versions.numbered(1).digest})
    assert not ShipmentMethodMapping.objects.filter(pressero_method="Courier").exists()
    newest = versions.listed()[0]
    assert (newest.actor, newest.summary) == ("Robin Boss", "Rolled back to version 1.")


def test_a_rollback_to_a_version_that_changed_meanwhile_is_asked_again(
    boss: Client, two_versions: None
) -> None:
    boss.post(reverse("hub-rollback", args=[1]), {"do": "rollback", "digest": "another"})
    assert ShipmentMethodMapping.objects.filter(pressero_method="Courier").exists()


def test_a_rollback_that_cannot_be_done_says_why_and_offers_no_button(
    boss: Client, two_versions: None
) -> None:
    PaceServer.objects.update(url="https://elsewhere.example.com")
    answer = boss.get(reverse("hub-rollback", args=[1])).content.decode()
    assert "cannot be rolled back to version 1 now. Nothing was changed." in answer
    assert 'value="rollback"' not in answer


# --- who may --------------------------------------------------------------------------------------------------


def test_a_mapping_editor_may_rehearse_mappings_and_see_versions_but_not_settings_or_rollbacks(
    client: Client, two_versions: None
) -> None:
    rights = (*VIEWER, "view_configurationversion", "add_productmapping", "change_productmapping")
    client.force_login(make_user("editor", *rights))
    data = {"product": "X", "match": "name", "item_template": "POSTER-A2"}
    assert client.post(reverse("hub-rehearse", args=["productmapping"]), data).status_code == 200
    assert client.get(version_page(2)).status_code == 200
    storefront = Storefront.objects.get(name=STORE)
    assert client.post(reverse("hub-rehearse-row", args=["storefront", storefront.pk]), {}).status_code == 403
    assert client.get(reverse("hub-rollback", args=[1])).status_code == 403
    assert "hub-rollback" not in client.get(version_page(1)).content.decode()


def test_who_may_not_see_orders_sees_none_of_a_rehearsal(client: Client, order: Order) -> None:
    client.force_login(make_user("mapper", "add_productmapping", "view_productmapping"))
    data = {"product": "X", "match": "name", "item_template": "POSTER-A2"}
    assert client.post(reverse("hub-rehearse", args=["productmapping"]), data).status_code == 403


def test_a_page_of_no_form_is_not_there(boss: Client) -> None:
    assert boss.post(reverse("hub-rehearse", args=["user"]), {}).status_code == 404
    assert boss.get(reverse("hub-rehearse", args=["productmapping"])).status_code == 405
