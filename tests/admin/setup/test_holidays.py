"""The page of a storefront's holiday calendar."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Storefront
from mappings.models import Holiday
from tests.factories import VIEWER, make_storefront, make_user

pytestmark = pytest.mark.django_db
NOT_SKIPPED = "Holidays are not skipped for this storefront."


def page_of(storefront: Storefront, query: str = "") -> str:
    return reverse("hub-holidays-of", args=[storefront.pk]) + query


def test_a_storefront_that_skips_no_holidays_says_so(boss: Client) -> None:
    assert NOT_SKIPPED in boss.get(page_of(make_storefront(skip_holidays=False))).text
    assert NOT_SKIPPED not in boss.get(page_of(make_storefront(skip_holidays=True))).text


def test_the_choice_says_where_holidays_are_not_skipped(boss: Client) -> None:
    make_storefront(skip_holidays=False)
    make_storefront(skip_holidays=True)
    text = boss.get(reverse("hub-holidays")).text
    assert (text.count("Holidays are not skipped"), text.count("Holidays are skipped")) == (1, 1)


def test_a_range_is_added_and_a_day_of_it_can_be_removed(boss: Client) -> None:
    storefront, year = make_storefront(), timezone.localdate().year
    days = {"first": f"{year}-07-06", "last": f"{year}-07-08", "name": "Inventory", "scope": "own"}
    boss.post(page_of(storefront), {**days, "do": "add"})
    boss.post(page_of(storefront), {"first": f"{year}-07-07", "scope": "own", "do": "remove"})
    assert [day.day for day in Holiday.objects.order_by("date").values_list("date", flat=True)] == [6, 8]


def test_own_days_without_a_name_are_asked_for_one(boss: Client) -> None:
    days = {"first": f"{timezone.localdate().year}-07-06", "scope": "own", "do": "add"}
    assert "Enter a name." in boss.post(page_of(make_storefront()), days).text
    assert not Holiday.objects.exists()


@pytest.mark.parametrize("do", ["add", "remove", "remove_rows"])
def test_who_may_only_look_changes_nothing(client: Client, do: str) -> None:
    storefront = make_storefront()
    row = Holiday.objects.create(storefront=storefront, date="2026-12-29", name="Inventory")
    client.force_login(make_user("viewer", *VIEWER))
    assert "Add days off" not in client.get(page_of(storefront)).text
    sent = {"do": do, "first": "2026-12-29", "name": "x", "scope": "own", "rows": str(row.pk)}
    assert client.post(page_of(storefront), sent).status_code == 403
    assert Holiday.objects.count() == 1


def test_a_date_that_is_none_is_asked_again(boss: Client) -> None:
    assert "Enter a valid date." in boss.get(page_of(make_storefront(), "?requested=tomorrow")).text


def test_a_holiday_of_a_storefront_that_skips_none_is_saved_with_a_warning(boss: Client) -> None:
    storefront = make_storefront(name="Sample Store")
    data = {"storefront": storefront.pk, "date": "2026-12-29", "name": "Inventory"}
    answer = boss.post(reverse("admin:mappings_holiday_add"), data, follow=True)
    assert "Sample Store does not skip holidays" in answer.text
