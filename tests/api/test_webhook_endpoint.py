"""`POST /api/pressero/<account slug>/events/`: what Pressero may rely on (docs/api.md §1)."""

import io
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations.core.workqueue import messages as queue
from integrations.enums import EventVerdict, HashScheme, OrderStatus
from integrations.models import AuditEntry, Order, Storefront, WebhookEvent
from integrations.simulation.sandbox.pressero import OrderDraft
from integrations.simulation.sandbox.pressero.webhooks import HASH_SCHEMES, message_hash
from tests.conftest import Hub
from tests.messages import UNKNOWN_SITE, WebhookSender, as_body, message

SCHEMES = [scheme for scheme in HashScheme.values if scheme != HashScheme.AUTO]
LIMIT = settings.WEBHOOK_MAX_BYTES


# --- 202: stored ----------------------------------------------------------------------------------------------


def test_a_new_event_is_answered_202_with_its_id_once_it_is_stored(sender: WebhookSender) -> None:
    answer = sender.post(message())
    assert answer.status_code == 202
    assert json.loads(answer.content) == {"event": WebhookEvent.objects.get().pk, "duplicate": False}


def test_the_body_is_stored_exactly_as_it_came(sender: WebhookSender) -> None:
    body = (
        b'{ "Type":10,\r\n "SiteId": "'
        + UNKNOWN_SITE.encode()
        + b'", "Data": {"OrderNumber": 7, "x": 1.50e1}}\n'
    )
    sender.post(body)
    assert WebhookEvent.objects.get().body.encode() == body


def test_an_order_event_makes_the_order_and_makes_it_due(sender: WebhookSender) -> None:
    sender.post(message(number=10500))
    order = Order.objects.get()
    assert (order.number, order.status) == (10500, OrderStatus.RECEIVED)
    assert order.due_at is not None


def test_events_of_one_order_share_it(sender: WebhookSender) -> None:
    sender.post(message("OrderPlaced"))
    sender.post(message("OrderItemApproved", Data={"OrderNumber": 10500, "OrderItemSeq": 2}))
    assert Order.objects.count() == 1
    assert list(WebhookEvent.objects.order_by("id").values_list("item_seq", flat=True)) == [None, 2]


def test_an_address_typed_without_its_last_slash_takes_events_like_the_other(sender: WebhookSender) -> None:
    sender.url = sender.url.removesuffix("/")
    answer = sender.post(message(number=10500))
    assert answer.status_code == 202
    assert Order.objects.get().number == 10500


def test_whole_numbers_with_a_fraction_are_taken_as_in_orders(sender: WebhookSender) -> None:
    body = json.dumps(message("OrderItemApproved", Data={"OrderNumber": 10500, "OrderItemSeq": 2})).encode()
    body = body.replace(b'"OrderItemSeq": 2', b'"OrderItemSeq": 2.0').replace(b'"Type": 7', b'"Type": 7.0')
    assert b"7.0" in body
    assert sender.post(body).status_code == 202
    assert WebhookEvent.objects.get().item_seq == 2


@pytest.mark.parametrize("number", [10500, "10500", " 10500 "])
def test_an_order_number_may_come_as_text(sender: WebhookSender, number: object) -> None:
    assert sender.post(message(number=number)).status_code == 202
    assert Order.objects.get().number == 10500


def test_the_type_number_alone_is_enough(sender: WebhookSender) -> None:
    assert sender.post(message(TypeName=...)).status_code == 202
    assert WebhookEvent.objects.get().type_name == "OrderPlaced"


def test_the_type_name_alone_is_enough(sender: WebhookSender) -> None:
    assert sender.post(message(Type=...)).status_code == 202
    assert WebhookEvent.objects.get().verdict == EventVerdict.ACCEPTED


def test_the_keys_of_the_envelope_are_read_in_any_case(sender: WebhookSender) -> None:
    body = {"type": 10, "data": {"ordernumber": 10500}, "siteid": UNKNOWN_SITE.upper(), "messageid": "m1"}
    assert sender.post(body).status_code == 202
    assert WebhookEvent.objects.get().message_id == "m1"


def test_the_site_is_found_whatever_the_case_of_its_id(sender: WebhookSender) -> None:
    sender.post(message(SiteId=message()["SiteId"].upper()))
    assert WebhookEvent.objects.get().verdict == EventVerdict.ACCEPTED


def test_a_body_with_a_byte_order_mark_is_read(sender: WebhookSender) -> None:
    assert sender.post(b"\xef\xbb\xbf" + as_body(message())).status_code == 202


