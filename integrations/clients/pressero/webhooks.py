"""Pressero's webhooks: the envelope of a message, and the signature over its raw bytes. Pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from automationhub.lib import values
from automationhub.lib.texts import guid, one_line
from integrations.clients.http.jsontext import MAX_INTEGER, load_json, storable
from integrations.enums import HashScheme

MAX_DEPTH = 40
# What no text of a database may hold: NUL, and halves of characters.
_NO_CHARACTER = re.compile("[\x00\ud800-\udfff]")
MAX_SMALL = 2**31 - 1  # an item number or type number beyond this fits no column

# The position is the event's Type number.
EVENT_NAMES = (
    "OrderItemStatusChanged",
    "VendorItemReady",
    "PaymentReceived",
    "LowInventory",
    "NewUserAprvReq",
    "OrderAllComplete",
    "OrderAprvReq",
    "OrderItemApproved",
    "OrderItemComplete",
    "OrderItemDenied",
    "OrderPlaced",
    "PageFormSubmit",
    "OrderItemFilesGenerated",
    "UpdatedSiteUser",
    "NewSite",
    "OrderUpdated",
    "OrderItemUpdated",
    "NewSiteUser",
)
NOT_ABOUT_ORDERS = {
    "LowInventory",
    "NewUserAprvReq",
    "PageFormSubmit",
    "UpdatedSiteUser",
    "NewSite",
    "NewSiteUser",
}
_NAMES = {name.lower(): name for name in EVENT_NAMES}


class InvalidEnvelope(ValueError):
    """The body is not a message of Pressero. `message` is one sentence for the sender."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Envelope:
    """A message. `known`: its type is one of EVENT_NAMES; `type_name` is then spelt as there.

    An order event always has an order number; other events may have one. `message_id` is "" when absent. `data` has
    its keys as they were sent, Decimals for fractions, and texts that any database can hold.
    """

    type_name: str
    type_number: int | None
    known: bool
    is_order_event: bool
    order_number: int | None
    item_seq: int | None
    site_id: str
    subscriber_id: str
    message_id: str
    occurred_at: datetime | None
    data: dict[str, Any]


def parse_envelope(raw: bytes) -> Envelope:
    """The message in these bytes. Raises InvalidEnvelope, and nothing else, when it is none."""
    fields = _folded(_json_object(raw))
    type_name, type_number, known = _type(fields)
    data = fields.get("data")
    if not isinstance(data, dict):
        raise InvalidEnvelope("Data is missing or not an object.")
    site_id = guid(_text(fields, "SiteId"))
    if not site_id:
        raise InvalidEnvelope("SiteId is missing.")
    about = _folded(data)
    is_order_event = known and type_name not in NOT_ABOUT_ORDERS
    order_number = _positive(about.get("ordernumber"), MAX_INTEGER)
    if is_order_event and order_number is None:
        raise InvalidEnvelope(f"{type_name} needs Data.OrderNumber, a whole number above 0.")
    return Envelope(
        type_name=type_name,
        type_number=type_number,
        known=known,
        is_order_event=is_order_event,
        order_number=order_number,
        item_seq=_positive(about.get("orderitemseq"), MAX_SMALL)
        or _positive(about.get("orderitemnumber"), MAX_SMALL),
        site_id=site_id,
        subscriber_id=guid(_text(fields, "SubscriberId")),
        message_id=_text(fields, "MessageID"),
        occurred_at=_moment(fields.get("timestamp")),
        data=storable(data),
    )


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidEnvelope("The body is not UTF-8.") from error
    try:
        message = load_json(text)
    except ValueError as error:
        raise InvalidEnvelope(
            "The body is not JSON, or holds a number or nesting beyond all measure."
        ) from error
    if not isinstance(message, dict):
        raise InvalidEnvelope("The body is not a JSON object.")
    _check_depth(message)
    return message


