"""What counts as a message of Pressero."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.pressero.webhooks import EVENT_NAMES, Envelope, InvalidEnvelope, parse_envelope

SITE = "05000000-0000-4000-8000-000000000042"
PLACED: dict[str, Any] = {
    "Type": 10,
    "TypeName": "OrderPlaced",
    "Timestamp": "2025-03-04T15:22:31.27Z",
    "Data": {"OrderId": "o", "OrderNumber": 10234, "SiteId": SITE},
    "SubscriberId": "sub-1",
    "SiteId": SITE,
    "MessageID": "m-1",
}


def parsed(*, drop: tuple[str, ...] = (), **changes: Any) -> Envelope:
    message = {key: value for key, value in {**PLACED, **changes}.items() if key not in drop}
    return parse_envelope(json.dumps(message).encode())


def test_a_genuine_message_is_read() -> None:
    envelope = parsed()
    assert (envelope.type_name, envelope.type_number, envelope.known) == ("OrderPlaced", 10, True)
    assert (envelope.is_order_event, envelope.order_number, envelope.item_seq) == (True, 10234, None)
    assert (envelope.site_id, envelope.subscriber_id, envelope.message_id) == (SITE, "sub-1", "m-1")
    assert envelope.occurred_at == datetime(2025, 3, 4, 15, 22, 31, 270_000, tzinfo=UTC)
    assert envelope.data["OrderId"] == "o"


def test_keys_are_read_in_any_case() -> None:
    message = {key.lower(): value for key, value in PLACED.items()}
    message["data"] = {"ORDERNUMBER": 10234, "orderitemseq": 2}
    envelope = parse_envelope(json.dumps(message).encode())
    assert (envelope.order_number, envelope.item_seq, envelope.message_id) == (10234, 2, "m-1")


def test_a_byte_order_mark_does_not_matter() -> None:
    assert parse_envelope(b"\xef\xbb\xbf" + json.dumps(PLACED).encode()).order_number == 10234


@pytest.mark.parametrize("number", range(18))
def test_a_number_alone_names_the_event(number: int) -> None:
    envelope = parsed(Type=number, drop=("TypeName",))
    assert (envelope.type_name, envelope.known) == (EVENT_NAMES[number], True)


@pytest.mark.parametrize(
    "name", ["OrderPlaced", "orderplaced", "Order Placed", "ORDER_PLACED", " OrderPlaced "]
)
def test_a_name_alone_names_the_event_in_any_spelling(name: str) -> None:
    envelope = parsed(TypeName=name, drop=("Type",))
    assert (envelope.type_name, envelope.type_number, envelope.known) == ("OrderPlaced", None, True)


def test_the_name_wins_over_the_number() -> None:
    assert parsed(Type=7, TypeName="OrderItemDenied").type_name == "OrderItemDenied"


def test_the_number_decides_where_the_name_says_nothing() -> None:
    assert parsed(Type=9, TypeName="Something else").type_name == "OrderItemDenied"


def test_a_number_may_be_text() -> None:
    assert parsed(Type="10", drop=("TypeName",)).type_name == "OrderPlaced"


@pytest.mark.parametrize("kind", [{"Type": 99}, {"Type": -1}, {"TypeName": "BrandNew"}])
def test_an_unknown_type_is_no_error(kind: dict[str, Any]) -> None:
    envelope = parse_envelope(json.dumps({**kind, "Data": {}, "SiteId": SITE}).encode())
    assert (envelope.known, envelope.is_order_event, envelope.order_number) == (False, False, None)


def test_an_unknown_type_may_name_an_order() -> None:
    assert parsed(Type=99, TypeName="BrandNew").order_number == 10234


@pytest.mark.parametrize(
    "name", ["LowInventory", "NewUserAprvReq", "PageFormSubmit", "UpdatedSiteUser", "NewSite", "NewSiteUser"]
)
def test_some_events_are_not_about_an_order(name: str) -> None:
    envelope = parsed(TypeName=name, Data={"UserId": "u"})
    assert (envelope.known, envelope.is_order_event, envelope.order_number) == (True, False, None)


@pytest.mark.parametrize(
    ("changes", "drop", "word"),
    [
        ({}, ("Type", "TypeName"), "TypeName"),
        ({"Type": None, "TypeName": None}, (), "TypeName"),
        ({"Type": None, "TypeName": " "}, (), "TypeName"),
        ({"Type": "ten"}, (), "Type"),
        ({"Type": True}, (), "Type"),
        ({"Type": 1.5}, (), "Type"),
        ({"Type": 2**40}, (), "Type"),
        ({"TypeName": ["x"]}, (), "TypeName"),
        ({}, ("Data",), "Data"),
        ({"Data": None}, (), "Data"),
        ({"Data": [1]}, (), "Data"),
        ({"Data": "x"}, (), "Data"),
        ({}, ("SiteId",), "SiteId"),
        ({"SiteId": ""}, (), "SiteId"),
        ({"SiteId": {}}, (), "SiteId"),
        ({"MessageID": []}, (), "MessageID"),
    ],
)
def test_a_message_without_its_fields_is_refused(
    changes: dict[str, Any], drop: tuple[str, ...], word: str
) -> None:
    with pytest.raises(InvalidEnvelope, match=word):
        parsed(drop=drop, **changes)


@pytest.mark.parametrize(
    "number",
    [None, "", "x", 0, -1, "0", "-5", 1.5, True, [10234], {}, 2**63, str(2**63), "1 0", "１２", "0x10"],
)
def test_an_order_event_without_a_usable_order_number_is_refused(number: object) -> None:
    with pytest.raises(InvalidEnvelope):
        parsed(Data={"OrderNumber": number})


@pytest.mark.parametrize(
    ("number", "read"), [(1, 1), ("10234", 10234), (" 10234 ", 10234), ("00042", 42), (2**63 - 1, 2**63 - 1)]
)
def test_an_order_number_may_be_a_number_or_digits(number: object, read: int) -> None:
    assert parsed(Data={"OrderNumber": number}).order_number == read


@pytest.mark.parametrize("seq", [None, 0, -1, "x", 2**31, 1.5, [], True])
def test_an_unusable_item_number_is_left_out(seq: object) -> None:
    assert parsed(Data={"OrderNumber": 1, "OrderItemSeq": seq}).item_seq is None


@pytest.mark.parametrize("stamp", [None, "", "soon", 5, "2025-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_an_unreadable_timestamp_is_left_out(stamp: object) -> None:
    assert parsed(Timestamp=stamp).occurred_at is None


def test_a_message_without_an_id_has_an_empty_one() -> None:
    assert parsed(drop=("MessageID",)).message_id == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"12",
        b"<xml/>",
        b'{"Type": NaN}',
        b'{"Type": 1, "Data": {"x": Infinity}, "SiteId": "s"}',
        b'{"Type": 1, "Data": {"x": 1e99999999999999999999}, "SiteId": "s"}',
        b'{"Type": 1, "Data": {"x": ' + b"9" * 100_000 + b'}, "SiteId": "s"}',
        b'{"Type": 10, "Data": {"OrderNumber": 1}, "SiteId": "a\x00b"}',
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
    ],
)
@pytest.mark.usefixtures("stack_used_up")
def test_what_is_not_json_of_this_world_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(raw)


@pytest.mark.parametrize(("depth", "accepted"), [(39, True), (40, False), (500, False)])
def test_nesting_has_a_limit(depth: int, accepted: bool) -> None:
    data: dict[str, Any] = {"OrderNumber": 1}
    for _ in range(depth - 1):
        data = {"OrderNumber": 1, "x": data}
    if accepted:
        assert parsed(Data=data).order_number == 1
    else:
        with pytest.raises(InvalidEnvelope, match="nested"):
            parsed(Data=data)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
@pytest.mark.parametrize("field", ["SiteId", "MessageID", "SubscriberId", "TypeName"])
def test_a_text_that_no_database_holds_is_refused(field: str, text: str) -> None:
    changes: dict[str, Any] = {field: text}
    with pytest.raises(InvalidEnvelope, match=field):
        parsed(**changes)


def test_such_a_text_elsewhere_is_cleaned() -> None:
    assert parsed(Data={"OrderNumber": 1, "Note": "a\x00\ud800"}).data["Note"] == "a?"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.binary())
def test_any_bytes_are_a_message_or_refused(raw: bytes) -> None:
    try:
        parse_envelope(raw)
    except InvalidEnvelope as error:
        assert error.message


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "Type": JSON,
            "TypeName": JSON,
            "Data": JSON | st.fixed_dictionaries({"OrderNumber": JSON, "OrderItemSeq": JSON}),
            "SiteId": JSON,
            "MessageID": JSON,
            "SubscriberId": JSON,
            "Timestamp": JSON,
        },
    )
)
def test_any_json_is_a_message_or_refused(message: dict[str, Any]) -> None:
    try:
        envelope = parse_envelope(json.dumps(message).encode())
    except InvalidEnvelope:
        return
    assert envelope.site_id
    assert envelope.order_number is None or 0 < envelope.order_number < 2**63
    json.dumps(envelope.data, default=str).encode()


# --- What other programs write ------------------------------------------------------------------------------------


def test_whole_numbers_that_came_with_a_fraction_are_whole_as_in_orders() -> None:
    body = b'{"Type": 7.0, "Data": {"OrderNumber": 10234.0, "OrderItemSeq": 2.0}, "SiteId": "s", "MessageID": 7.0}'
    envelope = parse_envelope(body)
    assert (envelope.type_name, envelope.order_number, envelope.item_seq, envelope.message_id) == (
        "OrderItemApproved",
        10234,
        2,
        "7",
    )


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", None])
def test_an_item_number_left_blank_is_looked_for_under_its_other_name(blank: object) -> None:
    assert parsed(Data={"OrderNumber": 1, "OrderItemSeq": blank, "OrderItemNumber": "3.0"}).item_seq == 3


@pytest.mark.parametrize("written", [f"{{{SITE}}}", SITE.upper(), f"\ufeff{SITE} "])
def test_a_site_in_braces_or_capitals_is_the_same_site(written: str) -> None:
    assert parsed(SiteId=written).site_id == SITE


@pytest.mark.parametrize("stamp", ["/Date(1741101751270)/", "2025-03-04T15:22:31.27Z"])
def test_the_time_of_the_event_in_either_form(stamp: str) -> None:
    assert parsed(Timestamp=stamp).occurred_at == datetime(2025, 3, 4, 15, 22, 31, 270_000, tzinfo=UTC)


@pytest.mark.parametrize("stamp", [" ", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "yesterday"])
def test_an_event_without_a_real_time_has_none(stamp: str) -> None:
    assert parsed(Timestamp=stamp).occurred_at is None
