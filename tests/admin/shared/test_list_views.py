"""Saved views and chosen columns of the list of orders: whose they are, what they keep, and that they open no doors."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import ListColumns, SavedView
from integrations.operations import list_views as services
from integrations.operations.access.rights import GROUPS, OPERATOR, VIEWER
from tests.admin.conftest import Login
from tests.admin.pages import make_world
from tests.factories import OPERATOR as OPERATOR_RIGHTS
from tests.factories import VIEWER as VIEWER_RIGHTS
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_order_changelist")
ACT = reverse("hub-list-views")
FILTERS = "status__exact=needs_attention&ship=late"


def act(client: Client, do: str, query: str = "", **more: Any) -> HttpResponse:
    form = {"list": "integrations.order", "query": query, "do": do, **more}
    return client.post(ACT, form)  # type: ignore[return-value]


def save(client: Client, name: str = "Late", query: str = FILTERS, **more: Any) -> SavedView:
    answer = act(client, "save", query, name=name, **more)
    assert answer.status_code == 302, answer.content
    return SavedView.objects.get(name=name)


def said(answer: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]  # type: ignore[attr-defined]


def shown_columns(client: Client, query: str = "") -> list[str]:
    cl = client.get(f"{LIST}?{query}", follow=True).context["cl"]
    return [name for name in cl.list_display if name != "action_checkbox"]


@pytest.fixture
def sharer(login: Login) -> Client:
    return login(make_user("sharer", *OPERATOR_RIGHTS, "share_savedview"))


# --- what a view keeps ---


def test_a_view_opens_with_its_filters_search_and_order(operator: Client) -> None:
    view = save(operator, query=f"{FILTERS}&q=poster&o=-1&p=3&_facets=True")
    assert view.query == "q=poster&ship=late&status__exact=needs_attention"
    assert view.sort == ["-number_"]
    answer = operator.get(f"{LIST}?view={view.pk}")
    assert answer.headers["Location"] == f"{LIST}?view={view.pk}&{view.query}&o=-1"
    page = operator.get(answer.headers["Location"])
    assert page.status_code == 200
    assert [chip.label for chip in page.context["cl"].chips] == ["Status", "Ship by", "Search"]
    assert page.context["list_views"]["open"] == view


def test_the_order_is_right_for_a_reader_without_check_boxes(sharer: Client, viewer: Client) -> None:
    view = save(sharer, query="o=-3", shared="1")
    assert view.sort == ["-ship_by_"]
    # Who may do nothing to orders has no column of boxes: the place of the column is another.
    assert viewer.get(f"{LIST}?view={view.pk}").headers["Location"] == f"{LIST}?view={view.pk}&o=-2"


def test_a_view_keeps_its_columns(operator: Client) -> None:
    act(operator, "columns", column=["state", "po_number"])
    view = save(operator)
    act(operator, "usual_columns")
    assert shown_columns(operator, f"view={view.pk}") == ["number_", "state", "po_number"]
    assert "customer" in shown_columns(operator)


def test_a_view_is_updated_and_deleted_by_its_owner(operator: Client) -> None:
    view = save(operator)
    act(operator, "update", f"view={view.pk}&act=config")
    view.refresh_from_db()
    assert view.query == "act=config"
    act(operator, "delete", f"view={view.pk}&act=config")
    assert not SavedView.objects.exists()


def test_a_name_is_needed_and_used_once(operator: Client) -> None:
    assert said(act(operator, "save", FILTERS, name="  ")) == ["Give the view a name."]
    save(operator)
    again = act(operator, "save", FILTERS, name=" Late ")
    assert said(again)[-1].startswith("You already have a view called “Late”.")
    assert SavedView.objects.count() == 1


def test_there_is_an_end_to_how_many_views_somebody_has(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_VIEWS", 1)
    save(operator)
    act(operator, "save", FILTERS, name="Another")
    assert SavedView.objects.count() == 1


# --- whose they are ---


def test_ones_own_view_is_seen_by_nobody_else(operator: Client, viewer: Client) -> None:
    view = save(operator, "Mine alone")
    assert "Mine alone" not in viewer.get(LIST).content.decode()
    answer = viewer.get(f"{LIST}?view={view.pk}")
    assert answer.headers["Location"] == LIST
    assert "Mine alone" not in viewer.get(LIST).content.decode()


def test_a_shared_view_is_seen_by_everybody_who_may_open_the_list(sharer: Client, viewer: Client) -> None:
    view = save(sharer, "Rush", shared="1")
    assert "Rush" in viewer.get(LIST).content.decode()
    assert viewer.get(f"{LIST}?view={view.pk}", follow=True).context["list_views"]["open"] == view


def test_a_shared_view_needs_the_right_to_share(operator: Client) -> None:
    answer = act(operator, "save", FILTERS, name="Rush", shared="1")
    assert said(answer)[0].startswith("You may not share views.")
    assert not SavedView.objects.exists()
    assert "Share with everyone" not in operator.get(LIST).content.decode()


def test_operators_may_share_and_viewers_may_not() -> None:
    assert services.SHARE in GROUPS[OPERATOR]
    assert services.SHARE not in GROUPS[VIEWER]


@pytest.mark.parametrize("do", ["update", "delete"])
def test_a_shared_view_is_changed_by_nobody_without_the_right(
    sharer: Client, viewer: Client, do: str
) -> None:
    view = save(sharer, "Rush", shared="1")
    answer = act(viewer, do, f"view={view.pk}&act=config")
    assert said(answer)[-1].startswith("The view “Rush” belongs to sharer.")
    view.refresh_from_db()
    assert view.query == FILTERS.replace(
        "status__exact=needs_attention&ship=late", "ship=late&status__exact=needs_attention"
    )


@pytest.mark.parametrize("do", ["update", "delete"])
def test_somebody_elses_own_view_cannot_be_named(sharer: Client, operator: Client, do: str) -> None:
    view = save(operator)
    act(sharer, do, f"view={view.pk}")
    assert SavedView.objects.get().query == view.query


# --- no door is opened ---


def test_a_view_opens_nothing_for_those_who_may_not_open_the_list(sharer: Client, stranger: Client) -> None:
    view = save(sharer, "Rush", shared="1")
    assert stranger.get(f"{LIST}?view={view.pk}").status_code == 403
    assert act(stranger, "save", FILTERS, name="x").status_code == 403
    assert act(stranger, "columns", column=["state"]).status_code == 403


def test_only_columns_of_the_list_are_shown(operator: Client) -> None:
    make_order()
    view = save(operator)
    SavedView.objects.update(
        columns=["state", "fetched", "__class__", "storefront__pressero_account__password"]
    )
    ListColumns.objects.create(user=view.owner, of_list="integrations.order", columns=["fetched"])
    assert shown_columns(operator, f"view={view.pk}") == ["number_", "state"]
    assert "state" in shown_columns(operator)
    act(operator, "columns", column=["fetched", "customer"])
    assert ListColumns.objects.get().columns == ["customer"]


def test_a_list_without_views_has_none(boss: Client) -> None:
    assert boss.post(ACT, {"list": "integrations.apitoken", "do": "save", "name": "x"}).status_code == 404
    assert boss.post(ACT, {"list": "no.such", "do": "save", "name": "x"}).status_code == 404
    assert boss.get(ACT).status_code == 405


def test_the_forms_lead_back_to_the_list_only(operator: Client) -> None:
    answer = act(operator, "columns", "next=https%3A%2F%2Fevil.example", column=["state"])
    assert answer.headers["Location"].startswith(f"{LIST}?")


# --- columns ---


def test_columns_are_chosen_for_oneself(operator: Client, viewer: Client) -> None:
    act(operator, "columns", column=["total_", "state"])
    assert shown_columns(operator) == ["number_", "state", "total_"]
    assert "total_" not in shown_columns(viewer)
    act(operator, "usual_columns")
    assert "customer" in shown_columns(operator)


def test_a_column_that_went_away_takes_no_order_with_it(operator: Client) -> None:
    answer = act(operator, "columns", "o=-3&act=config", column=["received", "ship_by_"])
    assert answer.headers["Location"] == f"{LIST}?o=-2&act=config"
    answer = act(operator, "columns", "o=-2&act=config", column=["received"])
    assert answer.headers["Location"] == f"{LIST}?act=config"


def test_columns_of_an_open_view_are_the_views(operator: Client) -> None:
    view = save(operator)
    act(operator, "columns", f"view={view.pk}&{FILTERS}", column=["total_"])
    view.refresh_from_db()
    assert view.columns == ["number_", "total_"]
    assert not ListColumns.objects.exists()


def test_every_column_can_be_shown(boss: Client) -> None:
    make_order(items=2, jobs=("90017",), pace_customer="EXCU")
    offered = [column["name"] for column in boss.get(LIST).context["list_views"]["columns"]]
    act(boss, "columns", column=offered)
    assert shown_columns(boss) == offered
    assert "EXCU" in boss.get(LIST).content.decode()


# --- cost ---


def test_views_cost_the_list_two_queries_however_many_there_are(boss: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(LIST)
        return len(captured)

    queries()  # the first page after a login notes the session
    none = queries()
    owners = [make_user(f"user{number}", *VIEWER_RIGHTS) for number in range(10)]
    for number, owner in enumerate(owners):
        SavedView.objects.create(owner=owner, of_list="integrations.order", name=f"V{number}", shared=True)
    assert queries() == none


@pytest.mark.parametrize(
    "model",
    [
        "integrations_pacejob", "integrations_outgoingcall", "integrations_webhookevent", "mappings_productmapping",
        "mappings_statusmapping", "mappings_holiday", "mappings_fieldrule", "mappings_tablevalue",
    ],
)  # fmt: skip
def test_other_lists_have_views_and_columns_too(boss: Client, model: str) -> None:
    make_world()
    address = reverse(f"admin:{model}_changelist")
    offered = boss.get(address).context["list_views"]
    first, second = [column["name"] for column in offered["columns"]][:2]
    boss.post(ACT, {"list": offered["list"], "do": "columns", "column": [second]})
    boss.post(ACT, {"list": offered["list"], "do": "save", "name": "Searched", "query": "q=zzz"})
    view = SavedView.objects.get()
    assert (view.columns, view.query) == ([first, second], "q=zzz")
    shown = boss.get(f"{address}?view={view.pk}", follow=True).context["cl"]
    assert [name for name in shown.list_display if name != "action_checkbox"] == [first, second]
    assert shown.query == "zzz"
