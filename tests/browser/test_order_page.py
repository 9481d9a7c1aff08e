"""The desk as its people use it: first login, home, an order's whole page, the inbox; readable for everybody (axe-core).

axe-core comes with the package axe-playwright-python (MIT; axe-core itself is MPL 2.0): nothing is loaded from elsewhere.
"""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from integrations.core.audit import log as audit
from integrations.models import BulkRetry, CauseCase, Order, OrderChange, PaceJob, PaceSnapshot
from integrations.operations import bulk_retry, pace_snapshot, people
from integrations.operations.setup import reference
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.admin.pages import ORDER_TABS, make_world
from tests.browser.conftest import OpenPortal
from tests.browser.sweep import axe, in_every_way
from tests.conftest import Hub
from tests.factories import OPERATOR, make_order, make_storefront, make_user

pytestmark = pytest.mark.browser
CAUSE = "shipment_method:overnight"
# One table of a Pace snapshot, with a row of each kind.
HELD = {
    "title": "Job 10001",
    "missing": False,
    "rows": [
        {"field": "poNum", "sent": "1", "held": "2", "same": False},
        {"field": "shipVia", "sent": "1", "held": "1", "same": True},
        {"field": "adminStatus", "sent": "", "held": "O", "same": None},
    ],
}


def page_of(order: Order, tab: str = "") -> str:
    url = reverse("admin:integrations_order_change", args=[order.pk])
    return f"{url}?tab={tab}" if tab else url


def place(hub: Hub, method: str = "Ground") -> Order:
    item = ItemDraft(
        "Poster 18x24", quantity=3, price="54.00", shipping="8.75", method=method, files=["poster.pdf"]
    )
    return hub.take_in(OrderDraft("Example CU Store", "avery@example.com", [item]))


# --- first login and home ---


def test_the_first_login_leads_to_the_set_up(open_portal: OpenPortal) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.get_by_text("Before orders can arrive, set up:").wait_for()
    page.get_by_role("link", name="Add the Pressero account that orders come from").click()
    page.get_by_role("button", name="Save", exact=True).wait_for()


def test_a_number_of_the_first_page_leads_to_its_orders(open_portal: OpenPortal) -> None:
    order = make_order(
        status="needs_attention", cause=CAUSE, failure_mode="config", message="No ship via for it."
    )
    make_order(status="submitted")
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.locator(".hub-week tr", has_text="Needs attention").get_by_role("link").first.click()
    page.get_by_role("link", name=str(order.number)).wait_for()
    assert page.locator("#result_list tbody tr").count() == 1
    portal.open("/admin/")
    page.get_by_text("As a table").first.click()
    assert page.locator(".hub-chart-table[open] tbody tr").count() == 24


# --- the page of an order ---


def test_an_order_is_followed_live_and_its_whole_page_can_be_read(
    hub_for_threads: Hub, open_portal: OpenPortal
) -> None:
    order = place(hub_for_threads)
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(order))
    page.get_by_text("In a moment.").wait_for()
    runner.process(order.pk)
    page.locator(".hub-order-title").get_by_text("Submitted").wait_for()  # by itself
    page.locator(".hub-sentence", has_text="All jobs are in Pace").first.wait_for()

    assert page.locator(".hub-line", has_text="create a Job").first.is_hidden()
    page.get_by_label("Show API calls").check()
    page.locator(".hub-line", has_text="create a Job").first.wait_for()
    page.reload()
    page.locator(".hub-line", has_text="create a Job").first.wait_for()  # this browser remembers it

    page.get_by_role("link", name="Calls only").click()
    call = page.locator(".hub-line", has_text="create a Job").first
    call.locator("summary").click()
    assert '"description"' in call.inner_text()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    call.get_by_role("button", name="Copy as curl").click()
    call.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl -X POST")
    assert "$PACE_PASSWORD" in copied
    assert hub_for_threads.pace.password not in copied

    for tab, text in (("Items", "Poster 18x24"), ("Plan", "originalQuotedPrice"), ("Files", "poster.pdf"), ("Shipments", "Planned in Pace"), ("Raw data", "Attempts of workers")):  # fmt: skip
        page.locator(".hub-tabs").get_by_role("link", name=tab).click()
        page.get_by_text(text).first.wait_for()

    page.locator(".hub-tabs").get_by_role("link", name="In Pace").click()
    page.get_by_role("button", name="Read from Pace").click()
    page.get_by_text("A worker is reading it").wait_for()
    pace_snapshot.read(order.pk)
    page.get_by_role("button", name="Read again").wait_for()
    page.locator("tr", has_text="originalQuotedPrice").first.get_by_text("the same").wait_for()
    page.locator(".hub-tabs").get_by_role("link", name="Differences").click()
    page.get_by_text("Pace holds what was sent").wait_for()


