"""Writing a field rule in a real browser: placeholders with the values of an order, and the result while typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations.operations.setup import reference
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import FieldRule
from tests.browser.conftest import OpenPortal, Portal
from tests.conftest import Hub

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_portal: OpenPortal, hub_for_threads: Hub) -> Page:
    FieldRule.objects.all().delete()
    hub_for_threads.process(
        OrderDraft(
            "Example CU Store", "avery@example.com",
            [ItemDraft("Business Card", quantity=2, price="10.00", method="Ground", form_fields={"Cost center": "4410"})],
        )
    )  # fmt: skip
    reference.refresh_all()
    portal: Portal = open_portal()
    portal.log_in()
    return portal.open(reverse("admin:mappings_fieldrule_add"))


def choose_field(page: Page, object_: str, typed: str, offered: str) -> None:
    page.locator("#id_object").select_option(object_, force=True)
    page.locator("#id_pace_field").click()
    page.locator("#id_pace_field").press_sequentially(typed)
    page.get_by_role("option", name=offered).first.click()


def test_a_rule_is_written_from_a_placeholder_and_shows_its_result(page: Page) -> None:
    choose_field(page, "job", "ponum", "poNum")
    page.get_by_label("Find a placeholder").fill("cost center")
    page.get_by_role("button", name='item.form["Cost center"]').click()
    expect(page.locator("#id_value")).to_have_value('{{ item.form["Cost center"] }}')
    expect(page.locator(".hub-rule-value")).to_have_text("4410")
    expect(page.locator(".hub-rule-count")).to_have_text("This rule applies to 1 of the last 1 orders.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
    assert FieldRule.objects.get().value == '{{ item.form["Cost center"] }}'


def test_a_fault_is_named_while_it_is_typed(page: Page) -> None:
    choose_field(page, "job", "ponum", "poNum")
    page.locator("#id_value").fill("{{ order.number | uppcase }}")
    expect(page.locator(".hub-rule-error")).to_contain_text(
        "Line 1, column 19: There is no filter “uppcase”."
    )
    page.locator("#id_value").fill("{{ order.number }}")
    expect(page.locator(".hub-rule-error")).to_have_count(0)


def test_a_rule_that_never_matched_says_so(page: Page) -> None:
    choose_field(page, "job", "ponum", "poNum")
    page.locator("#id_when").fill('buyer.department == "Nowhere"')
    page.locator("#id_value").fill("x")
    expect(page.locator(".hub-rule-sentence")).to_contain_text("The condition does not hold")
    expect(page.locator(".hub-rule-count")).to_contain_text("never matched")


def test_fields_that_something_writes_already_say_what(page: Page) -> None:
    page.locator("#id_object").select_option("job", force=True)
    page.locator("#id_pace_field").click()
    page.locator("#id_pace_field").press_sequentially("ponum")
    expect(page.get_by_role("option", name="poNum")).to_contain_text("the storefront's default_po_number")
