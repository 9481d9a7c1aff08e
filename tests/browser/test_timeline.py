"""An order's timeline and previews read as a story: numbered attempts with their result, whole sentences, no promise."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from integrations.core.audit import log as audit
from integrations.models import ItemStage, Order, Storefront
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.browser.conftest import OpenPortal, Portal
from tests.browser.test_order_page import page_of, place
from tests.conftest import Hub
from tests.factories import make_order

pytestmark = pytest.mark.browser
# What a sentence glued from fragments gives itself away by.
GLUED = re.compile(
    r"\b1 (items|orders|jobs|files|parts|entries)\b|\bjob unit\b|\bNone\b|[{}]|\s{2,}|\.\.", re.I
)


@pytest.fixture
def portal(open_portal: OpenPortal, superuser: object) -> Portal:
    portal = open_portal()
    portal.log_in()
    return portal


def sentences(page: Page) -> list[str]:
    page.get_by_label("Show API calls").check()
    page.get_by_role("button", name="Open all").click()
    return page.locator("#hub-timeline .hub-sentence, #hub-timeline .hub-result").all_inner_texts()


def test_an_order_that_was_sent_is_told_in_whole_sentences(hub_for_threads: Hub, portal: Portal) -> None:
    order = place(hub_for_threads)
    runner.process(order.pk)
    told = sentences(portal.open(page_of(order)))
    assert any(text.startswith("Writing the job “") for text in told)
    assert [text for text in told if GLUED.search(text)] == []


def test_an_attempt_that_stopped_does_not_say_that_the_order_is_sent(
    hub_for_threads: Hub, portal: Portal
) -> None:
    order = place(hub_for_threads, "Overnight")
    runner.process(order.pk)
    told = " ".join(sentences(portal.open(page_of(order))))
    assert "has no Pace ship via" in told
    assert not re.search(r"Order \d+ is sent|is sent with", told)


def test_a_preview_says_which_approval_it_only_assumes(hub_for_threads: Hub, portal: Portal) -> None:
    Storefront.objects.update(wait_for_approval=True)
    item = ItemDraft("Poster 18x24", price="54.00", method="Ground", needs_approval=True)
    order = hub_for_threads.process(OrderDraft("Example CU Store", "avery@example.com", [item]))
    page = portal.open(reverse("admin:integrations_order_preview", args=[order.pk]))
    expect(page.get_by_text("The preview treats it as approved.")).to_be_visible()
    expect(page.get_by_text("is sent with")).to_have_count(0)


def test_a_preview_of_a_number_that_pressero_does_not_have_promises_no_second_try(
    hub_for_threads: Hub, portal: Portal
) -> None:
    storefront = Storefront.objects.get(name="Example CU Store")
    page = portal.open(
        f"{reverse('admin:integrations_order_preview_by_number')}?storefront={storefront.pk}&number=99999"
    )
    alert = page.locator(".hub-alert")
    expect(alert).to_contain_text("99999")
    text = alert.inner_text()
    assert not re.search(r"automatically|by itself|[Tt]ry again|retr", text), text


def test_attempts_are_numbered_headed_by_their_result_and_folded_when_they_ended_alike(
    portal: Portal,
) -> None:
    order = make_order(status="submitted", submitted_at=timezone.now())
    for number, (ending, data) in enumerate(
        [("order.stopped", {"message": "No template."})] * 3 + [("order.submitted", {"jobs": "10013"})]
    ):
        audit.record("order.claimed", {"attempt": 1}, order=order, correlation=f"a{number}")
        if ending == "order.submitted":
            told = {"job": "10013", "item": 1}
            audit.record("item.job_number_told", told, order=order, correlation=f"a{number}")
        audit.record(ending, data, order=order, correlation=f"a{number}")
    page = portal.open(page_of(order))
    shown = page.locator("#hub-timeline > details.hub-try > summary")
    expect(shown).to_have_count(2)
    expect(shown.first).to_contain_text("All jobs are in Pace: 10013")
    expect(shown.first).to_contain_text("Attempt 4")
    expect(shown.last).to_contain_text("No template.")
    expect(shown.last).to_contain_text("Attempt 3")
    expect(page.locator("#hub-timeline").get_by_text("Update to Pressero")).to_have_count(0)
    older = page.locator(".hub-alike")
    expect(older.get_by_text("Attempt 1 ·")).to_be_hidden()
    older.get_by_text("Attempts 1 to 2 ended the same way").click()
    expect(older.get_by_text("Attempt 1 ·")).to_be_visible()


def test_a_stage_that_was_moved_in_pressero_is_said_above_the_order_with_what_to_do(portal: Portal) -> None:
    order = make_order(items=1, status="submitted", submitted_at=timezone.now())
    ItemStage.objects.create(
        item=order.items.get(),
        sent_stage="shipped",
        sent_name="Shipped",
        seen_stage="press",
        seen_name="On Press",
    )
    page = portal.open(page_of(order))
    expect(
        page.get_by_text("Item 1 is in stage “On Press” in Pressero, and was set to “Shipped”.")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Resend to Pressero")).to_be_visible()


def test_addresses_are_written_the_american_way(hub_for_threads: Hub, portal: Portal) -> None:
    order = place(hub_for_threads)
    runner.process(order.pk)
    order = Order.objects.get(pk=order.pk)
    american = re.compile(r"[A-Z][a-z]+, [A-Z]{2} \d{5}")
    for tab in ("items", "shipments"):
        text = portal.open(page_of(order, tab)).locator("#content").inner_text()
        assert american.search(text), (tab, text)
        assert not re.search(r"\d{5},? [A-Z][a-z]+", text), tab
