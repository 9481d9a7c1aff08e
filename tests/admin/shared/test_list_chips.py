"""What a list is narrowed by, as chips above it."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from automationhub.lib.list_chips import Chip
from mappings.changes import MappingChange
from mappings.models import ProductMapping
from tests.factories import make_order, make_storefront, make_user

pytestmark = pytest.mark.django_db

ORDERS = reverse("admin:integrations_order_changelist")


def chips(client: Client, address: str) -> list[Chip]:
    answer = client.get(address)
    assert answer.status_code == 200
    found: list[Chip] = answer.context["cl"].chips
    assert all(f'href="{chip.url}"' in unescape(answer.content.decode()) for chip in found)
    return found


def shown(client: Client, query: str) -> list[str]:
    return [str(chip) for chip in chips(client, f"{ORDERS}?{query}")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("o=-1&p=1", []),
        ("status__exact=needs_attention", ["Status: Needs attention"]),
        ("act=config", ["Action needed by: Staff: fix a mapping, a setting or a login"]),
        ("ship=late", ["Ship by: Late"]),
        ("changed=open", ["Changes after submission: Changed, not handled yet"]),
        (
            "received_at_from=2026-01-02&received_at_to=2026-01-05",
            ["Received at: Fri, Jan 2, 2026 to Mon, Jan 5, 2026"],
        ),
        ("received_at_from=2026-01-02&received_at_to=", ["Received at: from Fri, Jan 2, 2026"]),
        ("received_at_to=2026-01-05", ["Received at: until Mon, Jan 5, 2026"]),
        ("cause_kind__exact=item_template", ["Cause: Item template not in Pace"]),
        ("cause_subject__exact=X", ["What it is about: X"]),
        ("q=riverside+press", ["Search: riverside press"]),
        ("status__exact=&act=&q=", []),
    ],
)
def test_each_filter_that_is_set_is_named_in_the_words_of_its_menu(
    viewer: Client, query: str, expected: list[str]
) -> None:
    assert shown(viewer, query) == expected


def test_a_storefront_and_a_person_are_named(viewer: Client) -> None:
    storefront = make_storefront(name="Riverside")
    make_order(storefront=storefront)
    person = make_user("kim", "triage_order", first_name="Kim", last_name="Lee")
    query = f"storefront__id__exact={storefront.pk}&assignee={person.pk}"
    assert shown(viewer, query) == ["Assignee: Kim Lee", "Storefront: Riverside"]


def test_a_chip_leads_to_the_list_without_its_filter_alone(viewer: Client) -> None:
    query = "status__exact=needs_attention&received_at_from=2026-01-02&received_at_to=2026-01-05&q=x&o=-1&p=1"
    urls = {chip.label: chip.url for chip in chips(viewer, f"{ORDERS}?{query}")}
    assert urls == {
        "Status": "?received_at_from=2026-01-02&received_at_to=2026-01-05&q=x&o=-1",
        "Received at": "?status__exact=needs_attention&q=x&o=-1",
        "Search": "?status__exact=needs_attention&received_at_from=2026-01-02&received_at_to=2026-01-05&o=-1",
    }


def test_lists_of_mappings_and_calls_have_them_too(boss: Client) -> None:
    storefront = make_storefront(name="Riverside")
    ProductMapping.objects.create(product="Poster", match="name", item_template="P", storefront=storefront)
    mappings = reverse("admin:mappings_productmapping_changelist")
    assert [str(chip) for chip in chips(boss, f"{mappings}?q=post")] == ["Search: post"]
    calls = reverse("admin:integrations_outgoingcall_changelist")
    assert [str(chip) for chip in chips(boss, f"{calls}?outcome__exact=silent")] == ["Outcome: No answer"]


def test_what_somebody_typed_is_escaped(viewer: Client) -> None:
    html = viewer.get(ORDERS, {"q": "<b>x</b>"}).content.decode()
    assert "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_a_filter_without_words_of_its_own_shows_the_value_as_it_is(boss: Client) -> None:
    """Such a filter offers what the rows hold."""
    MappingChange.objects.create(model="ProductMapping", row_id=1, row="Poster", what="added", way="page")
    changes = reverse("admin:mappings_mappingchange_changelist")
    assert [str(chip) for chip in chips(boss, f"{changes}?model=ProductMapping")] == ["Model: ProductMapping"]
