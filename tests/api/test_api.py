"""Orders, health and the description of the API, as other programs meet them."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automationhub.lib.fields import EncryptedSecret
from automationhub.lib.shown_times import moment_text
from integrations.core.audit import log as audit
from integrations.enums import JobState, OrderStatus
from integrations.models import ApiToken, AuditEntry, Heartbeat, Order, PaceJob, PaceServer, Storefront
from integrations.operations import health
from integrations.simulation.sandbox.pressero import OrderDraft
from tests.conftest import Hub

MakeOrder = Callable[..., Order]
ORDERS = "/api/orders/"


class Program:
    """Another program with a token of a user."""

    def __init__(self, user: User, scope: str = "read") -> None:
        self.user = user
        self.token = ApiToken.issue(user, scope)
        self.client = Client(headers={"Authorization": f"Token {self.token}"})

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(path, query)  # type: ignore[return-value]

    def read(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def post(self, path: str) -> HttpResponse:
        return self.client.post(path)  # type: ignore[return-value]


def make_user(*permissions: str) -> User:
    user = User.objects.create_user(f"user{User.objects.count()}")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def reader(db: None) -> Program:
    return Program(make_user("view_order"))


@pytest.fixture
def operator(db: None) -> Program:
    return Program(make_user("view_order", "retry_order", "preview_order"), scope="operate")


# --- who may ask ----------------------------------------------------------------------------------------------


def test_only_the_hash_of_a_token_is_stored(reader: Program) -> None:
    stored = [str(value) for value in ApiToken.objects.values_list().get()]
    assert not any(reader.token in value for value in stored)


def test_a_token_opens_the_door(reader: Program) -> None:
    assert reader.get(ORDERS).status_code == 200


def test_a_token_notes_when_it_was_used_last(reader: Program) -> None:
    reader.get(ORDERS)
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Token",
        "Token ",
        "Token wrong",
        "Token a b",
        "Token é",
        "Token \x00",
        "Bearer {token}",
        "Basic {token}",
        "{token}",
        "Token {token}x",
        "Token {digest}",
    ],
)
def test_without_a_valid_token_the_answer_is_401(reader: Program, client: Client, header: str | None) -> None:
    digest = ApiToken.objects.get().digest
    headers = {} if header is None else {"Authorization": header.format(token=reader.token, digest=digest)}
    answer = client.get(ORDERS, headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


def test_an_inactive_token_is_refused(reader: Program) -> None:
    ApiToken.objects.update(active=False)
    assert reader.get(ORDERS).status_code == 401


def test_an_expired_token_is_refused(reader: Program) -> None:
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
    assert reader.get(ORDERS).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now())
    assert reader.get(ORDERS).status_code == 401


def test_a_token_without_an_end_stays_good(reader: Program) -> None:
    ApiToken.objects.update(expires_at=None)
    assert reader.get(ORDERS).status_code == 200


def test_the_use_of_a_token_is_written_at_most_once_a_minute(reader: Program) -> None:
    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            reader.get(ORDERS)
        return sum(query["sql"].startswith("UPDATE") for query in queries.captured_queries)

    assert [writes(), writes(), writes()] == [1, 0, 0]
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    assert writes() == 1


def test_the_token_of_an_inactive_user_is_refused(reader: Program) -> None:
    User.objects.update(is_active=False)
    assert reader.get(ORDERS).status_code == 401


def test_a_login_of_the_portal_is_no_token(admin_client: Client) -> None:
    assert admin_client.get(ORDERS).status_code == 401


@pytest.mark.parametrize("path", ["", "{id}/", "{id}/audit/", "{id}/preview/"])
def test_a_user_who_may_not_view_orders_is_answered_403(order: Order, path: str) -> None:
    nobody = Program(make_user("preview_order", "retry_order"), scope="operate")
    assert nobody.get(ORDERS + path.format(id=order.pk)).status_code == 403


def test_a_preview_needs_its_own_permission(reader: Program, order: Order) -> None:
    assert reader.get(f"{ORDERS}{order.pk}/preview/").status_code == 403


@pytest.mark.parametrize(
    ("permissions", "scope"),
    [(("view_order", "retry_order"), "read"), (("view_order",), "operate"), (("retry_order",), "operate")],
)
def test_a_retry_needs_the_permission_and_the_scope(
    make_order: MakeOrder, permissions: tuple[str, ...], scope: str
) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION, due_at=None)
    assert Program(make_user(*permissions), scope).post(f"{ORDERS}{order.pk}/retry/").status_code == 403
    order.refresh_from_db()
    assert order.due_at is None


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_orders_are_read_only(operator: Program, order: Order, method: str) -> None:
    assert getattr(operator.client, method)(ORDERS).status_code == 405
    assert getattr(operator.client, method)(f"{ORDERS}{order.pk}/").status_code == 405


# --- orders ---------------------------------------------------------------------------------------------------


def test_an_order_tells_what_the_contract_names(reader: Program, make_order: MakeOrder) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION, number=77, message="No mapping.")
    found = reader.read(f"{ORDERS}{order.pk}/")
    assert {key: found[key] for key in ("id", "number", "storefront", "status", "jobs", "message")} == {
        "id": order.pk,
        "number": 77,
        "storefront": "Example CU Store",
        "status": "needs_attention",
        "jobs": [],
        "message": "No mapping.",
    }


def test_an_order_that_has_nothing_the_matter_has_an_empty_message(reader: Program, order: Order) -> None:
    assert reader.read(f"{ORDERS}{order.pk}/")["message"] == ""


def test_jobs_are_the_numbers_of_those_that_are_in_pace(
    reader: Program, order: Order, storefront: Storefront
) -> None:
    for unit, state, number in (
        ("1", JobState.DONE, "100041"),
        ("2", JobState.COMMITTING, ""),
        ("3", JobState.DONE, "100042"),
    ):
        PaceJob.objects.create(
            order=order, server=storefront.pace_server, unit=unit, state=state, number=number
        )
    assert reader.read(f"{ORDERS}{order.pk}/")["jobs"] == ["100041", "100042"]


@pytest.mark.parametrize("status", OrderStatus.values)
def test_the_words_of_the_status_are_the_contracts(
    reader: Program, make_order: MakeOrder, status: str
) -> None:
    make_order(status)
    assert reader.read(ORDERS, status=status)["results"][0]["status"] == status


def test_the_contract_knows_nine_states() -> None:
    assert set(OrderStatus.values) == {
        "received", "waiting", "processing", "submitted", "completed", "denied", "on_hold", "needs_attention",
        "shadow",
    }  # fmt: skip


def test_the_list_shows_the_newest_first(reader: Program, make_order: MakeOrder) -> None:
    made = [make_order().pk for _ in range(3)]
    assert [found["id"] for found in reader.read(ORDERS)["results"]] == made[::-1]


def test_the_list_is_paginated(reader: Program, make_order: MakeOrder) -> None:
    made = [make_order().number for _ in range(51)]
    first = reader.read(ORDERS)
    second = json.loads(reader.client.get(first["next"]).content)
    assert (first["count"], len(first["results"]), len(second["results"]), second["next"]) == (
        51,
        50,
        1,
        None,
    )
    assert {found["number"] for found in first["results"] + second["results"]} == set(made)


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", "9" * 50, "%00"])
def test_a_page_that_is_not_there_is_answered_404(reader: Program, order: Order, page: str) -> None:
    assert reader.client.get(f"{ORDERS}?page={page}").status_code == 404


def test_the_list_is_filtered_by_number(reader: Program, make_order: MakeOrder) -> None:
    make_order(number=1)
    make_order(number=2)
    assert [found["number"] for found in reader.read(ORDERS, number=2)["results"]] == [2]


def test_the_list_is_filtered_by_storefront(reader: Program, order: Order) -> None:
    assert reader.read(ORDERS, storefront="Example CU Store")["count"] == 1
    assert reader.read(ORDERS, storefront="Another")["count"] == 0


def test_the_filters_are_combined(reader: Program, make_order: MakeOrder) -> None:
    make_order(OrderStatus.WAITING, number=1)
    make_order(OrderStatus.DENIED, number=2)
    assert reader.read(ORDERS, number=1, status="denied")["count"] == 0


@pytest.mark.parametrize(
    "query", ["number=x", "number=-1", "number=1.5", "number=%C2%B2", "number=" + "9" * 30, "status=odd"]
)
def test_a_filter_that_makes_no_sense_is_answered_400(reader: Program, order: Order, query: str) -> None:
    assert reader.client.get(f"{ORDERS}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["storefront=%00", "storefront=%ED%A0%80", "status=&number=&storefront="])
def test_a_strange_filter_is_no_fault_of_the_hub(reader: Program, order: Order, query: str) -> None:
    assert reader.client.get(f"{ORDERS}?{query}").status_code == 200


@pytest.mark.parametrize("key", ["0", "999999", "9" * 18, "9" * 40, "x", "-1", "%00", "²"])
def test_an_order_that_is_not_there_is_answered_404(reader: Program, order: Order, key: str) -> None:
    for path in ("", "audit/"):
        assert reader.get(f"{ORDERS}{key}/{path}").status_code == 404


def queries(reader: Program) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert reader.get(ORDERS).status_code == 200
    return len(captured)


def test_fifty_orders_cost_no_more_queries_than_five(
    reader: Program, make_order: MakeOrder, storefront: Storefront
) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            order = make_order(OrderStatus.SUBMITTED)
            PaceJob.objects.create(
                order=order,
                server=storefront.pace_server,
                unit="order",
                state=JobState.DONE,
                number=str(order.pk),
            )

    add(5)
    queries(reader)  # the first use of a token is noted
    of_five = queries(reader)
    add(45)
    assert queries(reader) == of_five


def test_the_audit_of_an_order_is_its_timeline_oldest_first(reader: Program, order: Order) -> None:
    audit.record("order.created", order=order)
    audit.record("job.created", {"job": "100041"}, order=order, actor="worker 1", correlation="c1")
    audit.record("order.created")  # of no order
    found = reader.read(f"{ORDERS}{order.pk}/audit/")
    assert found["count"] == 2
    assert [line["sentence"] for line in found["results"]] == [
        "Order received.",
        "Job 100041 is in Pace.",
    ]
    assert found["results"][1]["actor"] == "worker 1"
    assert found["results"][1]["data"] == {"job": "100041"}


def test_a_long_audit_is_paginated(reader: Program, order: Order) -> None:
    for _ in range(51):
        audit.record("order.created", order=order)
    assert len(reader.read(f"{ORDERS}{order.pk}/audit/")["results"]) == 50


# --- retry and preview ----------------------------------------------------------------------------------------


def test_a_retry_is_answered_202_and_the_order_is_due(operator: Program, make_order: MakeOrder) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION, due_at=None, number=77)
    answer = operator.post(f"{ORDERS}{order.pk}/retry/")
    order.refresh_from_db()
    assert (answer.status_code, json.loads(answer.content)) == (202, {"detail": "Order 77 was queued."})
    assert order.due_at is not None


def test_a_retry_is_told_with_the_tokens_user(operator: Program, make_order: MakeOrder) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION)
    operator.post(f"{ORDERS}{order.pk}/retry/")
    [entry] = AuditEntry.objects.filter(type="staff.retry")
    assert (entry.user_id, entry.actor) == (operator.user.pk, operator.user.username)


@pytest.mark.parametrize("status", [OrderStatus.SUBMITTED, OrderStatus.ON_HOLD, OrderStatus.WAITING])
def test_a_retry_that_the_state_does_not_allow_is_answered_409(
    operator: Program, make_order: MakeOrder, status: str
) -> None:
    order = make_order(status, number=77)
    answer = operator.post(f"{ORDERS}{order.pk}/retry/")
    assert answer.status_code == 409
    assert json.loads(answer.content)["detail"].startswith("Order 77 is")


def test_a_retry_of_an_unknown_order_is_answered_404(operator: Program) -> None:
    assert operator.post(f"{ORDERS}999/retry/").status_code == 404


def test_a_preview_shows_the_plan_with_its_lineage(
    operator: Program, hub: Hub, draft: Callable[..., OrderDraft]
) -> None:
    order = hub.take_in(draft())
    found = operator.read(f"{ORDERS}{order.pk}/preview/")
    assert (found["order"], found["storefront"], found["sent_plan"]) == (
        order.number,
        "Example CU Store",
        None,
    )
    [job] = found["plan"]["jobs"]
    assert all(set(field) >= {"value", "source"} for field in job["fields"].values())


def test_a_preview_writes_nothing(operator: Program, hub: Hub, draft: Callable[..., OrderDraft]) -> None:
    order = hub.take_in(draft())
    before, entries = hub.pace.state(), AuditEntry.objects.count()
    operator.read(f"{ORDERS}{order.pk}/preview/")
    order.refresh_from_db()
    assert hub.pace.state() == before
    assert (order.status, order.fetched, order.plan) == (OrderStatus.RECEIVED, None, None)
    assert AuditEntry.objects.count() == entries


def test_the_preview_of_a_submitted_order_shows_what_was_sent(
    operator: Program, hub: Hub, draft: Callable[..., OrderDraft]
) -> None:
    order = hub.process(draft())
    assert operator.read(f"{ORDERS}{order.pk}/preview/")["sent_plan"] == order.plan


def test_a_preview_without_pace_is_answered_502_with_a_sentence(
    operator: Program, hub: Hub, draft: Callable[..., OrderDraft]
) -> None:
    order = hub.take_in(draft())
    hub.pace.faults.add("down")
    answer = operator.get(f"{ORDERS}{order.pk}/preview/")
    assert answer.status_code == 502
    assert "Pace" in json.loads(answer.content)["detail"]


def test_a_preview_with_credentials_that_cannot_be_read_is_answered_502(
    operator: Program, order: Order
) -> None:
    PaceServer.objects.update(password=EncryptedSecret("fernet:of another key"))
    answer = operator.get(f"{ORDERS}{order.pk}/preview/")
    assert answer.status_code == 502
    assert "CREDENTIALS_KEY does not hold the key" in json.loads(answer.content)["detail"]


# --- health ---------------------------------------------------------------------------------------------------


@pytest.fixture
def healthy(db: None, settings: LazySettings) -> None:
    settings.EMAIL_IS_CONFIGURED = True
    settings.REDIS_URL = ""
    Heartbeat.objects.create(cluster="one", at=timezone.now())


def ready(client: Client) -> tuple[int, list[str]]:
    answer = client.get("/api/health/ready/")
    return answer.status_code, answer.json()["problems"]


def test_live_needs_no_login_and_no_database(client: Client) -> None:
    answer = client.get("/api/health/live/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": []})


def test_ready_is_200_when_all_is_well(client: Client, healthy: None) -> None:
    answer = client.get("/api/health/ready/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": []})


def test_ready_says_that_no_worker_ever_reported(client: Client, healthy: None) -> None:
    Heartbeat.objects.all().delete()
    assert ready(client) == (503, ["No worker has ever reported. Start one: python manage.py worker."])


def test_ready_says_since_when_no_worker_reported(client: Client, healthy: None) -> None:
    silent_since = timezone.now() - timedelta(minutes=10)
    Heartbeat.objects.update(at=silent_since)
    code, [problem] = ready(client)
    assert code == 503
    assert problem.startswith(f"No worker has reported since {moment_text(silent_since, seconds=True)} UTC.")


def test_a_plain_cluster_that_reports_with_its_minutely_schedule_counts_as_alive(
    client: Client, healthy: None
) -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=100))
    assert ready(client) == (200, [])


def test_one_living_cluster_of_several_is_enough(client: Client, healthy: None) -> None:
    Heartbeat.objects.create(cluster="old", at=timezone.now() - timedelta(days=1))
    assert ready(client) == (200, [])


def test_ready_names_the_order_that_has_waited_longest_for_a_worker(
    client: Client, healthy: None, make_order: MakeOrder
) -> None:
    for minutes in (12, 25):
        make_order(number=minutes, due_at=timezone.now() - timedelta(minutes=minutes))
    assert ready(client) == (503, ["Order 25 has waited 25 minutes for a worker."])


def test_orders_on_hold_and_orders_for_later_are_no_problem(
    client: Client, healthy: None, make_order: MakeOrder
) -> None:
    make_order(OrderStatus.ON_HOLD, due_at=timezone.now() - timedelta(hours=1))
    make_order(due_at=timezone.now() + timedelta(hours=1))
    assert ready(client) == (200, [])


@pytest.mark.parametrize("place", [PaceServer, Storefront])
def test_ready_says_that_alerts_go_nowhere(
    client: Client, healthy: None, storefront: Storefront, settings: LazySettings, place: Any
) -> None:
    settings.EMAIL_IS_CONFIGURED = False
    assert ready(client) == (200, [])
    place.objects.update(alert_emails=["staff@example.com"])
    assert ready(client) == (503, ["Alert addresses are set up, but EMAIL_URL is not: alerts go nowhere."])


def test_ready_says_that_redis_does_not_answer(
    client: Client, healthy: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    class Down:
        def ping(self) -> bool:
            raise ConnectionError("redis://user:secret@host")

    monkeypatch.setattr("django_q.brokers.get_broker", Down)
    code, [problem] = ready(client)
    assert code == 503
    assert problem.startswith("Redis is not responding")
    assert "secret" not in problem


def test_ready_says_that_the_database_does_not_answer(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("could not connect to host with password=secret")

    with monkeypatch.context() as patch:
        patch.setattr(health.connection, "cursor", down)
        assert ready(client) == (503, ["The database does not answer."])


def test_all_problems_are_told_at_once(client: Client, healthy: None, make_order: MakeOrder) -> None:
    Heartbeat.objects.all().delete()
    make_order(due_at=timezone.now() - timedelta(hours=1))
    assert len(ready(client)[1]) == 2


# --- the description ------------------------------------------------------------------------------------------


def test_the_description_is_valid_and_has_no_warnings(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


AS_JSON = {"Accept": "application/vnd.oai.openapi+json"}


def test_the_description_names_every_call_to_any_token(db: None) -> None:
    schema = Program(make_user()).client.get("/api/schema/", headers=AS_JSON).json()
    assert set(schema["paths"]) >= {
        "/api/pressero/{slug}/events/",
        "/api/orders/",
        "/api/orders/{id}/",
        "/api/orders/{id}/audit/",
        "/api/orders/{id}/retry/",
        "/api/orders/{id}/preview/",
        "/api/health/live/",
        "/api/health/ready/",
    }


def test_the_page_of_the_description_refers_to_no_other_host(client: Client, db: None) -> None:
    client.force_login(make_user())
    page = client.get("/api/docs/").content.decode()
    assert "swagger" in page.lower()
    addresses = [part.split('"')[0].split("'")[0] for part in page.split("//")[1:]]
    assert [address for address in addresses if address.startswith(("cdn", "unpkg", "fonts"))] == []
    assert "http:" not in page
    assert "https:" not in page


def test_the_description_is_for_nobody_without_a_login_or_token(client: Client, db: None) -> None:
    assert client.get("/api/schema/", headers=AS_JSON).status_code == 401
    refused = client.get("/api/schema/", headers={**AS_JSON, "Authorization": "Token wrong"})
    assert refused.status_code == 401
    for path in ("/api/docs/", "/api/docs/?script="):
        assert client.get(path).headers["Location"].startswith("/admin/login/?next=/api/docs/")


def test_who_is_logged_in_reads_the_description(client: Client, db: None) -> None:
    client.force_login(make_user())
    for path in ("/api/docs/", "/api/docs/?script=", "/api/schema/"):
        assert client.get(path).status_code == 200


def test_a_setting_opens_the_description_to_everyone(client: Client, db: None, settings: Any) -> None:
    settings.API_DOCS_PUBLIC = True
    for path in ("/api/docs/", "/api/docs/?script=", "/api/schema/"):
        assert client.get(path).status_code == 200
