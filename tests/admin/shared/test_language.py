"""The portal in the reader's language; the API and what is kept stay English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from integrations.admin.monitoring.charts import Point, bar_chart
from integrations.admin.shared.displays import amount
from integrations.core.audit import log as audit
from integrations.models import AuditEntry, Order
from integrations.operations.export_columns import COLUMNS
from mappings.resources import (
    HolidayResource,
    ProductResource,
    ShipmentAddressResource,
    ShipmentMethodResource,
    StatusResource,
)
from tests.admin.pages import make_world
from tests.factories import make_order

pytestmark = pytest.mark.django_db
SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es-MX,es;q=0.9,en;q=0.5"}
HOME, INBOX = reverse("admin:index"), reverse("hub-inbox")
ORDERS = reverse("admin:integrations_order_changelist")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    assert translation.get_language() == settings.LANGUAGE_CODE, "a request left its language behind"


def page(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, **headers)
    assert answer.status_code == 200, url
    return unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("url", "spanish", "english"),
    [
        (HOME, "Pedidos recibidos hoy y esta semana", "Orders received today and this week"),
        (INBOX, "Asignar, aplazar, comentar", "Assign, snooze, comment"),
        (ORDERS, "Número, trabajo, orden de compra", "Number, job, PO, tracking"),
        ("order", "Cronología", "Timeline"),
    ],
)
def test_a_page_speaks_the_language_of_the_browser(
    boss: Client, url: str, spanish: str, english: str
) -> None:
    order = make_world().order
    url = reverse("admin:integrations_order_change", args=[order.pk]) if url == "order" else url
    first, second = page(boss, url, **SPANISH), page(boss, url)
    assert spanish in first and english not in first and '<html lang="es"' in first
    assert english in second and spanish not in second and '<html lang="en' in second
    assert "Requiere atención" in first and "Needs attention" in second


def test_what_was_chosen_wins_over_the_browser(boss: Client) -> None:
    answer = boss.post(reverse("set_language"), {"language": "es", "next": HOME})
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert "Inicio" in page(boss, HOME, HTTP_ACCEPT_LANGUAGE="en-US,en")
    boss.post(reverse("set_language"), {"language": "en", "next": HOME})
    assert "Home" in page(boss, HOME, **SPANISH)


def test_each_language_is_offered_by_its_own_name(boss: Client) -> None:
    shown = page(boss, HOME)
    assert "English" in shown and "español" in shown


def test_a_language_without_a_catalogue_reads_english(boss: Client) -> None:
    assert "Home" in page(boss, HOME, HTTP_ACCEPT_LANGUAGE="xx,fr-CA;q=0.8")


def test_every_page_opens_in_spanish(boss: Client) -> None:
    for url in make_world().all_pages():
        page(boss, url, **SPANISH)


def test_a_translated_page_asks_the_database_no_more(boss: Client) -> None:
    make_world()
    for url in (HOME, INBOX, ORDERS):
        asked = []
        for headers in ({}, SPANISH):
            page(boss, url, **headers)
            with CaptureQueriesContext(connection) as captured:
                page(boss, url, **headers)
            asked.append(len(captured))
        assert asked[0] == asked[1], url


def test_drawings_and_bars_keep_the_point_in_their_numbers(boss: Client) -> None:
    make_order(status="submitted", received_at=timezone.now())
    shown = page(boss, HOME, **SPANISH)
    drawn = re.findall(r'\b(?:x|y|x1|x2|y1|y2|width|height|value|max|viewBox)="([^"]*)"', shown)
    assert any("." in value for value in drawn)
    assert [value for value in drawn if "," in value] == []


def test_amounts_are_written_as_the_reader_writes_them() -> None:
    assert amount(Decimal("1234.5")) == "1,234.50"
    with translation.override("es"):
        assert amount(Decimal("1234.5")) == "1\xa0234,50"


def test_a_chart_says_what_it_shows_in_the_language_of_the_reader() -> None:
    with translation.override("es"):
        chart = bar_chart("Pedidos", [Point("lun", 2, 1, "/")])
        assert chart.bars[0].title == "lun: 2 pedidos, 1 detenidos"


# --- what programs and records get ---


@pytest.mark.parametrize("url", ["/api/health/", "/api/orders/", "/api/nothing-here/"])
def test_the_api_answers_the_same_whatever_the_browser_asks_for(client: Client, url: str) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    spanish, english = client.get(url, **SPANISH), Client().get(url)
    assert spanish.status_code == english.status_code
    if url == "/api/orders/":
        assert spanish.json() == english.json()
    assert "Content-Language" not in spanish.headers


def test_what_is_written_down_for_a_spanish_reader_is_english(boss: Client) -> None:
    order = make_order(status="needs_attention", failure_mode="config", message="There is no template.")
    answer = boss.post(reverse("admin:integrations_order_hold", args=[order.pk]), follow=True, **SPANISH)
    assert f"Pedido {order.number}: en retención." in unescape(answer.content.decode())
    entry = AuditEntry.objects.filter(order=order).latest("id")
    sentence = audit.describe(entry).sentence
    boss_sees = page(boss, reverse("admin:integrations_order_change", args=[order.pk]), **SPANISH)
    assert sentence in boss_sees


def test_files_keep_the_english_words_of_the_states() -> None:
    order = make_order(status="needs_attention")
    with translation.override("es"):
        assert COLUMNS[Order]["status"](order) == "Needs attention"


def test_spreadsheets_of_mappings_are_the_same_in_every_language() -> None:
    make_world()
    resources = (
        ProductResource, ShipmentMethodResource, ShipmentAddressResource, StatusResource, HolidayResource,
    )  # fmt: skip
    english = [resource().export().csv for resource in resources]
    with translation.override("es"):
        assert [resource().export().csv for resource in resources] == english