def _check_depth(message: Any) -> None:
    """Level by level, so that no nesting can exhaust the stack."""
    level = [message]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise InvalidEnvelope(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _folded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Lower-case keys; of two spellings of one key the first with a value counts."""
    folded: dict[str, Any] = {}
    for key, value in fields.items():
        if values.is_nothing(folded.get(key.lower())):
            folded[key.lower()] = value
    return folded


def _type(fields: Mapping[str, Any]) -> tuple[str, int | None, bool]:
    """Name, number, and whether we know it. The name decides; the number does where the name says nothing."""
    number, name = _type_number(fields.get("type")), _text(fields, "TypeName")
    if not name and number is None:
        raise InvalidEnvelope("Type and TypeName are missing.")
    # The exact spelling in the field is not sure: case, blanks and joints are ignored.
    canonical = _NAMES.get(re.sub(r"[\s_.-]", "", name).lower())
    if canonical is None and number is not None and 0 <= number < len(EVENT_NAMES):
        canonical = EVENT_NAMES[number]
    return canonical or name, number, canonical is not None


def _type_number(value: Any) -> int | None:
    if values.is_nothing(value):
        return None
    try:
        number = values.whole(value)
    except ValueError:
        number = MAX_SMALL + 1
    if abs(number) > MAX_SMALL:
        raise InvalidEnvelope("Type is not a whole number.")
    return number


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A text field as one line; a whole number counts as text; "" when absent."""
    value = fields.get(name.lower())
    if value is None:
        return ""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidEnvelope(f"{name} is not a text.")
    text = str(value)
    if _NO_CHARACTER.search(text):
        raise InvalidEnvelope(f"{name} holds a character that no text may hold.")
    return one_line(text)


def _positive(value: Any, largest: int) -> int | None:
    """A whole number above 0, also as digits; None for anything else."""
    try:
        number = values.whole(value)
    except ValueError:
        return None
    return number if 0 < number <= largest else None


def _moment(value: Any) -> datetime | None:
    try:
        found = values.moment(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found else None


# --- The signature ------------------------------------------------------------------------------------------


def variants(key: str, raw: bytes) -> dict[str, str]:
    """The MessageHash of these bytes under every scheme, by the scheme's name in HashScheme.

    Pressero documents SHA1 over key and payload, not their order nor how the result is written. A body that is no
    UTF-8 has no UTF-16 variants.
    """
    narrow = key.encode("utf-8", "replace")
    digests = {
        "key+body": _sha1(narrow + raw),
        "body+key": _sha1(raw + narrow),
        "hmac": hmac.new(narrow, raw, hashlib.sha1).digest(),
    }
    try:
        wide_key, wide_raw = key.encode("utf-16-le", "replace"), raw.decode("utf-8").encode("utf-16-le")
    except UnicodeDecodeError:
        pass
    else:
        digests["key+body/utf16"] = _sha1(wide_key + wide_raw)
        digests["body+key/utf16"] = _sha1(wide_raw + wide_key)
    written: dict[str, str] = {}
    for name, digest in digests.items():
        written[f"{name}:hex"] = digest.hex()
        written[f"{name}:b64"] = base64.b64encode(digest).decode()
    return written


def match_scheme(header: str, key: str, raw: bytes, scheme: str = HashScheme.AUTO) -> str | None:
    """The scheme under which `header` is the MessageHash of these raw bytes; None when it is not, or when header or
    key are empty.

    With `scheme` "auto" any scheme may match, else only that one. Hexadecimal is accepted in either case and as
    AA-BB-…. Takes the same time whatever is wrong. Raises ValueError for an unknown scheme.
    """
    wanted = HashScheme(scheme)
    given = header.strip()
    if not key or not given:
        return None
    as_hex = given.replace("-", "").lower().encode("utf-8", "replace")
    as_b64 = given.encode("utf-8", "replace")
    matched: str | None = None
    for name, expected in variants(key, raw).items():
        same = hmac.compare_digest(as_hex if name.endswith(":hex") else as_b64, expected.encode())
        if same and wanted in (HashScheme.AUTO, name) and matched is None:
            matched = str(HashScheme(name).value)
    return matched


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324 - Pressero's choice
