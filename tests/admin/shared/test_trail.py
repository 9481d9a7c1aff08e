"""A page is called what the menu calls it: in its heading, in the browser's title, below its list."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from integrations.admin.shared.navigation import GROUPS, SidebarEntry
from tests.factories import make_order

pytestmark = pytest.mark.django_db

LISTS = [entry for entries in GROUPS.values() for entry in entries if isinstance(entry, SidebarEntry)]


def crumbs(html: str) -> list[str]:
    return [found.strip() for found in re.findall(r'class="hub-crumb"[^>]*>([^<]+)<', html)]


@pytest.mark.parametrize("entry", LISTS, ids=lambda entry: entry.model)
def test_a_list_has_the_name_of_the_menu_in_its_heading_and_in_the_browsers_title(
    boss: Client, entry: SidebarEntry
) -> None:
    html = boss.get(reverse(f"admin:{entry.app_label}_{entry.model}_changelist")).content.decode()
    assert crumbs(html)[-1] == entry.title
    assert f"{entry.title} | Automation Hub</title>" in " ".join(html.split())


def test_the_page_of_a_row_leads_back_to_its_list_and_names_the_row_once(boss: Client) -> None:
    order = make_order()
    html = boss.get(reverse("admin:integrations_order_change", args=[order.pk])).content.decode()
    assert crumbs(html) == ["Orders", f"Order {order.number}"]
    assert f"<title> Order {order.number} | Automation Hub</title>" in " ".join(html.split())


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mapping-coverage", ["Mappings", "Coverage"]), ("hub-holidays", ["Mappings", "Holiday calendar"])],
)
def test_a_page_of_the_menu_that_is_no_list_has_its_name_too(
    boss: Client, name: str, expected: list[str]
) -> None:
    assert crumbs(boss.get(reverse(name)).content.decode()) == expected


def test_an_empty_list_says_in_the_words_of_the_menu_what_there_is_none_of(boss: Client) -> None:
    html = boss.get(reverse("admin:axes_accessattempt_changelist")).content.decode()
    assert "There are no failed logins yet" in html
    assert "access attempt" not in html
