"""One trace per order, sent to a collector over real HTTP; and nothing at all while traces are off."""

import subprocess
import sys
import timeit
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as hub_settings
from django.test import Client

from automationhub.lib import tracing
from integrations.models import Order
from integrations.orders.submission import runner
from integrations.orders.write_back import deliver, poll
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import StatusMapping
from tests.conftest import Hub
from tests.core.collector import Collector, Seen, collecting
from tests.messages import WebhookSender, message

PERSONAL = ("avery", "example credit union", "main st", "springfield", "62701", "hub-password")


@pytest.fixture
def collector(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=plant")
        settings.TRACES_ENDPOINT = collector.address
        tracing.start_over()
        yield collector
        tracing.start_over()


def place(hub: Hub, client: Client) -> Order:
    """An order by its webhook, as Pressero sends it."""
    number = hub.pressero.place(
        OrderDraft(
            "Example CU Store",
            "avery@example.com",
            [ItemDraft("Business Card", price="10.00", method="Ground")],
        ),
        notify=False,
    )
    answer = WebhookSender(client).post(message(number=number, SiteId=hub.pressero.order(number)["SiteId"]))
    assert answer.status_code == 202, answer.content
    return Order.objects.get(number=number)


def process(order: Order) -> Order:
    runner.process(order.pk)
    tracing.flush()
    return Order.objects.get(pk=order.pk)


def trace_of(order: Order) -> str:
    return order.trace_parent.split("-")[1]


def above(span: Seen, spans: list[Seen]) -> list[str]:
    """The names of the spans that this one belongs to, the nearest first."""
    by_id = {one.id: one for one in spans}
    names = []
    while span.parent:
        span = by_id[span.parent]
        names.append(span.name)
    return names


@pytest.mark.e2e
def test_everything_done_for_an_order_is_one_trace(hub: Hub, client: Client, collector: Collector) -> None:
    order = process(place(hub, client))
    assert order.status == "submitted", order.message
    spans = collector.spans
    assert {span.trace for span in spans} == {trace_of(order)}
    [first] = [span for span in spans if not span.parent]
    assert (first.name, first.facts["automationhub.order"]) == ("order received", order.number)
    assert first.facts["http.route"] == "/api/pressero/{slug}/events/"
    assert above(collector.named("claim")[0], spans) == ["attempt", "order received"]
    steps = [span.name for span in collector.named("step ")]
    assert steps == ["step fetch", "step decide", "step plan", "step submit", "step write_back"]
    assert above(collector.named("step submit")[0], spans) == ["attempt", "order received"]
    assert first.service == "automationhub"


@pytest.mark.e2e
def test_a_later_webhook_joins_the_trace_of_its_order(hub: Hub, client: Client, collector: Collector) -> None:
    order = place(hub, client)
    again = message(number=order.number, SiteId=hub.pressero.order(order.number)["SiteId"])
    assert WebhookSender(client).post(again).status_code == 202
    tracing.flush()
    [later] = collector.named("POST /api/pressero/{slug}/events/")
    assert above(later, collector.spans) == ["order received"]
    assert later.facts["http.response.status_code"] == 202


@pytest.mark.e2e
def test_every_call_has_its_method_route_and_status(hub: Hub, client: Client, collector: Collector) -> None:
    order = process(place(hub, client))
    calls = [span for span in collector.spans if "peer.service" in span.facts]
    assert len(calls) == len(hub.pace.calls) + len(hub.pressero.calls)
    commit = next(span for span in calls if span.facts["url.template"] == "/TransactionService/commit")
    assert commit.facts["http.request.method"] == "GET"
    assert commit.facts["http.response.status_code"] in (200, 204)
    assert above(commit, collector.spans) == ["step submit", "attempt", "order received"]
    assert str(order.number) not in "".join(span.facts["url.template"] for span in calls)
    assert all("?" not in span.name for span in calls)


@pytest.mark.e2e
def test_systems_called_are_told_the_place_in_the_trace(
    hub: Hub, client: Client, collector: Collector
) -> None:
    order = process(place(hub, client))
    sent = [call.headers.get("traceparent", "") for call in (*hub.pace.calls, *hub.pressero.calls)]
    assert {one.split("-")[1] for one in sent} == {trace_of(order)}
    ids = {span.id for span in collector.spans if "peer.service" in span.facts}
    assert {one.split("-")[2] for one in sent} == ids


@pytest.mark.e2e
def test_later_work_joins_the_trace(hub: Hub, client: Client, collector: Collector) -> None:
    StatusMapping.objects.create(level="job", pace_status="R", pressero_stage="In production")
    order = process(place(hub, client))
    [job] = order.jobs.all()
    hub.pace.put("Job", job=job.number, adminStatus="R")
    poll.sync_all()
    deliver.deliver_due()
    tracing.flush()
    mine = [span for span in collector.spans if span.trace == trace_of(order)]
    assert [span.name for span in mine].count("status read") == 1
    written = next(span for span in mine if span.name.startswith("write back"))
    assert above(written, mine) == ["order received"]


@pytest.mark.e2e
def test_nothing_of_a_person_or_a_secret_is_sent(hub: Hub, client: Client, collector: Collector) -> None:
    process(place(hub, client))
    told = repr(collector.spans).casefold()
    secrets = (hub.account.password.reveal(), hub.server.password.reveal())
    assert [word for word in (*PERSONAL, *secrets) if word.casefold() in told] == []


@pytest.mark.e2e
def test_a_failed_attempt_is_marked_without_its_message(
    hub: Hub, client: Client, collector: Collector
) -> None:
    hub.pace.faults.add("error_before", status=500, message="No room for avery", times=99)
    process(place(hub, client))
    [attempt] = collector.named("attempt")
    assert attempt.failed
    assert attempt.facts["error.type"] == "transient"
    assert "No room" not in repr(collector.spans)


@pytest.mark.e2e
def test_an_order_from_before_traces_begins_one_with_its_next_attempt(
    hub: Hub, client: Client, collector: Collector
) -> None:
    order = place(hub, client)
    Order.objects.filter(pk=order.pk).update(trace_parent="")
    order = process(order)
    assert order.trace_parent
    assert trace_of(order) in {span.trace for span in collector.named("step submit")}


@pytest.mark.e2e
def test_orders_that_the_sampler_leaves_out_send_nothing(
    hub: Hub, client: Client, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    tracing.start_over()
    order = process(place(hub, client))
    assert order.status == "submitted"
    assert order.trace_parent.endswith("-00")
    assert collector.spans == []


@pytest.mark.e2e
def test_opentelemetry_s_own_variables_apply(hub: Hub, client: Client, collector: Collector) -> None:
    process(place(hub, client))
    assert {headers["x-tenant"] for headers in collector.headers} == {"plant"}


@pytest.mark.e2e
def test_a_collector_that_is_away_stops_no_order(
    hub: Hub, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    settings.TRACES_ENDPOINT = "http://127.0.0.1:9"
    tracing.start_over()
    order = place(hub, client)
    runner.process(order.pk)
    assert Order.objects.get(pk=order.pk).status == "submitted"
    tracing.start_over()


# --- off --------------------------------------------------------------------------------------------------------


@pytest.mark.e2e
def test_without_an_address_orders_have_no_trace_and_calls_no_header(hub: Hub, client: Client) -> None:
    order = place(hub, client)
    runner.process(order.pk)
    assert Order.objects.get(pk=order.pk).trace_parent == ""
    assert not any("traceparent" in call.headers for call in (*hub.pace.calls, *hub.pressero.calls))


def test_without_an_address_the_library_is_not_even_imported() -> None:
    code = (
        "import django, sys; django.setup();"
        "from automationhub.lib import tracing; import integrations.tasks, automationhub.urls;"
        "[tracing.span('x').__enter__(), tracing.record('x', started=0), tracing.new_trace('x'), tracing.headers()];"
        "print([name for name, module in sys.modules.items() if name.startswith('opentelemetry') and module])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=hub_settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"


def test_a_span_costs_next_to_nothing_while_traces_are_off(settings: Any) -> None:
    settings.TRACES_ENDPOINT = ""

    def one() -> None:
        with tracing.span("step plan", automationhub__order=1):
            tracing.headers()

    # Some 700 ns (benchmarks/observing.py); with room for a machine that does something else.
    assert min(timeit.repeat(one, number=1000, repeat=5)) / 1000 < 50e-6


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/FindObjects/find", "/FindObjects/find"),
        ("/ReadObject/readJob?primaryKey=1001", "/ReadObject/readJob"),
        ("v2/Orders/10234/Items", "/v2/Orders/{id}/Items"),
        ("/site/0f8fad5b-d9cb-469f-a165-70867728950e/users/avery@example.com", "/site/{id}/users/{id}"),
        ("/Jobs/J1001:01/", "/Jobs/{id}"),
        ("/x/Avery Sample", "/x/{id}"),
    ],
)
def test_a_route_holds_no_id(path: str, route: str) -> None:
    assert tracing.route_of(path) == route
