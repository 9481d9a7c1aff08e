"""Changing the configuration in a real browser: rehearse a row and an import, look at the version, go back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations.models import ConfigurationVersion
from integrations.operations.setup import reference, versions
from mappings.models import ShipmentMethodMapping
from tests.browser.conftest import OpenPortal, Portal
from tests.conftest import Hub
from tests.operations.setup.test_rehearsal import place

pytestmark = pytest.mark.browser
ONE_CHANGES = (
    "Of the last order, 1 would be planned differently, 0 would stop, 0 that stopped would go through."
)


@pytest.fixture
def portal(open_portal: OpenPortal, hub_for_threads: Hub) -> Portal:
    reference.refresh_all()
    versions.note("before")
    place(hub_for_threads)
    portal = open_portal()
    portal.log_in()
    return portal


def test_a_row_is_rehearsed_before_it_is_saved(portal: Portal) -> None:
    row = ShipmentMethodMapping.objects.get(pressero_method="Ground")
    page = portal.open(reverse("admin:mappings_shipmentmethodmapping_change", args=[row.pk]))
    page.locator("#id_ship_via").fill("5012")
    page.get_by_role("button", name="Rehearse").click()
    result = page.get_by_role("status").filter(has_text="planned differently")
    expect(result).to_contain_text(ONE_CHANGES)
    expect(page.get_by_text("shipment shipVia")).to_be_visible()
    row.refresh_from_db()
    assert row.ship_via == 5010
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    assert ConfigurationVersion.objects.count() == 2


def test_an_import_is_rehearsed_then_imported(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "methods.csv"
    file.write_text("storefront,pressero_method,ship_via,account_number\n,Ground,5012,\n")
    page = portal.open(reverse("admin:mappings_shipmentmethodmapping_import"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_text(ONE_CHANGES)).to_be_visible()
    page.get_by_role("button", name="Import 1 row").click()
    page.get_by_text("Import finished").wait_for()
    assert ShipmentMethodMapping.objects.get(pressero_method="Ground").ship_via == 5012


def test_a_version_is_read_and_gone_back_to(portal: Portal) -> None:
    ShipmentMethodMapping.objects.filter(pressero_method="Ground").update(ship_via=5012)
    versions.note("sam")
    page = portal.open(reverse("admin:integrations_configurationversion_changelist"))
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", name="What is different today")).to_be_visible()
    expect(page.get_by_role("insertion").filter(has_text="5012").last).to_be_visible()
    page.get_by_role("link", name="Roll back to version 1").click()
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_text(ONE_CHANGES)).to_be_visible()
    page.get_by_role("button", name="Roll back").click()
    page.get_by_text("The configuration is what it was at version 1.").wait_for()
    assert ShipmentMethodMapping.objects.get(pressero_method="Ground").ship_via == 5010
