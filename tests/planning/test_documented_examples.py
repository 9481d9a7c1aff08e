"""Every example of docs/mapping.md, run. The tables of that page are the data of these tests."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal as D
from typing import Any

import pytest

from integrations.planning import order_diff
from integrations.planning.files import job_number_for
from integrations.planning.findings import PlanFindings
from integrations.planning.kits import Kits
from integrations.planning.money import ItemMoney, shares, split_evenly
from integrations.planning.plan_types import CustomerCandidates, Fields, StorefrontParameters
from mappings.types import (
    HolidayRow,
    MappingTable,
    ProductRow,
    ShipmentAddressRow,
    ShipmentMethodRow,
)
from tests.planning.builders import (
    PEORIA,
    REFERENCE,
    SPRINGFIELD,
    file,
    item,
    order,
    plan,
    storefront,
    values,
)
from tests.planning.documented import Row, code, long_text, tables

DATES = tables("Ship dates and holidays")
SHARES = tables("Shares")
NAMES = tables("Names")[0]
PRODUCTS = tables("Products to item templates")
SHIPPING = tables("Shipping methods and addresses")
STORE_IDS = {"all": None, "this": 1, "another": 2}


# --- ship dates -----------------------------------------------------------------------------------------------

RULES: dict[str, dict[str, Any]] = {
    "roll forward": {"skip_holidays": True, "holiday_rule": "roll_forward"},
    "count working days": {"skip_holidays": True, "holiday_rule": "count_working_days"},
    "off": {"skip_holidays": False},
}


def holidays_in(cell: str) -> tuple[HolidayRow, ...]:
    """`2026-12-24`, `every 02-29`, `this storefront 2026-03-20`, with commas between."""
    rows = []
    for number, words in enumerate(filter(None, cell.split(", ")), start=1):
        found = re.fullmatch(r"(?:(this|another) storefront )?(every )?([\d-]+)", words)
        assert found is not None, words
        day = date.fromisoformat(f"2024-{found[3]}" if found[2] else found[3])
        rows.append(HolidayRow(number, STORE_IDS[found[1] or "all"], day, "Closed", bool(found[2])))
    return tuple(rows)


@pytest.mark.parametrize(
    "row", DATES[1], ids=lambda row: f"{row['rule']} {row['requested']} {row['custom holidays']}"
)
def test_ship_date(row: Row) -> None:
    ordered = datetime.combine(date.fromisoformat(row["ordered"]), time(15), tzinfo=UTC)
    of = order(placed_at=ordered, requested_ship_date=date.fromisoformat(row["requested"]))
    table = MappingTable(holidays=holidays_in(row["custom holidays"]))
    [job] = plan(of, storefront(**RULES[row["rule"]]), table=table, now=ordered).jobs
    fields = values(job.fields)
    ships = datetime.combine(date.fromisoformat(row["ships"]), time(17))
    assert (fields["scheduledShipDateTime"], fields["promiseDateTime"]) == (ships, ships)


def test_both_rules_have_examples_of_every_kind() -> None:
    told = [(row["rule"], row["custom holidays"]) for row in DATES[1]]
    for rule in ("roll forward", "count working days"):
        assert (rule, "every 02-29") in told
        assert any("," in custom for other, custom in told if other == rule), "a run of days off"


def test_the_steps_of_both_rules_stand_in_one_table() -> None:
    assert list(DATES[0][0]) == ["step", "roll forward", "count working days"]


# --- shares ---------------------------------------------------------------------------------------------------

ORDER_AMOUNTS = (
    {"shipping": "24.00", "tax": "10.00", "discount": "5.00"},
    {"shipping": "10.00", "tax": "0.02"},
    {"shipping": "8.00", "subtotal": "160.00"},
)


@pytest.mark.parametrize(
    ("rows", "amounts"), list(zip(SHARES[:3], ORDER_AMOUNTS, strict=True)), ids=["plain", "cents", "kit"]
)
def test_shares(rows: list[Row], amounts: dict[str, str]) -> None:
    items = []
    for row in rows:
        seq, _, kit = row["item"].partition(" of ")
        is_kit = seq.endswith(" kit")
        number = int(seq.removesuffix(" kit"))
        items.append(
            item(
                number,
                row["price"],
                shipping=row["own shipping"] or None,
                is_kit=is_kit,
                parent=int(kit) if kit else None,
            )
        )
    of = order(*items, **{"tax": "0.00", "discount": "0.00", **amounts})
    money = shares(of, Kits(of), all_sent=True, findings=PlanFindings(1)).by_item
    shown = {int(row["item"].split()[0]): row for row in rows if row["part price"]}
    assert money.keys() == shown.keys()
    for number, row in shown.items():
        made = money[number]
        assert [str(made.freight), str(made.tax), str(made.discount), str(made.part_price), str(made.total)] == [
            row["shipping share"], row["tax share"], row["discount share"], row["part price"], row["comes to"],
        ]  # fmt: skip


@pytest.mark.parametrize("row", SHARES[3], ids=lambda row: row["item comes to"])
def test_split_evenly(row: Row) -> None:
    jobs = split_evenly(ItemMoney(price=D(row["item comes to"])), int(row["jobs"]))
    assert ", ".join(str(job.total) for job in jobs) == row["amounts"]


# --- names and files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", NAMES, ids=lambda row: f"{row['item name'] or 'no name'} {row['file']}")
def test_names(row: Row) -> None:
    number = int(row["file number"])
    files = [file(f"other-{n}.pdf") for n in range(1, number)] + [
        file(long_text(row["file"]), "https://x.example.com/f")
    ]
    store = storefront(
        one_job_per_item=True,
        override_job_name=row["Override job name"] == "Y",
        override_file_name=row["Override file name"] == "Y",
    )
    of = order(item(2, item_name=long_text(row["item name"]), files=files))
    job = plan(of, store).jobs[number - 1]
    [sent] = job.parts[0].files
    assert job.name == long_text(row["job name"])
    assert values(sent.fields)["fileName"] == long_text(row["file name in Pace"])
    assert values(job.fields)["description"] == long_text(row["description of the job"])
    assert len(str(job.description)) <= 255


@pytest.mark.parametrize("row", tables("Files")[1], ids=lambda row: row["file number"])
def test_files_that_come_later(row: Row) -> None:
    assert job_number_for(int(row["file number"]), [1, 2]) == int(row["goes to the job of number"])


# --- mapping rows ---------------------------------------------------------------------------------------------


def because_of(fields: Fields, name: str) -> str:
    if name not in fields:
        return "nothing"
    source = fields[name].source
    if source.row_id is not None:
        return f"row {source.row_id}"
    return "the Integration Id" if "Integration Id" in source.detail else "the default"


@pytest.mark.parametrize("row", PRODUCTS[1], ids=lambda row: row["because of"])
def test_products(row: Row) -> None:
    table = MappingTable(
        products=tuple(
            ProductRow(
                int(r["row"]), STORE_IDS[r["storefront"]], r["product"], r["match"], r["item template"]
            )
            for r in PRODUCTS[0]
        )
    )
    of = order(
        item(
            part_number=row["part number"],
            product_name=row["name"],
            product_integration_id=row["Integration Id"],
        )
    )
    [job] = plan(of, table=table, reference=replace(REFERENCE, item_templates=())).jobs
    fields = job.parts[0].fields
    assert values(fields).get("itemTemplate", "") == row["item template"]
    assert because_of(fields, "itemTemplate") == row["because of"]


def shipping_rows() -> MappingTable:
    addresses, methods = [], []
    for r in SHIPPING[0]:
        number, store, via = int(r["row"]), STORE_IDS[r["storefront"]], int(r["ship via"])
        if r["method"]:
            methods.append(ShipmentMethodRow(number, store, r["method"], via, r["account"]))
        else:
            addresses.append(
                ShipmentAddressRow(number, store, r["business"], "", r["city"], "", "", "", via, r["account"])
            )
    return MappingTable(shipment_addresses=tuple(addresses), shipment_methods=tuple(methods))


@pytest.mark.parametrize(
    "row", SHIPPING[1], ids=lambda row: f"{row['business']} {row['city']} {row['method']}"
)
def test_shipping(row: Row) -> None:
    to = replace(PEORIA, business=row["business"], city=row["city"])
    store = storefront(default_ship_via=1, default_account_number="DEF")
    of = order(item(ship_to=to, method_name=row["method"]))
    [job] = plan(of, store, table=shipping_rows(), reference=replace(REFERENCE, ship_vias=())).jobs
    fields = job.shipments[0].fields
    assert (values(fields)["shipVia"], values(fields)["accountNumber"]) == (
        int(row["ship via"]),
        row["account"],
    )
    assert (because_of(fields, "shipVia"), because_of(fields, "accountNumber")) == (
        row["because of"],
        row["because of2"],
    )


# --- field names ----------------------------------------------------------------------------------------------


def documented(heading: str, table: int = 0) -> set[str]:
    rows = tables(heading)[table]
    first = next(iter(rows[0]))
    return {name for row in rows for name in code(row[first])}


def everything() -> Any:
    """A plan in which every field has a value."""
    store: StorefrontParameters = storefront(
        integration_id="", job_type=5, admin_status="O", default_account_number="ACC"
    )
    full = item(
        1,
        files=("a.pdf",),
        options=(("Paper", "14pt"),),
        product_integration_id="BC-TPL",
        notes="Rush",
        ship_to=replace(SPRINGFIELD, address2="Floor 2", address3="Dock", email="a@b.example"),
    )
    of = order(full, po_number="PO", bill_to=full.ship_to, buyer_phone="555-1")
    return plan(of, store, candidates=CustomerCandidates())


class TestFieldNames:
    """Each field of a plan is explained, and no field is that no plan has."""

    job = everything().jobs[0]

    def test_of_a_job(self) -> None:
        assert documented("The job") == set(self.job.fields)

    def test_of_a_part(self) -> None:
        assert documented("Each part") == set(self.job.parts[0].fields)

    def test_of_a_shipment(self) -> None:
        assert documented("Each shipment") == set(self.job.shipments[0].fields)

    def test_of_a_carton_and_its_contents(self) -> None:
        [shipment] = self.job.shipments
        assert documented("Each carton") == {*shipment.carton, *shipment.contents[0].fields}

    def test_of_a_file(self) -> None:
        assert documented("Files") == set(self.job.parts[0].files[0].fields)

    def test_of_a_new_customer_and_contact(self) -> None:
        to = replace(SPRINGFIELD, address2="Floor 2", address3="Dock")
        of = order(item(1), bill_to=to, buyer_phone="555-1", buyer_business="Example")
        party = plan(of, candidates=CustomerCandidates((), customer_exists=False)).party
        assert party is not None
        assert documented("Customers and contacts", 1) == {*party.create_customer, *party.create_contact}


def test_the_compared_fields_are_listed() -> None:
    listed = {row["compared"]: row["fields"].split(", ") for row in tables("Changes after submission")[0]}
    assert listed["of the order"] == list(order_diff._ORDER_FIELDS.values())
    assert listed["of each item"] == list(order_diff._ITEM_FIELDS.values())


def test_every_parameter_of_a_storefront_is_explained() -> None:
    """The words of the page and the parameters that a plan depends on, one by one."""
    explained = {row["parameter"] for row in tables("The storefront's parameters")[0]}
    parameters = {
        "integration_id": "Integration ID",
        "site_integration_id": "Integration ID",
        "create_missing_customers": "Create missing customers",
        "fallback_contact": "Fallback contact",
        "wait_for_approval": "Wait for approval",
        "one_job_per_item": "One job per order item",
        "override_job_name": "Override job name",
        "override_file_name": "Override file name",
        "skip_holidays": "Skip holidays",
        "holiday_rule": "Holiday rule",
        "holiday_country": "Holiday country, subdivision",
        "holiday_subdivision": "Holiday country, subdivision",
        "default_ship_days": "Default ship days",
        "default_po_number": "Default PO number",
        "job_type": "Job type, status of new jobs",
        "admin_status": "Job type, status of new jobs",
        "default_ship_via": "Default ship via, default account number",
        "default_account_number": "Default ship via, default account number",
    }
    assert explained == set(parameters.values())
    own = set(StorefrontParameters.__dataclass_fields__) - {
        "id",
        "name",
        "customer_defaults",
        "contact_defaults",
        "integration_id_confirmed",  # whether the Integration ID may be created
        "internal_file_hosts",  # of the whole hub (.env.example)
        "web_order_ids",  # of the Pace server
    }
    assert {name for name in own if not name.startswith("server_")} == parameters.keys()
