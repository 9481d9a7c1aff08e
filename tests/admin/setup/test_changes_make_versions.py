"""Every page of the portal that can change the configuration leaves a version with the name of who did it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from integrations.models import ConfigurationVersion, PaceServer, PresseroAccount, Storefront
from integrations.operations.setup import versions
from integrations.operations.setup.configuration import SECTIONS, export_configuration
from mappings.models import ProductMapping, ShipmentMethodMapping
from mappings.resources import KINDS, import_rows
from tests.admin.forms import as_posted, chosen
from tests.factories import make_storefront, make_superuser

pytestmark = pytest.mark.django_db

ROWS: dict[str, dict[str, Any]] = {
    "products": {"product": "BC14", "match": "part_number", "item_template": "T1"},
    "shipment_methods": {"pressero_method": "Ground", "ship_via": 5010},
    "shipment_addresses": {"country": "US", "ship_via": 5010},
    "statuses": {"level": "job", "pace_status": "S", "pressero_stage": "X"},
    "holidays": {"date": "2026-12-24", "name": "Eve"},
    "fields": {"object": "job", "pace_field": "description2", "value": "Web"},
    "values": {"table": "papers", "original": "Matte", "replacement": "M"},
}
EACH_KIND = pytest.mark.parametrize("kind", KINDS)
EACH_SECTION = pytest.mark.parametrize("model", [section.model for section in SECTIONS])


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture(autouse=True)
def storefront(db: None) -> Storefront:
    """Something is configured before, and that is version 1."""
    made = make_storefront(name="North")
    versions.note("before")
    return made


def url(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def the_new_version() -> ConfigurationVersion:
    (version,) = ConfigurationVersion.objects.filter(number__gt=1)
    assert version.actor == "Robin Boss"
    return version


@EACH_KIND
def test_a_mapping_row_that_is_added_changed_or_deleted(boss: Client, kind: str) -> None:
    model = KINDS[kind].model
    added = boss.post(url(model, "add"), as_posted(boss, url(model, "add")) | ROWS[kind])
    assert added.status_code == 302, added.context["adminform"].form.errors
    assert "added" in the_new_version().summary
    row = model._default_manager.get()
    boss.post(url(model, "delete", row.pk), {"post": "yes"})
    assert the_new_version().summary == "No difference: the changes were undone."


@EACH_KIND
def test_rows_that_are_chosen_in_the_list_and_deleted(boss: Client, kind: str) -> None:
    model = KINDS[kind].model
    import_rows(kind, [ROWS[kind]])
    versions.note("before", "A row.")
    boss.post(
        url(model, "changelist"), chosen("delete_selected", model._default_manager.get()) | {"post": "yes"}
    )
    assert ConfigurationVersion.objects.first().actor == "Robin Boss"  # type: ignore[union-attr]
    assert "removed" in ConfigurationVersion.objects.first().summary  # type: ignore[union-attr]


def test_a_value_that_is_changed_in_the_list(boss: Client) -> None:
    row = ShipmentMethodMapping.objects.create(pressero_method="Ground", ship_via=5010)
    versions.note("before", "A row.")
    page = url(ShipmentMethodMapping, "changelist")
    data = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "form-0-ship_via": "5012",
        "form-0-account_number": "", "_save": "Save",
    }  # fmt: skip
    assert boss.post(page, data).status_code == 302
    row.refresh_from_db()
    assert row.ship_via == 5012
    assert ConfigurationVersion.objects.first().actor == "Robin Boss"  # type: ignore[union-attr]


def test_an_import_of_a_spreadsheet_is_a_version_of_its_own(boss: Client) -> None:
    model = ProductMapping
    boss.post(url(model, "add"), ROWS["products"])
    file = SimpleUploadedFile("rows.csv", b"storefront,product,match,item_template\n,New,name,T2\n")
    data = {"import_file": file, "format": "0", "resource": ""}
    preview = boss.post(url(model, "import"), data)
    assert ConfigurationVersion.objects.count() == 2
    boss.post(url(model, "process_import"), preview.context["confirm_form"].initial)
    assert ConfigurationVersion.objects.count() == 3
    assert ConfigurationVersion.objects.first().summary == "Product row “New, name, all storefronts” added."  # type: ignore[union-attr]


@EACH_SECTION
def test_a_setting_that_is_changed(boss: Client, model: type[Model]) -> None:
    row = model._default_manager.first()
    if row is None:
        pytest.skip("no row of this kind is part of a small configuration")
    page = url(model, "change", row.pk)
    answer = boss.post(page, as_posted(boss, page) | {"name": "Renamed"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert "name" in the_new_version().summary or "added" in the_new_version().summary


@EACH_SECTION
def test_an_entry_that_is_deleted(boss: Client, model: type[Model]) -> None:
    for each in (Storefront, model):
        each._default_manager.all().delete()  # type: ignore[attr-defined]
    row = model._default_manager.create(**_least(model))
    versions.note("before", "Another.")
    boss.post(url(model, "delete", row.pk), {"post": "yes"})
    assert not model._default_manager.exists()
    assert ConfigurationVersion.objects.first().actor == "Robin Boss"  # type: ignore[union-attr]


def _least(model: type[Model]) -> dict[str, Any]:
    if model is Storefront:
        account, server = PresseroAccount.objects.get(), PaceServer.objects.get()
        return {"name": "X", "site_id": "x", "pressero_account": account, "pace_server": server}
    address = (
        {"base_url": "http://127.0.0.1:9/"} if model is PresseroAccount else {"url": "http://127.0.0.1:9"}
    )
    slug = {"slug": "x"} if any(field.name == "slug" for field in model._meta.fields) else {}
    return {"name": "X", **slug, **address}


def test_a_storefront_that_is_switched_off_and_on(boss: Client, storefront: Storefront) -> None:
    boss.post(url(Storefront, "deactivate", storefront.pk))
    assert the_new_version().summary == "Storefront “North” changed: active."
    boss.post(url(Storefront, "activate", storefront.pk), {"when": "all", "mode": "shadow", "activate": ""})
    assert the_new_version().summary == "Storefront “North” changed: mode."


def test_a_configuration_file_is_a_version_of_its_own_that_says_so(boss: Client) -> None:
    data = export_configuration()
    data["storefronts"][0]["default_ship_days"] = 9
    page = reverse("hub-configuration")
    file = SimpleUploadedFile("hub.json", json.dumps(data).encode())
    preview = boss.post(page, {"do": "upload", "file": file})
    assert ConfigurationVersion.objects.count() == 1
    boss.post(page, {"do": "import", "upload": preview.context["upload"]})
    assert the_new_version().summary == "Imported a configuration file."


def test_a_request_that_changes_no_setting_leaves_no_version(
    boss: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    boss.post(reverse("hub-configuration"), {"do": "download"})
    assert ConfigurationVersion.objects.count() == 1
