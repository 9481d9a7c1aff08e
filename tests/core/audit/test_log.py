"""The audit log: append-only, without secrets, readable whatever its entries hold, and complete for an order."""

import json
import re
import string
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations.core.audit import log as audit
from integrations.core.audit.log import MAX_TEXT, SENTENCES, describe
from integrations.models import AppendOnly, AuditEntry, Order
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import OrderDraft
from tests.conftest import Hub
from tests.messages import WebhookSender, message

pytestmark = pytest.mark.django_db
TONES = {"event", "muted", "info", "bad", "good", "call", "staff"}


def kept(data: dict[str, Any]) -> Any:
    """What is left of the data in the database."""
    return AuditEntry.objects.get(pk=audit.record("order.created", data).pk).data


# --- append-only ----------------------------------------------------------------------------------------------


def test_an_entry_cannot_be_changed() -> None:
    entry = audit.record("order.created")
    entry.actor = "somebody else"
    with pytest.raises(AppendOnly):
        entry.save()
    assert AuditEntry.objects.get().actor == "hub"


def test_an_entry_cannot_be_deleted() -> None:
    entry = audit.record("order.created")
    with pytest.raises(AppendOnly):
        entry.delete()
    assert AuditEntry.objects.exists()


def test_a_type_without_a_sentence_is_refused() -> None:
    with pytest.raises(KeyError):
        audit.record("order.teleported")
    assert not AuditEntry.objects.exists()


def test_the_actor_stays_as_it_was_when_the_user_is_gone(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("kim")
    audit.record("staff.retry", actor="kim", user=user)
    user.delete()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.user_id) == ("kim", None)


def test_a_very_long_actor_is_cut_to_its_column() -> None:
    assert len(audit.record("order.created", actor="a" * 500).actor) == 200


# --- what is stored -------------------------------------------------------------------------------------------


def test_secrets_are_masked_at_any_depth() -> None:
    data = kept({"a": [{"Password": "hunter2", "ConsumerID": "c-1"}], "api_key": "k", "user": "hub"})
    assert "hunter2" not in json.dumps(data)
    assert "c-1" not in json.dumps(data)
    assert data["user"] == "hub"


def test_a_zero_character_can_be_stored_and_is_seen() -> None:
    assert kept({"note": "a\x00b", "list": ["\x00"]}) == {"note": "a␀b", "list": ["␀"]}


def test_a_zero_character_in_a_key_can_be_stored() -> None:
    assert kept({"a\x00b": {"\x00": 1}}) == {"a␀b": {"␀": 1}}


def test_half_a_character_can_be_stored() -> None:
    assert kept({"note": "a\ud800b", "\udc00": 1}) == {"note": "a?b", "?": 1}


def test_a_strange_actor_can_be_stored() -> None:
    assert audit.record("order.created", actor="kim\x00\ud800").actor == "kim␀?"


def test_a_long_text_is_cut_and_says_how_much_is_missing() -> None:
    text = kept({"answer": "x" * (MAX_TEXT + 250)})["answer"]
    assert text == "x" * MAX_TEXT + "… (250 more characters)"


def test_a_text_of_the_greatest_length_stays_whole() -> None:
    assert kept({"answer": "x" * MAX_TEXT})["answer"] == "x" * MAX_TEXT


def test_money_keeps_its_digits() -> None:
    from decimal import Decimal

    assert kept({"total": Decimal("10.10")}) == {"total": "10.10"}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.dates()
    | st.text(st.characters(codec=None, exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@hypothesis_settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.text(st.characters(codec=None, exclude_categories=())), values, max_size=4))
def test_whatever_it_is_given_is_stored_and_reads_as_a_sentence(data: dict[str, Any]) -> None:
    for type_ in ("call.failed", "order.created"):
        entry = AuditEntry.objects.get(pk=audit.record(type_, data).pk)
        assert describe(entry).sentence


# --- sentences ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", SENTENCES)
def test_every_type_reads_even_when_its_data_is_missing(type_: str) -> None:
    line = describe(AuditEntry(type=type_, data={}, actor="kim"))
    assert line.sentence
    assert "{" not in line.sentence


