"""The rules of the mappings: a table of rows and a question in, the answer with the row and the reason out.

Pure: no database, no clock. The same table and question always give the same answer, whatever the order of the rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from mappings.errors import MappingMissing
from mappings.text import address_key, name_key, one_line
from mappings.types import (
    ADDRESS_COLUMNS,
    AddressQuery,
    HolidayRow,
    MappingTable,
    ProductQuery,
    ProductRow,
    Resolution,
    ShipmentAddressRow,
    ShipmentMethodRow,
    ShippingAnswer,
    ShippingDefaults,
    StageAnswer,
    StatusRow,
    TemplateAnswer,
)

PRODUCT_MATCHES = ("id", "part_number", "name")
_MATCH_WORDS = {"id": "id", "part_number": "part number", "name": "name"}
_COLUMN_WORDS = {"address1": "street address", "postal": "postal code"}


# --- products -------------------------------------------------------------------------------------------------


def item_template(table: MappingTable, storefront_id: int, query: ProductQuery) -> TemplateAnswer:
    """The item template of a product: own row, row of all storefronts, the product's Integration Id, none."""
    asked = {"id": query.product_id, "part_number": query.part_number, "name": query.name}
    keys = {match: name_key(value) for match, value in asked.items()}
    matching = [
        row
        for row in table.products
        if _concerns(row.storefront_id, storefront_id)
        and keys.get(row.match)
        and keys[row.match] == name_key(row.product)
    ]
    if matching:
        best = min(matching, key=_product_rank)
        reason = (
            f'the product mapping for the {_MATCH_WORDS[best.match]} "{one_line(asked[best.match])}" '
            f"({_row(best.id, best.storefront_id)})"
        )
        return TemplateAnswer(best.item_template, Resolution("products", best.id, reason))
    if integration_id := one_line(query.integration_id):
        reason = f"the product's Integration Id {integration_id}, as no product mapping matches"
        return TemplateAnswer(integration_id, Resolution("integration_id", None, reason))
    return TemplateAnswer(
        "", Resolution("none", None, "no product mapping matches and the product has no Integration Id")
    )


def _product_rank(row: ProductRow) -> tuple[bool, int, int]:
    return (row.storefront_id is None, PRODUCT_MATCHES.index(row.match), row.id)


# --- shipping -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Offer:
    """What one row or default would give; the offers are asked in order."""

    ship_via: int | None
    account_number: str
    source: Resolution


def shipping(
    table: MappingTable,
    storefront_id: int,
    *,
    method_name: str,
    method_id: str,
    address: AddressQuery,
    defaults: ShippingDefaults,
) -> ShippingAnswer:
    """Ship via and account number: address rows, method rows, the storefront's default, the server's default.

    The two are looked for separately along that line: a row without an account number is completed by the next one,
    and a row with only an account number leaves the ship via to the next one.
    """
    offers = [
        *_address_offers(table.shipment_addresses, storefront_id, address),
        *_method_offers(table.shipment_methods, storefront_id, method_name, method_id),
        *_default_offers(defaults),
    ]
    via = next((offer for offer in offers if offer.ship_via is not None), None)
    if via is None or via.ship_via is None:
        raise MappingMissing(
            f"There is no Pace ship via for {_method_words(method_name, method_id)}: no shipment address or shipment "
            "method mapping matches, and neither the storefront nor the Pace server has a default ship via."
        )
    account = next((offer for offer in offers if offer.account_number), None)
    if account is None:
        return ShippingAnswer(via.ship_via, via.source)
    return ShippingAnswer(via.ship_via, via.source, account.account_number, account.source)


def _address_offers(
    rows: Iterable[ShipmentAddressRow], storefront_id: int, address: AddressQuery
) -> Iterator[_Offer]:
    """Rows whose filled columns all equal the address, the most specific first."""
    asked = {column: address_key(getattr(address, column)) for column in ADDRESS_COLUMNS}
    ranked: list[tuple[int, int, list[str], ShipmentAddressRow]] = []
    for row in rows:
        filled = {column: address_key(getattr(row, column)) for column in ADDRESS_COLUMNS}
        filled = {column: key for column, key in filled.items() if key}
        if _concerns(row.storefront_id, storefront_id) and all(asked[c] == key for c, key in filled.items()):
            named = [*([] if row.storefront_id is None else ["storefront"]), *filled]
            ranked.append((-len(named), row.id, list(filled), row))
    for _, row_id, columns, row in sorted(ranked, key=lambda entry: entry[:2]):
        what = f"the same {_listed(columns)}" if columns else "any address"
        reason = f"the shipment address mapping for {what} ({_row(row_id, row.storefront_id)})"
        yield _Offer(
            row.ship_via, row.account_number.strip(), Resolution("shipment_addresses", row_id, reason)
        )