def test_a_value_is_changed_for_one_order_and_the_order_goes_through(
    hub_for_threads: Hub, open_portal: OpenPortal
) -> None:
    order = place(hub_for_threads, "Overnight")
    runner.process(order.pk)
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(order))
    page.get_by_role("link", name="Change it for this order only").click()
    page.get_by_label("Ship via").fill("5015")
    page.get_by_role("button", name="Save and retry").click()
    assert page.get_by_label("Why").evaluate("box => !box.checkValidity()")
    page.get_by_label("Why").fill("The customer pays for a courier")
    page.get_by_role("button", name="Save and retry").click()
    page.get_by_text("The order was queued.").wait_for()
    runner.process(order.pk)
    page.locator(".hub-order-title").get_by_text("Submitted").wait_for()
    portal.open(page_of(order, "plan"))
    page.get_by_text("The customer pays for a courier").first.wait_for()
    page.get_by_text("Changed by staff").first.wait_for()


# --- the inbox ---


@pytest.fixture
def causes(superuser: object) -> list[Order]:
    storefront = make_storefront(name="Example CU Store")
    found = [
        make_order(
            storefront=storefront, status="needs_attention", failure_mode="config", cause=CAUSE,
            message=f'Order {number}, item 1: the shipping method "Overnight" has no Pace ship via.',
        )
        for number in range(3)
    ]  # fmt: skip
    make_order(status="needs_attention", failure_mode="order", cause="link:missing", message="No address.")
    return found


def test_all_orders_of_a_cause_are_retried_and_a_toast_follows_them(
    open_portal: OpenPortal, causes: list[Order]
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page.get_by_role("link", name="Needs attention").first.click()
    line = page.locator(".hub-cause", has_text="Overnight")
    line.get_by_role("link", name="Add the missing row").wait_for()
    line.get_by_role("button", name="Retry all 3").click()
    toast = page.locator(".hub-toast")
    toast.get_by_text("Retrying 3 orders: queued.").wait_for()
    toast.get_by_role("link", name="Retrying 3 orders").click()
    bulk_retry.work(BulkRetry.objects.get().pk)
    page.locator("[data-hub-count=sent]", has_text="3").wait_for()
    Order.objects.filter(pk__in=[order.pk for order in causes[:2]]).update(status="submitted", due_at=None)
    page.get_by_text("Retrying 3 orders: 2 submitted.").wait_for()
    Order.objects.filter(pk=causes[2].pk).update(status="needs_attention", due_at=None)
    page.get_by_text("Done: 2 submitted, 1 stopped again.").wait_for()
    shares = [page.locator(f"[data-hub-bar={part}]").get_attribute("width") for part in ("good", "bad")]
    assert shares == ["67", "33"]
    page.get_by_role("link", name="Back to Needs attention").click()
    page.get_by_role("button", name="Retry it").first.wait_for()


def test_a_missing_row_is_added_in_four_clicks_and_its_orders_become_jobs(
    hub_for_threads: Hub, open_portal: OpenPortal
) -> None:
    orders = [place(hub_for_threads, "Overnight") for _ in range(2)]
    for order in orders:
        runner.process(order.pk)
    reference.refresh_all()
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("hub-inbox"))
    page.get_by_role("link", name="Add the missing row").click()
    page.get_by_text("Missing for 2 orders of Example CU Store:").wait_for()
    assert page.get_by_label("Pressero method").input_value() == "Overnight"
    page.get_by_label("Ship via").click()
    page.get_by_role("option", name="UPS Next Day Air").first.click()
    page.get_by_role("button", name="Save and retry 2 orders").click()
    toast = page.locator(".hub-toast")
    toast.get_by_text("Retrying 2 orders").wait_for()
    bulk_retry.work(BulkRetry.objects.get().pk)
    for order in orders:
        runner.process(order.pk)
    toast.get_by_text("Done: 2 submitted.").wait_for()
    jobs = PaceJob.objects.filter(order__in=orders).values_list("number", flat=True)
    for number in jobs:
        toast.get_by_text(f"Job {number}").wait_for()
    page.get_by_role("link", name="Add the missing row").wait_for(
        state="detached"
    )  # the list beside it is up to date
    toast.get_by_role("button", name="Dismiss").click()
    toast.wait_for(state="detached")