def test_an_event_of_an_unknown_type_is_stored_and_answered_202(sender: WebhookSender) -> None:
    assert sender.post(message("OrderTeleported", number=None)).status_code == 202
    assert WebhookEvent.objects.get().verdict == EventVerdict.UNKNOWN_TYPE


def test_an_unknown_type_that_names_an_order_has_that_order_looked_at(sender: WebhookSender) -> None:
    sender.post(message("OrderTeleported"))
    assert Order.objects.get().due_at is not None


def test_an_event_of_an_unknown_site_is_stored_and_answered_202(sender: WebhookSender) -> None:
    assert sender.post(message(SiteId=UNKNOWN_SITE)).status_code == 202
    assert WebhookEvent.objects.get().verdict == EventVerdict.UNKNOWN_SITE
    assert not Order.objects.exists()


def test_an_event_of_an_inactive_storefront_is_stored_and_answered_202(sender: WebhookSender) -> None:
    Storefront.objects.update(active=False)
    assert sender.post(message()).status_code == 202
    assert WebhookEvent.objects.get().verdict == EventVerdict.INACTIVE_SITE
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "name", ["NewSiteUser", "UpdatedSiteUser", "PageFormSubmit", "LowInventory", "NewSite"]
)
def test_an_event_without_an_order_is_stored_and_answered_202(sender: WebhookSender, name: str) -> None:
    assert sender.post(message(name, number=None)).status_code == 202
    assert WebhookEvent.objects.get().verdict == EventVerdict.NO_ORDER


def test_an_order_on_hold_keeps_its_event_and_stays_on_hold(sender: WebhookSender) -> None:
    sender.post(message())
    Order.objects.update(status=OrderStatus.ON_HOLD, due_at=None)
    assert sender.post(message()).status_code == 202
    assert WebhookEvent.objects.count() == 2
    assert Order.objects.get().due_at is None