@pytest.mark.parametrize("type_", SENTENCES)
def test_every_type_shows_its_data(type_: str) -> None:
    template, tone = SENTENCES[type_]
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    line = describe(AuditEntry(type=type_, data={name: f"<{name}>" for name in names}, actor="kim"))
    assert all(f"<{name}>" in line.sentence for name in names)
    assert tone in TONES


@pytest.mark.parametrize("type_", SENTENCES)
def test_every_type_fits_its_column(type_: str) -> None:
    assert len(type_) <= (AuditEntry._meta.get_field("type").max_length or 0)


def test_an_entry_of_an_older_version_still_reads() -> None:
    assert describe(AuditEntry(type="order.folded", data={}, actor="hub")).sentence == "order.folded"


def test_braces_in_the_data_are_text() -> None:
    line = describe(AuditEntry(type="order.stopped", data={"message": "{actor} {0} {x!r}"}, actor="hub"))
    assert line.sentence == "{actor} {0} {x!r}"


def test_a_staff_sentence_names_the_actor() -> None:
    assert (
        describe(AuditEntry(type="staff.hold", data={}, actor="kim")).sentence == "kim put the order on hold."
    )


# --- the timeline of an order ---------------------------------------------------------------------------------


@pytest.fixture
def processed(hub: Hub, client: Client, draft: Callable[..., OrderDraft]) -> Order:
    """An order that came as a webhook and became a job."""
    number = hub.pressero.place(draft(), notify=False)
    assert WebhookSender(client).post(message(number=number)).status_code == 202
    order = Order.objects.get(number=number)
    runner.process(order.pk)
    return order


def test_the_timeline_of_an_order_tells_all_that_happened_in_order(processed: Order) -> None:
    types = [line.type for line in audit.timeline(processed)]
    story = [
        "order.created", "event.received", "order.claimed", "order.fetched", "order.decided", "mapping.chosen",
        "order.planned", "job.started", "job.commit_intended", "job.created", "order.submitted",
        "item.job_number_told",
    ]  # fmt: skip
    assert [type_ for type_ in dict.fromkeys(types) if type_ in story] == story


def test_the_timeline_shows_each_call_with_its_request_and_answer(processed: Order) -> None:
    calls = [line for line in audit.timeline(processed) if line.type == "call.made"]
    assert {call.data["system"].split()[0] for call in calls} == {"Pressero", "Pace"}
    for call in calls:
        assert set(call.data) >= {"what", "method", "url", "request", "status", "answer", "milliseconds"}
        # Pace says "there is no such thing" with a 500; to a question that is an answer.
        assert call.data["status"] == 200 or "Unable to locate object" in call.data["answer"]


def test_the_timeline_names_the_mapping_row_behind_a_choice(processed: Order) -> None:
    [line] = [
        line
        for line in audit.timeline(processed)
        if line.type == "mapping.chosen" and "Ground" in line.sentence
    ]
    assert line.data["row"]
    assert line.data["mapping"]


def test_the_entries_of_one_try_are_tied_together(processed: Order) -> None:
    lines = audit.timeline(processed)
    tries = {line.correlation for line in lines if line.actor.startswith("worker")}
    assert len(tries) == 1
    assert tries != {""}


def test_every_entry_of_a_timeline_reads_without_a_gap(processed: Order) -> None:
    assert [line.sentence for line in audit.timeline(processed) if "?" in line.sentence] == []


def test_a_failed_call_is_told_with_what_went_wrong(hub: Hub, draft: Callable[..., OrderDraft]) -> None:
    order = hub.take_in(draft())
    hub.pace.faults.add("error_before", status=503)
    runner.process(order.pk)
    lines = audit.timeline(order)
    failed = next(line for line in lines if line.type == "call.failed")
    assert failed.tone == "bad"
    assert failed.data["error"]
    assert lines[-1].type == "order.retry_planned"


@pytest.mark.parametrize(
    ("items", "said"), [(1, "1 item, total 9.00"), (2, "2 items, total 9.00"), ("?", "? items, total 9.00")]
)
def test_a_count_is_said_with_its_noun(items: object, said: str) -> None:
    assert said in audit.describe_data("order.fetched", {"items": items, "total": "9.00"})


def test_no_sentence_speaks_in_words_of_the_code() -> None:
    for type_, (sentence, _tone) in audit.SENTENCES.items():
        assert not re.search(r"\b(?:unit|txn|wish|look|claim)\b", sentence), type_
