"""What somebody who keeps the mappings does, in a real browser: rows with drop-downs, a file with an error, the coverage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations.models import Storefront
from integrations.operations.setup import reference
from mappings.models import (
    Holiday,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
)
from tests.browser.conftest import OpenPortal, Portal
from tests.browser.sweep import too_wide_anywhere
from tests.conftest import Hub

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def portal(open_portal: OpenPortal, hub_for_threads: Hub) -> Portal:
    reference.refresh_all()
    portal = open_portal()
    portal.log_in()
    return portal


def choose(page: Page, field: str, typed: str, offered: str) -> None:
    """Type some letters and take what is offered."""
    page.locator(f"#id_{field}").click()
    page.locator(f"#id_{field}").press_sequentially(typed)
    page.get_by_role("option", name=offered).first.click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()


def add(portal: Portal, name: str, **filled: object) -> Page:
    storefront = Storefront.objects.get(name="Example CU Store")
    query = "&".join(f"{key}={value}" for key, value in {"storefront": storefront.pk, **filled}.items())
    return portal.open(f"{reverse(f'admin:mappings_{name}_add')}?{query}")


def test_a_product_row(portal: Portal) -> None:
    page = add(portal, "productmapping")
    page.locator("#id_match").select_option("part_number", force=True)
    choose(page, "product", "business", "BC14")
    choose(page, "item_template", "cards", "BC-4/4-14PT")
    page.locator(".hub-choice-name", has_text="Business cards, 4/4, 14 pt").wait_for()
    save(page)
    row = ProductMapping.objects.latest("pk")
    assert (row.product, row.match, row.item_template) == ("BC14", "part_number", "BC-4/4-14PT")


def test_a_shipment_method_row_with_the_keyboard_alone(portal: Portal) -> None:
    page = add(portal, "shipmentmethodmapping")
    choose(page, "pressero_method", "over", "Overnight")
    box = page.locator("#id_ship_via")
    box.focus()
    box.press_sequentially("ups next")
    # Nothing but the one, so neither what was offered before the letters nor a list that is still to come.
    expect(page.get_by_role("option")).to_have_text([re.compile("5013")])
    box.press("ArrowDown")
    box.press("Enter")
    assert box.input_value() == "5013"
    save(page)
    row = ShipmentMethodMapping.objects.latest("pk")
    assert (row.pressero_method, row.ship_via) == ("Overnight", 5013)


def test_a_shipment_address_row(portal: Portal) -> None:
    page = add(portal, "shipmentaddressmapping", city="Ames")
    choose(page, "ship_via", "fedex", "5010")
    save(page)
    row = ShipmentAddressMapping.objects.latest("pk")
    assert (row.city, row.ship_via) == ("Ames", 5010)


def test_a_status_row_offers_the_stages_of_its_workflow(portal: Portal) -> None:
    page = add(portal, "statusmapping")
    page.locator("#id_level").select_option("job", force=True)
    choose(page, "pace_status", "shipp", "S Shipping")
    choose(page, "workflow", "direct", "Direct Mail")
    page.locator("#id_pressero_stage").click()
    page.get_by_role("option", name="Mailing").wait_for()
    assert page.get_by_role("option", name="Bindery").count() == 0
    page.get_by_role("option", name="Mailing").click()
    save(page)
    assert StatusMapping.objects.get().pace_status == "S"


def test_a_holiday(portal: Portal) -> None:
    page = add(portal, "holiday")
    page.locator("#id_date").fill("2026-12-24")
    page.locator("#id_name").fill("Inventory")
    save(page)
    assert Holiday.objects.filter(name="Inventory").exists()


def test_a_code_that_no_list_has_can_be_typed_and_is_warned_of(portal: Portal) -> None:
    page = add(portal, "shipmentmethodmapping", pressero_method="Overnight")
    page.locator("#id_ship_via").fill("5019")
    page.locator("#id_account_number").click()
    page.get_by_text("not in the list").wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved with a warning: Unknown ship via 5019").wait_for()


def test_a_file_with_an_error_is_mended_and_imported(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "methods.csv"
    head = "storefront,pressero_method,ship_via,account_number\n"
    url = reverse("admin:mappings_shipmentmethodmapping_import")

    def upload(rows: str) -> Page:
        file.write_text(head + rows)
        page = portal.open(url)
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Preview").click()
        return page

    page = upload(",Ground,5012,\n,Overnight,ups,\n")
    page.get_by_text("is not a whole number").first.wait_for()
    assert page.get_by_role("button", name="Import 2 rows").count() == 0
    page = upload(",Ground,5012,\n,Overnight,5013,\n")
    changed = page.locator("tr", has_text="Ground")
    assert changed.locator("del").inner_text() == "5010"
    assert changed.locator("ins").inner_text() == "5012"
    page.get_by_role("button", name="Import 2 rows").click()
    page.get_by_text("1 new row, 1 changed").wait_for()
    assert ShipmentMethodMapping.objects.get(pressero_method="Ground").ship_via == 5012


def test_from_the_coverage_to_a_new_row_and_back_to_nothing_missing(portal: Portal) -> None:
    storefront = Storefront.objects.get(name="Example CU Store")
    page = portal.open(reverse("mapping-coverage-of", args=[storefront.pk]))
    page.locator("#shipment_methods tr", has_text="Overnight").get_by_role("link", name="Add a row").click()
    choose(page, "ship_via", "next day", "5013")
    save(page)
    page = portal.open(reverse("mapping-coverage-of", args=[storefront.pk]))
    page.get_by_text("Nothing to do: all 4 are mapped.").wait_for()


def test_the_pages_of_the_desk_fit_and_complain_of_nothing(
    open_portal: OpenPortal, hub_for_threads: Hub
) -> None:
    reference.refresh_all()
    storefront = hub_for_threads.storefront()
    portal = open_portal(dark=True)
    portal.log_in()
    for path in (
        reverse("mapping-coverage"),
        reverse("mapping-coverage-of", args=[storefront.pk]) + "?show=all",
        reverse("mapping-trial") + f"?storefront={storefront.pk}&method_name=Ground",
        reverse("hub-configuration"),
        reverse("admin:integrations_storefront_change", args=[storefront.pk]),
        reverse("admin:integrations_paceserver_change", args=[storefront.pace_server_id]),
        reverse("admin:integrations_referenceentry_changelist"),
        reverse("admin:mappings_mappingchange_changelist"),
        reverse("admin:mappings_shipmentmethodmapping_changelist"),
    ):
        assert too_wide_anywhere(portal.open(path)) == [], path