def test_an_event_wakes_one_worker(
    sender: WebhookSender, sent: list[tuple[Any, ...]], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sender.post(message())
    assert sent == [(queue.PROCESS_ORDER, Order.objects.get().pk)]


def test_the_wake_up_is_sent_only_after_the_event_is_committed(
    sender: WebhookSender, sent: list[tuple[Any, ...]]
) -> None:
    sender.post(message())  # the test's own transaction is still open
    assert sent == []


def test_a_task_queue_that_is_down_does_not_fail_a_stored_event(
    sender: WebhookSender,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise ConnectionError("connection refused")

    monkeypatch.setattr(queue, "async_task", down)
    with django_capture_on_commit_callbacks(execute=True):
        assert sender.post(message()).status_code == 202
    assert Order.objects.get().due_at is not None


def test_nobody_is_called_while_answering(hub: Hub, client: Client, draft: Callable[..., OrderDraft]) -> None:
    sender = WebhookSender(client)
    number = hub.pressero.place(draft(), notify=False)
    hub.pace.clear_calls()
    hub.pressero.clear_calls()
    for content in (
        message(number=number),
        message(SiteId=UNKNOWN_SITE),
        message("NewSiteUser", None),
        b"no JSON",
    ):
        sender.post(content)
    assert (hub.pace.calls, hub.pressero.calls) == ([], [])


def test_the_sender_asks_for_whatever_format_and_gets_json(sender: WebhookSender) -> None:
    for accept in ("text/html", "application/xml", "*/*", "nonsense"):
        answer = sender.post(message(), headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (202, "application/json")


# --- 200: repeated --------------------------------------------------------------------------------------------


def test_a_repeated_message_id_is_answered_200_with_the_first_events_id(sender: WebhookSender) -> None:
    first = json.loads(sender.post(again := message()).content)
    answer = sender.post(again)
    assert answer.status_code == 200
    assert json.loads(answer.content) == {"event": first["event"], "duplicate": True}


def test_a_repeated_message_is_counted_and_not_stored_again(sender: WebhookSender) -> None:
    again = message()
    for _ in range(3):
        sender.post(again)
    assert WebhookEvent.objects.get().repeats == 2


def test_a_repeated_message_does_not_make_the_order_due_again(sender: WebhookSender) -> None:
    sender.post(again := message())
    before = Order.objects.get().wake_count
    sender.post(again)
    assert Order.objects.get().wake_count == before


def test_an_event_without_a_message_id_is_identified_by_the_hash_of_its_body(sender: WebhookSender) -> None:
    plain = message(MessageID=...)
    assert [sender.post(plain).status_code, sender.post(plain).status_code] == [202, 200]
    assert sender.post(plain | {"Timestamp": "2025-03-05T00:00:00Z"}).status_code == 202


@pytest.mark.parametrize("nothing", ["", None, "   "])
def test_an_empty_message_id_counts_as_none(sender: WebhookSender, nothing: object) -> None:
    assert sender.post(message(number=1, MessageID=nothing)).status_code == 202
    assert sender.post(message(number=2, MessageID=nothing)).status_code == 202


def test_a_very_long_message_id_still_tells_repeats(sender: WebhookSender) -> None:
    again = message(MessageID="m" * 5000)
    assert [sender.post(again).status_code, sender.post(again).status_code] == [202, 200]
    assert sender.post(message(MessageID="m" * 5000 + "x")).status_code == 202


def test_a_message_id_with_other_content_is_kept_as_its_own_row(sender: WebhookSender) -> None:
    first = message(MessageID="m1", number=10500)
    other = message(MessageID="m1", number=10501)
    sender.post(first)
    answer = sender.post(other)
    assert (answer.status_code, json.loads(answer.content)["duplicate"]) == (200, True)
    kept = WebhookEvent.objects.order_by("id").values_list("verdict", "order_number")
    assert list(kept) == [(EventVerdict.ACCEPTED, 10500), (EventVerdict.CONFLICT, 10501)]


def test_a_conflicting_message_still_has_its_order_looked_at(sender: WebhookSender) -> None:
    sender.post(message(MessageID="m1", number=10500))
    sender.post(message(MessageID="m1", number=10501))
    assert set(Order.objects.values_list("number", flat=True)) == {10500, 10501}


def test_a_conflicting_message_that_is_repeated_is_stored_once(sender: WebhookSender) -> None:
    sender.post(message(MessageID="m1"))
    other = message(MessageID="m1", number=10501)
    for _ in range(3):
        assert sender.post(other).status_code == 200
    assert WebhookEvent.objects.count() == 2


# --- 400 ------------------------------------------------------------------------------------------------------

DEEP = b'{"Type": 10, "SiteId": "s", "Data": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
MALFORMED = {
    "empty": b"",
    "no JSON": b"OrderPlaced",
    "cut": as_body(message())[:-5],
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"10",
    "not UTF-8": b'{"Type": "\xff\xfe"}',
    "UTF-16": json.dumps(message()).encode("utf-16"),
    "a zero byte": as_body(message())[:-1] + b"\x00}",
    "NaN": b'{"Type": NaN}',
    "a huge number": b'{"Type": 10, "SiteId": "s", "Data": {"OrderNumber": ' + b"9" * 100_000 + b"}}",
    "a huge exponent": b'{"Type": 10, "SiteId": "s", "Data": {"OrderNumber": 1e999999999999999999999}}',
    "deep nesting": DEEP,
    "deep lists": b"[" * 500_000,
    "no Data": message(Data=...),
    "Data is a list": message(Data=[]),
    "Data is null": message(Data=None),
    "no Type and no TypeName": message(Type=..., TypeName=...),
    "Type is an object": message(Type={}),
    "Type is a fraction": message(Type=1.5),
    "Type is true": message(Type=True),
    "Type is huge": message(Type=10**18),
    "TypeName is a list": message(TypeName=[]),
    "no SiteId": message(SiteId=...),
    "SiteId is empty": message(SiteId=" "),
    "SiteId is an object": message(SiteId={}),
    "SiteId holds a zero character": message(SiteId="a\x00b"),
    "SiteId holds half a character": message(SiteId="\ud800"),
    "MessageID is an object": message(MessageID={"a": 1}),
    "MessageID holds a zero character": message(MessageID="\x00"),
    "MessageID holds half a character": message(MessageID="\udfff"),
    "TypeName holds a zero character": message("Order\x00"),
    "no order number": message(number=None),
    "order number is zero": message(number=0),
    "order number is negative": message(number=-1),
    "order number is a fraction": message(number=1.5),
    "order number is true": message(number=True),
    "order number is a word": message(number="ten"),
    "order number is a list": message(number=[1]),
    "order number in other digits": message(number="²"),
    "order number beyond every column": message(number=2**63),
}


@pytest.mark.usefixtures("stack_used_up")
@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_event_is_answered_400_with_a_sentence_and_not_stored(
    sender: WebhookSender, content: object
) -> None:
    answer = sender.post(content)
    assert answer.status_code == 400
    assert json.loads(answer.content)["detail"].endswith(".")
    assert not WebhookEvent.objects.exists()


STRANGE = {
    "zero characters in Data": message(Data={"OrderNumber": 1, "Note": "a\x00b", "\x00": 1}),
    "half a character in Data": message(Data={"OrderNumber": 1, "Note": "\ud800"}),
    "half a character as a key": message(Data={"OrderNumber": 1, "\udc00": 1}),
    "a time that is none": message(Timestamp="yesterday"),
    "a time in year 1": message(Timestamp="0001-01-01T00:00:00+14:00"),
    "a time in year 9999": message(Timestamp="9999-12-31T23:59:59-12:00"),
    "a time that is an object": message(Timestamp={}),
    "an item number beyond its column": message(Data={"OrderNumber": 1, "OrderItemSeq": 2**40}),
    "an item number that is a word": message(Data={"OrderNumber": 1, "OrderItemSeq": "two"}),
    "the largest order number": message(number=2**63 - 1),
    "a very long type name": message("T" * 500, number=None),
    "a very long site": message(SiteId="s" * 500),
    "a number as MessageID": message(MessageID=42),
    "a negative type": message("Odd", Type=-1),
    "unknown fields": message(Extra={"a": [1, 2, {"b": None}]}),
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE.keys())
def test_a_strange_but_whole_event_is_stored(sender: WebhookSender, content: object) -> None:
    assert sender.post(content).status_code == 202
    assert WebhookEvent.objects.count() == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "Type": json_values | st.integers(0, 20),
        "TypeName": json_values | st.sampled_from(["OrderPlaced", "NewSiteUser"]),
        "Timestamp": json_values,
        "Data": json_values
        | st.dictionaries(st.sampled_from(["OrderNumber", "OrderItemSeq", "x"]), json_values),
        "SiteId": json_values | st.sampled_from([message()["SiteId"], UNKNOWN_SITE]),
        "MessageID": json_values | st.uuids().map(str),
    },
)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=envelopes | json_values | st.binary(max_size=60))
def test_whatever_comes_is_never_answered_with_a_fault_of_the_hub(
    unsigned: WebhookSender, content: object
) -> None:
    assert unsigned.post(content).status_code in (200, 202, 400)
    with connection.cursor() as cursor:  # the database still takes queries
        cursor.execute("SELECT 1")


