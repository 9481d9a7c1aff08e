"""Jobs (docs/mapping.md §3)."""

from collections.abc import Sequence
from decimal import Decimal

from automationhub.lib.texts import one_line
from integrations.causes import CauseKind
from integrations.planning.context import PlanningContext, described, filled, is_listed
from integrations.planning.dates import ShipDate, has_ship_date, ship_date
from integrations.planning.lineage import FORCED, computed, constant, pace, parameter, pressero
from integrations.planning.money import ItemMoney, add_up
from integrations.planning.notes import additional_description
from integrations.planning.override_fields import JOB
from integrations.planning.parts import PartLine, planned_part
from integrations.planning.plan_types import (
    Fields,
    PlannedJob,
    PlannedShipment,
    PlannedValue,
)
from integrations.planning.shipments import planned_shipments
from integrations.planning.units import WHOLE_ORDER, Unit

NEW_ORDER = "New Order"


def planned_job(context: PlanningContext, unit: Unit) -> PlannedJob:
    """One Pace job with its parts, shipments and contact."""
    ship_at = context.once(_staffs_ship_date)
    if ship_at is None:
        when = context.once(_orders_ship_date) or _ship_date(context, unit)
        ship_at = computed(when.moment, when.detail)
    parts = tuple(
        planned_part(context, line, f"{number:02d}") for number, line in enumerate(unit.lines, start=1)
    )
    shipments = planned_shipments(context, unit.lines, parts, ship_at)
    fields: Fields = {
        "customer": context.customer,
        "description": unit.description,
        **_web_order(context, unit),
        "description2": additional_description(context, unit.lines),
        "jobOrderType": context.once(_job_order_type),
        **context.once(_job_type),
        **context.once(_admin_status),
        **context.once(_invoice_contact),
        "poNum": _po_number(context, unit.lines),
        "earliestStartDateTime": context.once(_now),
        "scheduledShipDateTime": ship_at,
        "scheduledShipDateForced": FORCED,
        "scheduledShipTimeForced": FORCED,
        "promiseDateTime": ship_at,
        **_price(context, unit.lines),
        **_ship_via(shipments),
        # Pace makes part 01 with the job. A template makes its lines only when its part is made, for that quantity.
        **_first_part(parts[0].fields),
        **_job_contact_fields(),
    }
    fields = context.decided(JOB, [line.item for line in unit.lines], fields)
    return PlannedJob(
        unit=unit.unit,
        description=str(unit.description.value),
        items=unit.items,
        fields=filled(fields),
        contact=dict(context.once(_contact)),
        parts=parts,
        shipments=shipments,
        name=unit.name,
        pace_makes_files=context.reference.makes_content_files,
    )


def _web_order(context: PlanningContext, unit: Unit) -> Fields:
    """The number by which Pace and people know the web order, where the server's setting allows it."""
    if not context.storefront.server_web_order_ids:
        return {}
    number = context.order.number
    if unit.unit == WHOLE_ORDER:
        return {"webOrderID": pressero(str(number), "OrderNumber")}
    return {"webOrderID": computed(f"{number}-{unit.unit}", "order number, item and file number")}


def _staffs_ship_date(context: PlanningContext) -> PlannedValue | None:
    """The date that staff gave this order: no rule is asked for one then."""
    chosen = context.overrides.of("job.scheduledShipDateTime")
    return None if chosen is None else chosen.planned


def _orders_ship_date(context: PlanningContext) -> ShipDate | None:
    """The ship date of every job, where the order itself has one."""
    if not has_ship_date(context.order):
        return None
    return ship_date(context.order, (), context.storefront, context.calendar, context.now, context.findings)


def _ship_date(context: PlanningContext, unit: Unit) -> ShipDate:
    items = [line.item for line in unit.lines]
    return ship_date(
        context.order, items, context.storefront, context.calendar, context.now, context.findings
    )


def _invoice_contact(context: PlanningContext) -> Fields:
    return {
        "contactFirstName": pressero(one_line(context.order.buyer_first_name), "OrderedByFirstName"),
        "contactLastName": pressero(one_line(context.order.buyer_last_name), "OrderedByLastName"),
    }


def _now(context: PlanningContext) -> PlannedValue:
    zone = context.storefront.server_time_zone
    return computed(context.now.replace(tzinfo=None, microsecond=0), f"now, in the Pace server's zone {zone}")


# --- settings -------------------------------------------------------------------------------------------------


def _job_order_type(context: PlanningContext) -> PlannedValue:
    if chosen := context.storefront.server_job_order_type.strip():
        return parameter(chosen, "the Pace server's setting job_order_type")
    if found := described(context.reference.job_order_types, NEW_ORDER):
        return pace(found.key, f'the job order type described "{found.description}"')
    return constant(NEW_ORDER, "Pace has no job order type of this description")


