"""A spreadsheet of mappings in a browser: labels as headers, lines and reasons in words, counts, and Cancel."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from mappings.models import ShipmentMethodMapping
from tests.browser.conftest import OpenPortal

pytestmark = pytest.mark.browser
IMPORT = reverse("admin:mappings_shipmentmethodmapping_import")


@pytest.fixture
def page(open_portal: OpenPortal, superuser: object) -> Page:
    ShipmentMethodMapping.objects.create(pressero_method="Ground", ship_via=5010)
    portal = open_portal()
    portal.log_in()
    return portal.open(IMPORT)


def upload(page: Page, tmp_path: Path, text: str) -> None:
    file = tmp_path / "methods.csv"
    file.write_text(text)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Preview").click()


def test_the_labels_of_the_portal_are_headers_and_the_preview_counts_rows_by_line(
    page: Page, tmp_path: Path
) -> None:
    upload(
        page,
        tmp_path,
        "Storefront,Pressero method,Ship via,Account number\n,Ground,5012,\n,Overnight,5013,\n",
    )
    expect(page.get_by_text("1 new row, 1 changed, 0 unchanged. Nothing is imported yet.")).to_be_visible()
    changed = page.locator(".hub-import-rows tr", has_text="Ground")
    assert changed.locator("td").first.inner_text() == "2"
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"**{reverse('admin:mappings_shipmentmethodmapping_changelist')}")
    assert ShipmentMethodMapping.objects.get().ship_via == 5010


def test_what_is_wrong_with_a_file_is_said_by_line_in_words(page: Page, tmp_path: Path) -> None:
    upload(page, tmp_path, "storefront,pressero_method,ship_via\n,Ground,5012\n,Overnight,ups\n")
    problems = page.get_by_role("alert")
    expect(problems).to_contain_text("The file has 1 problem.")
    line = problems.locator("tbody tr")
    assert line.locator("td").first.inner_text() == "3"
    expect(line).to_contain_text("is not a whole number")
    expect(problems).not_to_contain_text("Error:")
    expect(page.get_by_role("link", name="Cancel")).to_be_visible()
