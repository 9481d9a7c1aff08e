"""Pages of the set-up say only what is known: the check list before codes were read, last runs, a test that failed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule
from playwright.sync_api import expect

from tests.browser.conftest import OpenPortal, Portal
from tests.factories import make_server, make_storefront

pytestmark = pytest.mark.browser


@pytest.fixture
def portal(open_portal: OpenPortal, superuser: object) -> Portal:
    portal = open_portal()
    portal.log_in()
    return portal


def test_the_check_list_says_that_codes_were_not_read_instead_of_counting_none(portal: Portal) -> None:
    page = portal.open(reverse("admin:integrations_storefront_change", args=[make_storefront().pk]))
    steps = page.locator(".hub-checklist")
    step = steps.locator("li", has_text="Every shipping method has a ship via")
    expect(step).to_contain_text("Not known before the codes of Pressero are read.")
    expect(steps.get_by_text("0 without one")).to_have_count(0)
    assert "hub-done" not in (step.get_attribute("class") or "")


def test_scheduled_work_shows_its_last_run_when_it_went_well(portal: Portal) -> None:
    Schedule.objects.all().delete()
    next_run = timezone.now().replace(microsecond=0) + timedelta(minutes=3)
    Schedule.objects.create(
        name="Sync", func="integrations.tasks.sync_statuses", schedule_type=Schedule.MINUTES, minutes=5,
        next_run=next_run, task="gone",
    )  # fmt: skip
    page = portal.open(reverse("admin:django_q_schedule_changelist"))
    headings = [text.strip() for text in page.locator("#result_list thead th").all_inner_texts()]
    cell = page.locator("#result_list tbody tr td, #result_list tbody tr th").nth(headings.index("Last run"))
    expect(cell.locator("time")).to_be_visible()


def test_a_connection_test_that_failed_promises_no_retry(portal: Portal) -> None:
    server = make_server(url="http://127.0.0.1:9")
    page = portal.open(reverse("admin:integrations_paceserver_change", args=[server.pk]))
    page.get_by_role("link", name="Test connection").click()
    result = page.get_by_role("status").filter(has_text="127.0.0.1")
    expect(result.first).to_be_visible()
    text = result.first.inner_text()
    assert not re.search(r"automatically|by itself|retr", text), text
