"""Orders as Pressero could send them: every field in the ways that shops, buyers and other programs were seen to fill it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from integrations.clients.pace.values import sent_fields
from integrations.clients.pace.xpath import field_equals, field_starts_with, is_quotable
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PaceContact, PaceCountry, PaceReference, PaceState, PresseroOrder
from integrations.errors import PermanentError
from integrations.planning.file_placement import MadePart, files_of_parts
from integrations.planning.lineage import pace
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import (
    CustomerCandidates,
    Fields,
    Plan,
    PlanInputs,
    StorefrontParameters,
    sendable,
)
from mappings.types import MappingTable, ShipmentAddressRow, ShipmentMethodRow
from tests.planning.builders import REFERENCE

NUMBER = 10234
NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
GUID = "0a000000-0000-4000-8000-0000000000{:02x}"

NOTHING: list[Any] = [None, "", " ", "\u00a0", "\ufeff", "\t\r\n"]
TEXTS = [
    "Main St", "4' x 8\" Banner", "Café\u00a0Crème", "line\r\nbreak", "tab\there", "vertical\x0btab", "\u2028sep\u2029", "名刺",
    "\u200eleft", "A" * 300, "O'Hara", "=1+1", "<b>&amp;</b>", "\x00nul", "a  b", "soft\u00adhyphen", "{braces}", "\U0001f469\u200d\U0001f680",
    "\ud800", "N/A", "-",
]  # fmt: skip
MONEY: list[Any] = [
    Decimal("10.00"), 5, Decimal("8.335000000000001"), Decimal("0.6900000000000001"), "12.50", " 3 ", Decimal("17.169999999999998"),
    0, Decimal("1E+2"), Decimal("-4.00"), Decimal("0.004"), *NOTHING,
]  # fmt: skip
BAD_MONEY: list[Any] = ["1,234.50", "$5", "free", True, [], "1e400"]
WHOLES: list[Any] = [1, 3, "250", Decimal("2.0"), "4.00", 0, *NOTHING]
BAD_WHOLES: list[Any] = ["many", Decimal("1.5"), -1, 2**40]
DATES: list[Any] = [
    "2026-03-20", "2026-03-20T00:00:00Z", "2026-03-20T17:00:00.0000000-05:00", "/Date(1805068800000)/", "/Date(1805068800000+0530)/",
    "0001-01-01T00:00:00", "0001-01-01T05:00:00Z", "0000-12-31T19:00:00", "1900-01-01", "9999-12-31T23:59:59.9999999-05:00", "2026-12-25",
    *NOTHING,
]  # fmt: skip
BAD_DATES: list[Any] = ["tomorrow", "14/03/2026", "2026-02-30", 20260320]
COUNTRIES = [
    "US",
    "USA",
    "United States",
    "U.S.A.",
    "us ",
    "Estados Unidos",
    "CA",
    "Kanada",
    "DE",
    "PR",
    "Puerto Rico",
    "",
    "N/A",
    "Atlantis",
    "England",
]
STATES = [
    "IL",
    "Illinois",
    "US-IL",
    "Illinois (IL)",
    "TX",
    "ON",
    "PR",
    "",
    "-",
    "none",
    "x",
    "0",
    ".",
    "Nowhere",
    "CA-ON",
    "Québec",
]
EMAILS = [
    "avery@example.com", "Avery@Example.com", "a@x.com; b@x.com", "\u200eavery@example.com\u00a0", "Avery <avery@example.com>", "", " ",
    "o'hara@example.com", "a\"'@x.com", "no address", "a@x.com\r\nb@x.com",
]  # fmt: skip
LINKS = [
    "https://art.example.com/dl?doc=7", "https://art.example.com/dl?doc=8", "https://art.example.com/dl?doc=7&sig=a&se=1",
    "https://art.example.com/March flyer [final].pdf", "https://art.example.com/Gruß 100%.pdf", "http://10.0.0.1/x", "file:///x", "",
    "https://[bad", "https://küche.example/a.pdf",
]  # fmt: skip
METHODS = ["Ground", "GROUND ", "Gro\u00a0und", "Will Call", "", "Balloon"]
ONE_LINE_EXCEPT = {"description2", "additionalDescription"}


def any_order(random: Random) -> dict[str, Any]:
    """A payload as `PresseroClient.order_payload` gives it: most fields as they should be, the others odd, and a few such as
    no rule can read."""

    def pick(good: list[Any], bad: list[Any] | None = None) -> Any:
        if bad and random.random() < 0.003:
            return random.choice(bad)
        return good[0] if random.random() < 0.8 else random.choice(good)

    def address(prefix: str) -> dict[str, Any]:
        if random.random() < 0.15:
            return {}
        parts = (
            "Business",
            "FirstName",
            "LastName",
            "Address1",
            "Address2",
            "Address3",
            "City",
            "Postal",
            "Phone",
        )
        return {
            **{f"{prefix}{part}": pick([*TEXTS, *NOTHING, "Peoria"]) for part in parts},
            f"{prefix}StateProvince": pick(STATES),
            f"{prefix}Country": pick(COUNTRIES),
            f"{prefix}Email": pick(EMAILS),
        }

    def guid(number: int) -> Any:
        plain = GUID.format(number)
        return random.choice([plain, plain.upper(), f"{{{plain}}}"])

    items = []
    for seq in range(1, random.choice((1, 1, 2, 3, 6)) + 1):
        items.append(
            {
                "OrderNumber": NUMBER, "OrderItemId": guid(seq), "OrderItemNumber": pick([seq, str(seq), Decimal(seq)]),
                "Product": {"ProductId": guid(50 + seq), "ProductName": pick(TEXTS), "MisId": pick(["", "BC-TPL", None])},
                "ItemName": pick([*TEXTS, *NOTHING]), "Price": pick(MONEY, BAD_MONEY), "Shipping": pick(MONEY, BAD_MONEY),
                "ItemTax": pick(MONEY, BAD_MONEY), "Discount": pick(NOTHING * 3 + [Decimal("0.50")], BAD_MONEY),
                "TotalQuantity": pick([500, "500", Decimal("500.0"), *NOTHING], BAD_WHOLES),
                "Quantity": pick(WHOLES, BAD_WHOLES), "UOMQuantity": pick(WHOLES, BAD_WHOLES),
                "RequestedShipDate": pick(DATES, BAD_DATES), "PONumber": pick([*TEXTS, *NOTHING]), "ItemNotes": pick([*TEXTS, *NOTHING]),
                "OrderItemOptionsText": pick(["Paper: 14pt; Sides: 2", "x\x0by: z", None]),
                "ShippingMethod": pick(METHODS), "ShippingMethodId": pick(["", guid(90)]),
                "Files": [
                    {"FileName": pick([*TEXTS, "card.pdf"]), "Url": pick(LINKS), "Size": pick([10, "10.0", "big", None])}
                    for _ in range(random.choice((0, 0, 1, 2)))
                ],
                "IsKit": random.random() < 0.03, "ParentOrderItemId": guid(random.randrange(1, 7)) if random.random() < 0.15 else None,
                "IsApproved": pick([True, "true", 1], ["perhaps"]), "IsDenied": random.random() < 0.08,
                **address("ShipTo"),
            }
        )  # fmt: skip
    details = {
        "OrderId": guid(0), "OrderNumber": pick([NUMBER, f"{NUMBER}.0", Decimal(NUMBER)]), "SiteId": guid(99), "SiteName": "Example",
        "OrderDate": pick(DATES, BAD_DATES), "ReqShipDate": pick(DATES, BAD_DATES), "PONumber": pick([*TEXTS, *NOTHING]),
        "Notes": pick([*TEXTS, *NOTHING]), "OrderedByFirstName": pick([*TEXTS, *NOTHING]), "OrderedByLastName": pick([*TEXTS, *NOTHING]),
        "OrderedByEmail": pick(EMAILS), "OrderSubtotal": pick(MONEY, BAD_MONEY), "OrderShipping": pick(MONEY, BAD_MONEY),
        "OrderTax": pick(MONEY, BAD_MONEY), "OrderDiscount": pick(MONEY, BAD_MONEY), "OrderTotal": pick(MONEY, BAD_MONEY),
        **address("BillTo"),
    }  # fmt: skip
    return {"details": details, "items": items}


def any_inputs(random: Random, order: PresseroOrder) -> PlanInputs:
    """The order with some storefront, rows and a Pace that keeps Puerto Rico as a state, as a country, or not at all."""

    def flag() -> bool:
        return random.random() < 0.5

    store = StorefrontParameters(
        id=1,
        name=random.choice(("Example CU Store", "Zoë's 5\" Store", "S" * 300)),
        integration_id=random.choice(("HOUSE", "", " \ufeffHOUSE")),
        wait_for_approval=flag(),
        one_job_per_item=flag(),
        override_file_name=flag(),
        override_job_name=flag(),
        skip_holidays=flag(),
        holiday_rule=random.choice(("roll_forward", "count_working_days")),
        holiday_country=random.choice(("US", "us", "USA")),
        holiday_subdivision=random.choice(("", "ny", "US-NY", "New York")),
        default_ship_via=random.choice((1, None)),
        create_missing_customers=flag(),
        fallback_contact=random.choice((None, 7)),
        server_home_country=random.choice(("", "US", "United States")),
    )
    puerto_rico = random.choice(("", "state", "country"))
    reference: PaceReference = REFERENCE
    if puerto_rico == "state":
        reference = PaceReference(
            **{**vars(reference), "states": (*reference.states, PaceState("1:PR", "PR", 1, "Puerto Rico"))}
        )
    elif puerto_rico == "country":
        reference = PaceReference(
            **{
                **vars(reference),
                "countries": (*reference.countries, PaceCountry(9, "Puerto Rico", "PR", "PRI")),
            }
        )
    table = MappingTable(
        shipment_methods=(ShipmentMethodRow(1, None, "ground", 1, ""), ShipmentMethodRow(2, 1, "Will  Call", 3, "ACC")),
        shipment_addresses=(
            ShipmentAddressRow(3, None, "", "", "", "Illinois", "", "USA", 4, ""),
            ShipmentAddressRow(4, 1, "", "", "peoria", "", "", "", None, "P"),
        ),
    )  # fmt: skip
    contact = PaceContact(
        7, "HOUSE", random.choice(("Avery@Example.com", "a@x.com", "z@x.com; avery@example.com"))
    )
    candidates = CustomerCandidates(
        (contact,) if flag() else (), random.choice((True, False, None)), contact if flag() else None
    )
    return PlanInputs(order, store, table, reference, candidates, NOW)


def order_is_handled(data: bytes) -> None:
    """The order ends as a plan (to send, waiting, denied), or as sentences that name the order, a field and what to do."""
    random = Random(data)
    payload = any_order(random)
    try:
        order = parse_order(payload)
    except PermanentError as error:
        _check_sentence(error.message)
        assert error.field, error.message
        return
    stored = json.loads(json.dumps(payload, default=str))
    assert parse_order(stored) == order, "a stored order reads back otherwise"
    inputs = any_inputs(random, order)
    plan = make_plan(inputs)
    assert plan.decision in ("send", "wait", "denied", "nothing")
    for problem in plan.problems:
        _check_sentence(problem.message)
        assert problem.field and problem.cause, problem
    for note in (*plan.notes, *plan.left_out):
        assert len(note.message.splitlines()) == 1, note.message
    if plan.decision == "send" and not plan.problems:
        _check_plan(order, inputs, plan)


def _check_sentence(message: str) -> None:
    assert f"order {NUMBER}" in message.casefold(), message
    assert message.rstrip().endswith("."), message


def _check_plan(order: PresseroOrder, inputs: PlanInputs, plan: Plan) -> None:
    for job in plan.jobs:
        assert field_starts_with("description", f"{order.number} ")
        if is_quotable(job.description):
            assert field_equals("description", job.description)
        fields = [job.fields, job.contact, *(part.fields for part in job.parts)]
        fields += [file.fields for part in job.parts for file in part.files]
        for shipment in job.shipments:
            fields += [shipment.fields, shipment.carton, *(content.fields for content in shipment.contents)]
        for one in fields:
            _check_fields(one)
    if order.total is not None and all(not item.is_denied for item in order.items):
        total = sum((Decimal(str(job.fields["amountToInvoice"].value)) for job in plan.jobs), Decimal(0))
        assert total == order.total, (total, order.total)
    made = [MadePart(job.unit, part.number, part.item) for job in plan.jobs for part in job.parts]
    for late in files_of_parts(order, inputs.storefront, made, pace("HOUSE", "the customer")):
        _check_fields(late.file.fields)
        assert late.key


def _check_fields(fields: Fields) -> None:
    """Every value is one that Pace takes: text of one line without control characters, and never a float."""
    values = sendable(fields)
    sent_fields(values, datetime.isoformat)
    for name, value in values.items():
        if isinstance(value, str):
            value.encode()
            allowed = "\n" if name in ONE_LINE_EXCEPT else ""
            assert all(char.isprintable() or char in allowed + "\u200c\u200d" for char in value), (
                name,
                value,
            )
            assert name in ONE_LINE_EXCEPT or value == value.strip(), (name, value)
    for name in ("fileUrl", "paceConnectURL"):
        if name in values:
            link = str(values[name])
            assert link.isascii() and " " not in link, link