def test_an_order_is_assigned_noted_and_the_assignment_undone(
    open_portal: OpenPortal, causes: list[Order]
) -> None:
    lee = make_user("lee", *OPERATOR, first_name="Lee", last_name="Press", email="lee@example.com")
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(causes[0]))
    page.get_by_label("Assignee", exact=True).select_option(label="Lee Press")
    page.get_by_role("button", name="Assign", exact=True).click()
    page.get_by_text("is assigned to Lee Press.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("is unassigned.").wait_for()
    assert people.assignee_of(causes[0]) is None

    page.get_by_text("Add a note", exact=True).click()
    page.get_by_label("Note", exact=True).fill("Please call the buyer")
    page.get_by_role("button", name="@lee").click()
    assert page.get_by_label("Note", exact=True).input_value() == "Please call the buyer @lee "
    page.get_by_role("button", name="Add note").click()
    page.get_by_text("Mailed to Lee Press.").wait_for()
    assert causes[0].alerts.get(kind="mentioned").recipients == [lee.email]


def test_the_menu_of_an_order_works_with_the_keyboard_alone(
    open_portal: OpenPortal, causes: list[Order]
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(page_of(causes[0]))
    page.locator("[data-hub-menu] summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Retry"
    page.keyboard.press("Escape")
    assert page.locator("[data-hub-menu][open]").count() == 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Retry order").first.wait_for()


def test_a_new_stop_shows_as_a_toast_in_the_badge_and_in_the_title(
    open_portal: OpenPortal, causes: list[Order]
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("hub-exports"))
    expect(page).to_have_title(re.compile(r"^\s*\(4\) "))
    order = make_order(status="needs_attention", message="No address.")
    audit.record("order.stopped", {"message": "No address."}, order=order)
    page.evaluate("document.dispatchEvent(new Event('hub:changed'))")
    page.locator(".hub-toast").get_by_role("link", name="No address.").wait_for()
    expect(page).to_have_title(re.compile(r"^\s*\(5\) "))
    page.locator("#nav-sidebar, nav").get_by_text("5", exact=True).first.wait_for()


def test_the_inbox_shows_a_new_cause_without_being_asked(
    open_portal: OpenPortal, causes: list[Order]
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("hub-inbox"))
    expect(page).to_have_title(re.compile(r"^\s*\(4\) "))
    make_order(
        status="needs_attention", cause="order_without_items", failure_mode="order", message="No items."
    )
    page.evaluate("document.dispatchEvent(new Event('hub:changed'))")
    page.get_by_role("heading", name="No items.").wait_for()


def test_a_change_is_corrected_in_pace_verified_and_listed_as_resolved(
    hub_for_threads: Hub, open_portal: OpenPortal
) -> None:
    order = place(hub_for_threads)
    runner.process(order.pk)
    job = PaceJob.objects.get()
    change = OrderChange.objects.create(
        order=order, item=1, field="quantity", before="2", after="3", found_at=timezone.now(),
        pace_job=job.number, pace_value="2", pace_read_at=timezone.now(),
    )  # fmt: skip
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("hub-inbox"))
    page.locator(".hub-strip").get_by_role("link", name="Changes").click()
    page.get_by_role("heading", name=f"Pressero 3, Pace job {job.number} still 2").wait_for()
    page.get_by_role("button", name="Corrected in Pace").click()
    page.get_by_text("Reading Pace to verify the correction.").first.wait_for()
    pace_snapshot.read(order.pk)
    page.reload()
    page.get_by_text("No changes wait").wait_for()
    page.locator(".hub-strip").get_by_role("link", name="Resolved").click()
    page.get_by_text("Pace has the change: Item 1, quantity: 2 → 3.").wait_for()
    change.refresh_from_db()
    assert change.handled_by == "Robin Boss, verified in Pace"


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_order_number_is_in_the_page_and_its_path_at_any_width(
    open_portal: OpenPortal, causes: list[Order], width: int
) -> None:
    portal = open_portal(width=width)
    portal.log_in()
    page = portal.open(page_of(causes[0]))
    number = page.locator("h1").get_by_text(str(causes[0]))
    assert number.evaluate(
        "part => part.scrollWidth <= part.clientWidth + 1 || getComputedStyle(part).overflow === 'visible'"
    )
    box, window = number.bounding_box(), page.viewport_size
    assert box is not None
    assert window is not None
    assert box["x"] + box["width"] <= window["width"]


def test_a_cause_is_taken_commented_and_put_off(open_portal: OpenPortal, causes: list[Order]) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("hub-inbox"))
    line = page.locator(".hub-cause", has_text="Overnight")
    line.get_by_text("Assign, snooze, comment").click()
    line.get_by_role("button", name="Assign to me").click()
    page.get_by_text("Assigned to Robin Boss.").wait_for()
    line.get_by_text("Assign, snooze, comment").click()
    line.get_by_label("Comment").fill("Asked the carrier")
    line.get_by_role("button", name="Add the comment").click()
    page.get_by_text("The note was added.").wait_for()
    line.locator("summary").click()
    line.get_by_text("Asked the carrier").wait_for()
    line.get_by_role("button", name="Snooze").click()
    page.get_by_text("Snoozed. You find it under Snoozed.").wait_for()
    assert page.locator(".hub-cause").count() == 1
    assert CauseCase.objects.get(cause=CAUSE).snoozed_until is not None


# --- for everybody ---


def test_the_keyboard_reaches_the_content_first(open_portal: OpenPortal, causes: list[Order]) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("hub-inbox"))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("link => document.activeElement === link")
    assert skip.evaluate("link => link.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('content').contains(document.activeElement)")