# --- 401 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given_hash", [None, "", "   ", "nonsense", "0" * 40, "é", "da39a3ee5e6b4b0d3255bfef95601890afd80709"]
)
def test_a_missing_or_wrong_hash_is_answered_401_and_nothing_is_stored(
    sender: WebhookSender, given_hash: str | None
) -> None:
    sender.scheme = None
    answer = sender.post(message(), headers={} if given_hash is None else {"MessageHash": given_hash})
    assert answer.status_code == 401
    assert not WebhookEvent.objects.exists()
    assert not Order.objects.exists()
    assert not AuditEntry.objects.filter(type__startswith="event.").exists()


def test_the_hash_of_another_key_is_refused(sender: WebhookSender) -> None:
    sender.key = "another key"
    assert sender.post(message()).status_code == 401


def test_the_hash_of_another_body_is_refused(sender: WebhookSender) -> None:
    stolen = message_hash("key+body:hex", sender.key, as_body(message()))
    assert sender.post(message(), headers={"MessageHash": stolen}).status_code == 401


def test_who_is_not_authenticated_does_not_learn_what_is_wrong_with_the_body(sender: WebhookSender) -> None:
    sender.scheme = None
    assert sender.post(b"no JSON").status_code == 401


def test_an_account_without_a_key_takes_unsigned_events(unsigned: WebhookSender) -> None:
    assert unsigned.post(message()).status_code == 202


def test_an_account_without_a_key_does_not_mind_a_hash(unsigned: WebhookSender) -> None:
    assert unsigned.post(message(), headers={"MessageHash": "anything"}).status_code == 202


def test_the_sandbox_and_the_hub_know_the_same_schemes() -> None:
    assert set(HASH_SCHEMES) == set(SCHEMES)


SPELLINGS = [
    (scheme, letters)
    for scheme in SCHEMES
    for letters in (("lower", "upper", "dashed") if scheme.endswith(":hex") else ("lower",))
]


@pytest.mark.parametrize("setting", ["fixed", "auto"])
@pytest.mark.parametrize(("scheme", "letters"), SPELLINGS)
def test_every_way_of_signing_is_accepted(
    sender: WebhookSender, scheme: str, letters: str, setting: str
) -> None:
    sender.set_account(hash_scheme=scheme if setting == "fixed" else HashScheme.AUTO)
    sender.scheme, sender.letters = scheme, letters
    assert sender.post(message(Note="naïve — ✓")).status_code == 202
    assert WebhookEvent.objects.get().hash_scheme == scheme


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_fixed_scheme_refuses_every_other_one(sender: WebhookSender, scheme: str) -> None:
    sender.set_account(hash_scheme=scheme)
    for sender.scheme in SCHEMES:
        assert sender.post(message()).status_code == (202 if sender.scheme == scheme else 401)