def _job_type(context: PlanningContext) -> Fields:
    store = context.storefront
    if staffs := context.overrides.of("job.jobType"):
        _check_job_type(context, staffs.value, staffs.detail)
        return {"jobType": staffs.planned}
    chosen, whose = store.job_type, "storefront's"
    if chosen is None:
        chosen, whose = store.server_job_type, "Pace server's"
    if chosen is None:
        return {}
    _check_job_type(context, chosen, f"which is the {whose} setting")
    return {"jobType": parameter(chosen, f"the {whose} setting job_type")}


def _check_job_type(context: PlanningContext, chosen: object, origin: str) -> None:
    if not is_listed(chosen, context.reference.job_types):
        context.findings.config_problem(
            f"Pace has no job type {chosen}, {origin}. Choose one that Pace has.",
            field="jobType",
            cause=CauseKind.JOB_TYPE.of(chosen),
        )


def _admin_status(context: PlanningContext) -> Fields:
    store = context.storefront
    if staffs := context.overrides.of("job.adminStatus"):
        _check_admin_status(context, staffs.value, staffs.detail)
        return {"adminStatus": staffs.planned}
    chosen, whose = store.admin_status.strip(), "storefront's"
    if not chosen:
        chosen, whose = store.server_admin_status.strip(), "Pace server's"
    if not chosen:
        return {}
    _check_admin_status(context, chosen, f"which is the {whose} setting")
    return {"adminStatus": parameter(chosen, f"the {whose} setting admin_status")}


def _check_admin_status(context: PlanningContext, chosen: object, origin: str) -> None:
    if not is_listed(chosen, context.reference.job_statuses):
        context.findings.config_problem(
            f'Pace has no job status "{chosen}", {origin}. Choose one that Pace has.',
            field="adminStatus",
            cause=CauseKind.ADMIN_STATUS.of(chosen),
        )


def _po_number(context: PlanningContext, lines: Sequence[PartLine]) -> PlannedValue:
    if staffs := context.overrides.of("job.poNum"):
        return staffs.planned
    if number := one_line(context.order.po_number):
        return pressero(number, "PONumber of the order")
    for line in lines:
        if number := one_line(line.item.po_number):
            return pressero(number, f"PONumber of item {line.item.seq}, as the order has none")
    chosen = one_line(context.storefront.default_po_number)
    if not chosen:
        context.findings.config_problem(
            f'there is no PO number. Set the default PO number on the storefront "{context.storefront.name}".',
            field="poNum",
            cause=CauseKind.PO_NUMBER.of(),
        )
    return parameter(chosen, "no PONumber in Pressero: the storefront's default_po_number")


# --- money ----------------------------------------------------------------------------------------------------


def _price(context: PlanningContext, lines: Sequence[PartLine]) -> Fields:
    money = add_up(line.money for line in lines)
    value = computed(money.total, _price_terms(context, lines, money))
    return {
        "originalQuotedPrice": value,
        "originalQuotedPriceForced": FORCED,
        "amountToInvoice": value,
        "amountToInvoiceForced": FORCED,
    }


def _price_terms(context: PlanningContext, lines: Sequence[PartLine], money: ItemMoney) -> str:
    seqs = ", ".join(str(line.item.seq) for line in lines)
    terms = f"{money.price} price + {money.freight} freight + {money.tax} tax - {money.discount} discount"
    if money.adjustment:
        sign = "+" if money.adjustment > 0 else "-"
        terms += f" {sign} {abs(money.adjustment)} share of the order total's difference to its terms"
    text = f"{'item' if len(lines) == 1 else 'items'} {seqs}: {terms}"
    if lines[0].share_of > 1:
        text += f", each split evenly over the item's {lines[0].share_of} jobs"
    total: Decimal | None = context.order.total
    if context.all_sent and total is not None and money.total == total:
        text += " = OrderTotal"
    return text


# --- what comes from parts, shipments and the party -------------------------------------------------------------


def _first_part(part: Fields) -> Fields:
    quantity, template = part.get("qtyOrdered"), part.get("itemTemplate")
    fields: Fields = {}
    if quantity is not None:
        fields["part1QuantityOrdered"] = computed(quantity.value, "the quantity of part 01")
    if template is not None:
        fields["itemTemplate"] = template
    return fields


def _ship_via(shipments: Sequence[PlannedShipment]) -> Fields:
    found = shipments[0].fields.get("shipVia")
    return {} if found is None else {"shipVia": found}


def _job_contact_fields() -> Fields:
    made = pace(None, "the id of the job's contact, made with the job")
    return {"jobContact": made, "shipToJobContact": made, "billToJobContact": made}


def _contact(context: PlanningContext) -> Fields:
    party = context.party
    if party is not None and party.contact_id is not None:
        contact = PlannedValue(party.contact_id, party.source)
    else:
        contact = pace(None, "the id Pace gives the new contact")
    return {
        "job": pace(None, "the job's number"),
        "contact": contact,
        "billTo": constant(True),
        "shipTo": constant(True),
    }
