"""The order that `probe_pace` makes up: everything the hub ever writes to Pace, in one job. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from integrations.clients.schemas import (
    Address,
    OrderFile,
    PaceContact,
    PaceReference,
    PresseroItem,
    PresseroOrder,
)
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import CustomerCandidates, Plan, PlanInputs, StorefrontParameters
from mappings.types import MappingTable

PROBE: Final = "Automation Hub probe"
"""Every text that a person could meet in Pace, were anything left, begins with this."""
ACCENTS: Final = "Ünïcødé Gärtner & Søn, 100 % “quoted” 'single' ñ ç ž Ł"
LONG: Final = " long text" * 40
EMAIL: Final = "automation-hub-probe@example.com"


@dataclass(frozen=True)
class ProbeSubject:
    """What of the server the order is made up for."""

    settings: StorefrontParameters
    reference: PaceReference
    now: datetime

    @property
    def number(self) -> int:
        """An order number that no storefront has and no other probe had."""
        return int(self.now.timestamp())


def parameters(base: StorefrontParameters, reference: PaceReference, customer: str) -> StorefrontParameters:
    """The server's parameters for a storefront of the probe's own."""
    vias = [int(via.key) for via in reference.ship_vias if via.active and via.key.isdigit()]
    return replace(
        base,
        name=f"{PROBE} {ACCENTS}{LONG}"[:240],
        integration_id=customer,
        default_ship_via=base.server_default_ship_via or (vias[0] if vias else None),
        default_account_number="PROBE-1",
    )


def planned(subject: ProbeSubject, candidates: CustomerCandidates) -> Plan:
    """What the hub would write for the made-up order."""
    return make_plan(
        PlanInputs(
            order=made_up_order(subject),
            storefront=subject.settings,
            mappings=MappingTable(),
            reference=subject.reference,
            candidates=candidates,
            now=subject.now,
            items=(1, 2, 3),
        )
    )


def known_buyer(customer: str, contact: int) -> CustomerCandidates:
    """What Pace knows once the probe has made its customer and contact."""
    return CustomerCandidates(
        contacts=(PaceContact(id=contact, customer=customer, email=EMAIL, first_name="Probe"),),
        customer_exists=True,
    )


def made_up_order(subject: ProbeSubject) -> PresseroOrder:
    """Three items, two of them to one address; two templates where Pace has any; files, notes, tax and freight."""
    templates = [one.key for one in subject.reference.item_templates if one.active][:2]
    here, there = _addresses(subject.reference)
    item = PresseroItem(
        id="probe-1",
        seq=1,
        product_name=f"{PROBE} product",
        product_integration_id=templates[0] if templates else "",
        item_name=f"{PROBE} {ACCENTS}",
        quantity=250,
        price=Decimal("101.01"),
        notes=f"{PROBE} {ACCENTS}\nsecond line{LONG}",
        options=(("Paper", "14 pt"), ("Größe", "Übergröße")),
        ship_to=here,
        method_name="Probe",
        files=(_file(1), _file(2)),
        is_approved=True,
    )
    second = replace(
        item,
        id="probe-2",
        seq=2,
        quantity=40,
        price=Decimal("20.20"),
        product_integration_id=templates[-1] if templates else "",
        ship_to=there,
        files=(_file(3),),
    )
    third = replace(
        item, id="probe-3", seq=3, quantity=3, price=Decimal("3.03"), product_integration_id="", files=()
    )
    return PresseroOrder(
        id="probe",
        number=subject.number,
        placed_at=subject.now,
        requested_ship_date=(subject.now + timedelta(days=30)).date(),
        po_number="PROBE-PO",
        notes=PROBE,
        buyer_first_name="Probe",
        buyer_last_name=f"Hub {ACCENTS[:7]}",
        buyer_email=EMAIL,
        buyer_business=PROBE,
        buyer_phone="555-0100",
        bill_to=here,
        subtotal=Decimal("124.24"),
        shipping=Decimal("12.50"),
        tax=Decimal("9.99"),
        discount=Decimal("0.00"),
        total=Decimal("146.73"),
        items=(item, second, third),
    )


def _file(number: int) -> OrderFile:
    name = f"probe artwork {number} é.pdf"
    return OrderFile(
        name=name, url=f"https://files.example.com/probe/{number}/artwork.pdf", kind="pdf", size=1024
    )


def _addresses(reference: PaceReference) -> tuple[Address, Address]:
    """Two addresses in the first state that Pace lists, or without a country where it lists none."""
    state = reference.states[0] if reference.states else None
    country = next((one for one in reference.countries if state and one.id == state.country), None)
    here = Address(
        business=f"{PROBE} Company",
        first_name="Probe",
        last_name="Receiver",
        address1="1 Probe Way",
        address2="Suite 2",
        city="Probetown",
        state=state.code if state else "",
        postal="00000",
        country=(country.iso2 or country.name) if country else "",
        phone="555-0100",
        email=EMAIL,
    )
    return here, replace(here, business=f"{PROBE} Other Company", address1="2 Probe Way")


# --- Moments ---------------------------------------------------------------------------------------------------


def moments(now: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    """Wall-clock times of the server that tell its zone from UTC: around midnight and a change of the clocks."""
    today = now.astimezone(zone).date()
    change = _next_change(today, zone)
    day = today + timedelta(days=30)
    if not _offset(day, zone):
        # London in winter: only a day on which its clocks differ from UTC tells the two apart.
        day = change + timedelta(days=2)
    walls = {
        "late evening": datetime.combine(day, time(23, 30)),
        "after midnight": datetime.combine(day + timedelta(days=1), time(0, 30)),
        "before the clocks change": datetime.combine(change - timedelta(days=1), time(17)),
        "after the clocks changed": datetime.combine(change + timedelta(days=1), time(17)),
    }
    return {name: wall.replace(tzinfo=zone) for name, wall in walls.items()}


def _offset(day: date, zone: ZoneInfo) -> timedelta:
    return datetime.combine(day, time(12), zone).utcoffset() or timedelta()


def _next_change(start: date, zone: ZoneInfo) -> date:
    """The next day on which the zone's clocks change; half a year from now where they never do."""
    for days in range(1, 370):
        day = start + timedelta(days=days)
        before, after = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
        if before.utcoffset() != after.utcoffset():
            return day
    return start + timedelta(days=180)


def utc_text(moment: datetime) -> str:
    """A moment as the hub sends it to a server that takes UTC."""
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
