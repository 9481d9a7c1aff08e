"""A list becomes a file: the button, the progress, the download."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from integrations.models import Export
from integrations.operations import exports
from tests.browser.conftest import OpenPortal
from tests.factories import make_order

pytestmark = pytest.mark.browser


def test_a_list_is_exported_while_somebody_watches(
    open_portal: OpenPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 2)
    for number in range(101, 106):
        make_order(number=number, status="completed")
    make_order(number=200, status="on_hold")
    portal = open_portal()
    portal.log_in()
    page = portal.open("/admin/integrations/order/?status__exact=completed")
    page.get_by_role("button", name="Export as CSV").click()
    expect(page.get_by_text("0 of ? rows are written")).to_be_visible()
    expect(page.get_by_role("link", name="Download the CSV file")).to_be_hidden()
    export = Export.objects.get()
    exports.write(str(export.pk), budget=0)
    expect(page.get_by_text("2 of 5 rows are written")).to_be_visible()
    exports.write(str(export.pk), budget=60)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the CSV file").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()] == ["order", "105", "104", "103", "102", "101"]
    assert download.value.suggested_filename.startswith("orders-")