def _method_offers(
    rows: Iterable[ShipmentMethodRow], storefront_id: int, method_name: str, method_id: str
) -> Iterator[_Offer]:
    """Rows of the method, the storefront's own first; a row naming the id before one with the name."""
    by_id, by_name = name_key(method_id), name_key(method_name)
    ranked: list[tuple[bool, bool, int, ShipmentMethodRow]] = []
    for row in rows:
        key = name_key(row.pressero_method)
        if key and key in (by_id, by_name) and _concerns(row.storefront_id, storefront_id):
            ranked.append((row.storefront_id is None, key != by_id, row.id, row))
    for _, named, row_id, row in sorted(ranked, key=lambda entry: entry[:3]):
        what = f'"{one_line(method_name)}"' if named else f"method id {one_line(method_id)}"
        reason = f"the shipment method mapping for {what} ({_row(row_id, row.storefront_id)})"
        yield _Offer(row.ship_via, row.account_number.strip(), Resolution("shipment_methods", row_id, reason))


def _default_offers(defaults: ShippingDefaults) -> Iterator[_Offer]:
    storefront = Resolution("storefront_default", None, "the storefront's default")
    yield _Offer(defaults.storefront_ship_via, defaults.storefront_account_number.strip(), storefront)
    yield _Offer(
        defaults.server_ship_via, "", Resolution("server_default", None, "the Pace server's default")
    )


def _method_words(name: str, method_id: str) -> str:
    name, method_id = one_line(name), one_line(method_id)
    if name and method_id:
        return f"the shipping method “{name}” (id {method_id})"
    if name or method_id:
        return f"the shipping method “{name}”" if name else f"the shipping method with id {method_id}"
    return "an item without a shipping method"


# --- holidays -------------------------------------------------------------------------------------------------


def custom_holidays(table: MappingTable, storefront_id: int, year: int) -> dict[date, str]:
    """The custom holidays of a storefront in a year, by date; its own name wins over the one of all storefronts."""
    found: dict[date, tuple[bool, int, str]] = {}
    for row in table.holidays:
        day = _in_year(row, year)
        if day is None or not _concerns(row.storefront_id, storefront_id):
            continue
        claim = (row.storefront_id is None, row.id, row.name)
        found[day] = min(found.get(day, claim), claim)
    return {day: found[day][2] for day in sorted(found)}


def _in_year(row: HolidayRow, year: int) -> date | None:
    if not row.every_year:
        return row.date if row.date.year == year else None
    try:
        return row.date.replace(year=year)
    except ValueError:  # 29 February exists in leap years only
        return None


# --- statuses -------------------------------------------------------------------------------------------------


def stage_for_status(
    rows: Iterable[StatusRow],
    storefront_id: int,
    *,
    job_status: str = "",
    part_status: str = "",
    workflow: str = "",
    workflow_name: str = "",
) -> StageAnswer:
    """The Pressero stage of an item whose job and part have these Pace statuses. A row names the workflow by id or name.

    The storefront's own rows before those of all, then this workflow before the default, then part before job.
    """
    asked = {"job": name_key(job_status), "part": name_key(part_status)}
    flows = {"", name_key(workflow), name_key(workflow_name)}
    matching = [
        row
        for row in rows
        if _concerns(row.storefront_id, storefront_id)
        and asked.get(row.level)
        and asked[row.level] == name_key(row.pace_status)
        and name_key(row.workflow) in flows
    ]
    if not matching:
        return StageAnswer("", "", Resolution("none", None, "no status mapping matches"))
    best = min(matching, key=_status_rank)
    which = "this workflow" if name_key(best.workflow) else "the default workflow"
    reason = (
        f"the status mapping for {best.level} status {one_line(best.pace_status)} in {which} "
        f"({_row(best.id, best.storefront_id)})"
    )
    return StageAnswer(best.pressero_stage, best.note, Resolution("statuses", best.id, reason))


def _status_rank(row: StatusRow) -> tuple[bool, bool, bool, int]:
    return (row.storefront_id is None, not name_key(row.workflow), row.level != "part", row.id)


# --- shared ---------------------------------------------------------------------------------------------------


def _concerns(row_storefront_id: int | None, storefront_id: int) -> bool:
    return row_storefront_id is None or row_storefront_id == storefront_id


def _row(row_id: int, row_storefront_id: int | None) -> str:
    scope = "all storefronts" if row_storefront_id is None else "this storefront"
    return f"row {row_id}, {scope}"


def _listed(columns: list[str]) -> str:
    """The columns as people list them: "city, state and country"."""
    *most, last = [_COLUMN_WORDS.get(column, column) for column in columns]
    return f"{', '.join(most)} and {last}" if most else last