def test_auto_locks_to_the_first_scheme_that_matched(sender: WebhookSender) -> None:
    sender.scheme = "hmac:b64"
    sender.post(message())
    assert sender.account.detected_hash_scheme == "hmac:b64"
    for sender.scheme in SCHEMES:
        assert sender.post(message()).status_code == (202 if sender.scheme == "hmac:b64" else 401)


def test_the_scheme_that_was_found_is_told_in_the_audit_log(sender: WebhookSender) -> None:
    sender.post(message())
    [entry] = AuditEntry.objects.filter(type="account.scheme_detected")
    assert entry.data["scheme"] == "key+body:hex"


def test_a_forged_message_does_not_decide_the_scheme(sender: WebhookSender) -> None:
    sender.key = "another key"
    sender.post(message())
    assert sender.account.detected_hash_scheme == ""


def test_the_name_of_the_hash_header_is_read_in_any_case(sender: WebhookSender) -> None:
    body = as_body(message())
    value = message_hash("key+body:hex", sender.key, body)
    sender.scheme = None
    for name in ("messagehash", "MESSAGEHASH", "Messagehash"):
        assert sender.post(as_body(message(MessageID=str(uuid4()))), headers={name: "x"}).status_code == 401
    assert sender.post(body, headers={"mEsSaGeHaSh": value}).status_code == 202


def test_the_hash_is_taken_over_the_raw_bytes(sender: WebhookSender) -> None:
    spaced = json.dumps(message(Note="é"), indent=3, ensure_ascii=False).replace("\n", "\r\n").encode()
    assert sender.post(spaced).status_code == 202


# --- 404, 405, 413 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "slug", ["nobody", "demo-0d6f1", "%00", "a%00b", "%ED%A0%80", "%FF", "x" * 3000, "é"]
)
def test_an_unknown_account_is_answered_404(sender: WebhookSender, slug: str) -> None:
    sender.url = f"/api/pressero/{slug}/events/"
    assert sender.post(message()).status_code == 404
    assert not WebhookEvent.objects.exists()


def test_an_inactive_account_is_answered_404(sender: WebhookSender) -> None:
    sender.set_account(active=False)
    assert sender.post(message()).status_code == 404
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_post_is_allowed(sender: WebhookSender, method: str) -> None:
    assert getattr(sender.client, method)(sender.url).status_code == 405


def padded(size: int) -> bytes:
    body = as_body(message())
    return body[:-1] + b" " * (size - len(body)) + b"}"


def test_a_body_of_exactly_one_mebibyte_is_accepted(sender: WebhookSender) -> None:
    assert sender.post(padded(LIMIT)).status_code == 202


def test_a_body_over_one_mebibyte_is_answered_413(sender: WebhookSender) -> None:
    assert sender.post(padded(LIMIT + 1)).status_code == 413
    assert not WebhookEvent.objects.exists()


def test_a_declared_length_over_the_limit_is_refused_without_reading(sender: WebhookSender) -> None:
    class Unread(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise AssertionError("the body was read")

    answer = sender.post(b"{}", environ={"CONTENT_LENGTH": str(LIMIT + 1), "wsgi.input": Unread()})
    assert answer.status_code == 413


def chunked(body: bytes) -> dict[str, Any]:
    """What a WSGI server hands over for a body that came in chunks: no length, and an input that ends by itself."""
    return {
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }


def test_a_body_that_comes_in_chunks_is_read(sender: WebhookSender) -> None:
    body = as_body(message())
    assert sender.post(body, environ=chunked(body)).status_code == 202


def test_a_body_in_chunks_over_the_limit_is_answered_413(sender: WebhookSender) -> None:
    body = padded(LIMIT + 1)
    assert sender.post(body, environ=chunked(body)).status_code == 413
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("declared", ["abc", "-5", "²", "1.5", "+3"])
def test_a_length_that_is_no_number_is_no_fault_of_the_hub(sender: WebhookSender, declared: str) -> None:
    assert sender.post(message(), environ={"CONTENT_LENGTH": declared}).status_code in (400, 401)


def test_without_a_length_the_hub_does_not_wait_for_a_body(sender: WebhookSender) -> None:
    assert sender.post(b"", environ={"CONTENT_LENGTH": ""}).status_code == 400
