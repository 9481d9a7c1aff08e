"""Lists as CSV: what stands in the file, who may have it, and that a worker can be killed at any time."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import OperationalError
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.audit import log as audit
from integrations.core.search.index import index_orders
from integrations.models import (
    AuditEntry,
    Export,
    ExportPiece,
    Order,
    OutgoingCall,
    PaceJob,
    WebhookEvent,
)
from integrations.operations import exports
from integrations.operations.export_columns import COLUMNS, cell
from tests.admin.conftest import Login
from tests.factories import (
    VIEWER,
    make_call,
    make_event,
    make_order,
    make_storefront,
    make_superuser,
    make_user,
)

pytestmark = pytest.mark.django_db


def rows_of(export: Export) -> list[dict[str, str]]:
    text = b"".join(exports.read(export)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def written(user: User, model: type[Model], query: str = "") -> Export:
    export = exports.ask(user, model, query, actor="boss")
    exports.write(str(export.pk), budget=60)
    return Export.objects.get(pk=export.pk)


# --- what stands in it ----------------------------------------------------------------------------------------------


def test_the_file_holds_what_the_filters_and_the_search_of_the_list_find() -> None:
    boss = make_superuser()
    stopped = make_order(
        status="needs_attention", customer_name="Riverside", jobs=("90017", "90018"), total="9.50"
    )
    done = make_order(status="completed", customer_name="Riverside")
    make_order(status="completed")
    index_orders([stopped.pk, done.pk])
    found = rows_of(written(boss, Order, "status__exact=needs_attention&p=3&o=1"))
    assert [row["order"] for row in found] == [str(stopped.number)]
    assert found[0]["jobs"] == "90017, 90018"
    assert found[0]["total"] == "9.50"
    both = rows_of(written(boss, Order, "q=riverside"))
    assert [row["order"] for row in both] == [str(done.number), str(stopped.number)]
    assert len(rows_of(written(boss, Order, f"storefront__id__exact={done.storefront_id}"))) == 1


def test_every_list_can_be_exported() -> None:
    boss = make_superuser()
    order = make_order(jobs=("90017",))
    make_event(account=order.account, order=order, storefront=order.storefront)
    make_call(order, what="=create")
    audit.record("order.created", {}, order=order)
    audit.record("reference.asked", {"name": "x"})
    for model in (Order, PaceJob, WebhookEvent, OutgoingCall, AuditEntry):
        export = written(boss, model)
        assert export.problem == ""
        assert export.rows == export.total > 0
        assert list(rows_of(export)[0]) == list(COLUMNS[model])
    assert rows_of(written(boss, OutgoingCall))[0]["call"] == "'=create"


def test_a_list_without_rows_gives_a_file_with_headings() -> None:
    export = written(make_superuser(), Order, "q=nothing")
    text = b"".join(exports.read(export)).decode("utf-8-sig")
    assert text.startswith("order,storefront,status")
    assert export.rows == 0
    assert export.finished_at is not None


def test_filters_that_nobody_can_read_are_said_to_be_so() -> None:
    export = written(make_superuser(), Order, "status__nonsense=1")
    assert "could not be read" in export.problem


@given(st.text(max_size=30))
def test_no_cell_is_a_formula(text: str) -> None:
    made = cell(text)
    assert made == "" or made[0] not in "=+@\t\r\n＝＋－＠"
    assert not made.startswith("-") or made[1:].replace(".", "", 1).isdigit()


# --- in pieces ------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """Seven orders, written two at a time."""
    monkeypatch.setattr(exports, "PIECE", 2)
    storefront = make_storefront()
    for number in range(1, 8):
        make_order(number=number, storefront=storefront)
    return make_superuser()


def test_a_long_list_comes_in_pieces_in_order(many: User) -> None:
    export = written(many, Order)
    assert [row["order"] for row in rows_of(export)] == ["7", "6", "5", "4", "3", "2", "1"]
    assert ExportPiece.objects.count() == export.pieces == 4


def test_a_worker_whose_time_is_up_leaves_the_rest_to_another_task(many: User) -> None:
    export = exports.ask(many, Order, "", actor="boss")
    for _ in range(3):
        exports.write(str(export.pk), budget=0)
        export.refresh_from_db()
        assert export.finished_at is None
        assert export.total == 7
    exports.write(str(export.pk), budget=0)
    export.refresh_from_db()
    assert export.finished_at is not None
    assert len(rows_of(export)) == 7


def test_a_worker_that_died_is_followed_by_one_that_goes_on_where_it_was(
    many: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.ask(many, Order, "", actor="boss")
    create, calls = ExportPiece.objects.create, []

    def dies(**values: Any) -> Any:
        calls.append(values)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return create(**values)

    monkeypatch.setattr(ExportPiece.objects, "create", dies)
    with pytest.raises(KeyboardInterrupt):
        exports.write(str(export.pk), budget=60)
    exports.write(str(export.pk), budget=60)  # the dead one's lease still holds
    assert Export.objects.get().rows == 2
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1), queued_until=None)
    assert exports.wake_waiting() == 1
    exports.write(str(export.pk), budget=60)
    assert [row["order"] for row in rows_of(Export.objects.get())] == ["7", "6", "5", "4", "3", "2", "1"]


def test_a_very_long_list_ends_at_the_limit(many: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 5)
    assert len(rows_of(written(many, Order))) == 5


def test_files_go_after_a_day(many: User) -> None:
    written(many, Order)
    Export.objects.update(created_at=timezone.now() - timedelta(hours=25))
    exports.wake_waiting()
    assert not Export.objects.exists()
    assert not ExportPiece.objects.exists()


# --- who may --------------------------------------------------------------------------------------------------------


START = reverse("hub-export-start")


def test_the_button_is_there_for_those_who_may(boss: Client, viewer: Client) -> None:
    for name in ("order", "pacejob", "webhookevent", "outgoingcall", "auditentry"):
        page = reverse(f"admin:integrations_{name}_changelist")
        assert "Export as CSV" in boss.get(page).content.decode(), name
        if name != "pacejob":
            assert "Export as CSV" not in viewer.get(page).content.decode(), name


def test_seeing_a_list_is_not_enough_to_take_it_out(viewer: Client, stranger: Client) -> None:
    for client in (viewer, stranger):
        assert client.post(START, {"list": "integrations.order", "query": ""}).status_code == 403
    assert not Export.objects.exists()


@pytest.mark.parametrize("name", ["integrations.apitoken", "auth.user", "nonsense", "", "a.b"])
def test_other_tables_cannot_be_taken_out(boss: Client, name: str) -> None:
    assert boss.post(START, {"list": name, "query": ""}).status_code in (403, 404)


def test_from_the_button_to_the_file(login: Login) -> None:
    order = make_order(status="needs_attention")
    make_order(status="completed")
    clerk = make_user("clerk", *VIEWER, "export_order")
    client = login(clerk)
    answer = client.post(START, {"list": "integrations.order", "query": "status__exact=needs_attention"})
    page = answer.headers["Location"]
    assert client.get(page + "progress/").json()["busy"] is True
    assert client.get(page + "file/").status_code == 302
    exports.write(str(Export.objects.get().pk), budget=60)
    state = client.get(page + "progress/").json()
    assert (state["busy"], state["shown"], state["total"]) == (False, "1", 1)
    assert "Download the CSV file" in client.get(page).content.decode()
    assert page in client.get(reverse("hub-exports")).content.decode()
    answer = client.get(page + "file/")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert str(order.number) in answer.getvalue().decode()
    assert AuditEntry.objects.filter(type="list.exported", user=clerk).count() == 1


def test_a_file_is_for_its_owner_alone_and_while_the_right_lasts(login: Login, boss: Client) -> None:
    make_order()
    clerk = make_user("clerk", *VIEWER, "export_order")
    export = written(clerk, Order)
    page = reverse("hub-export-download", args=[export.pk])
    assert boss.get(page).status_code == 404
    assert login(clerk).get(page).status_code == 200
    clerk.user_permissions.remove(Permission.objects.get(codename="export_order"))
    assert login(clerk).get(page).status_code == 403


def test_a_right_taken_away_meanwhile_stops_the_worker() -> None:
    make_order()
    clerk = make_user("clerk", *VIEWER, "export_order")
    export = exports.ask(clerk, Order, "", actor="clerk")
    clerk.user_permissions.clear()
    exports.write(str(export.pk), budget=60)
    export.refresh_from_db()
    assert "may no longer" in export.problem
    assert export.rows == 0


def test_a_defect_ends_the_export_with_its_sentence(many: User, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exports.ask(many, Order, "", actor="boss")

    def stumbles(*args: object, **kwargs: object) -> str:
        raise ValueError("no such column")

    monkeypatch.setattr(exports, "csv_text", stumbles)
    exports.write(str(export.pk), budget=60)
    export.refresh_from_db()
    assert export.finished_at is not None
    assert "internal error (ValueError: no such column)" in export.problem


def test_a_database_that_is_away_for_a_moment_leaves_the_export_to_be_continued(
    many: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.ask(many, Order, "", actor="boss")

    def lost(*args: object, **kwargs: object) -> str:
        raise OperationalError("the connection was lost")

    monkeypatch.setattr(exports, "csv_text", lost)
    exports.write(str(export.pk), budget=60)
    export.refresh_from_db()
    assert (export.finished_at, export.lease_token, export.problem) == (None, None, "")