def test_axe_finds_nothing_on_the_pages_of_the_desk(open_portal: OpenPortal, superuser: object) -> None:
    world = make_world()
    world.order.jobs.update(state="done")
    audit.record("call.made", {"system": "Pace", "what": "read", "url": "http://127.0.0.1/x", "method": "GET", "status": 200, "answer": "{}"}, order=world.order, correlation="c1")  # fmt: skip
    PaceSnapshot.objects.create(
        order=world.order, asked_at=timezone.now(), read_at=timezone.now(), held=[HELD]
    )
    run = BulkRetry.objects.create(title="One matter", orders=[world.order.pk], asked_by="Robin")
    order = reverse("admin:integrations_order_change_value", args=[make_order(items=1).pk])
    portal = open_portal()
    portal.log_in()
    pages = [
        reverse("admin:index"),
        reverse("hub-inbox"),
        reverse("hub-changes"),
        reverse("hub-resolved"),
        reverse("hub-retry", args=[run.pk]),
        order,
        f"{order}?key=shipment.shipVia&item=1",
        reverse("admin:integrations_order_changelist"),
        reverse("admin:integrations_order_retry", args=[world.order.pk]),
        *(page_of(world.order, tab) for tab in ORDER_TABS),
    ]
    wrong = [f"{path}: {one}" for path in pages for one in in_every_way(portal.open(path))]
    assert "\n".join(wrong) == ""


def test_a_box_without_codes_to_offer_says_so_beside_its_list(
    open_portal: OpenPortal, superuser: object
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.open(reverse("admin:integrations_order_change_value", args=[make_order(items=1).pk]))
    page.get_by_label("Ship via").first.click()
    note = page.get_by_role("status").and_(page.locator(".hub-choice-note"))
    expect(note).to_be_visible()
    expect(note).not_to_be_empty()
    expect(page.get_by_role("listbox")).to_have_count(0)
    assert axe(page) == []
