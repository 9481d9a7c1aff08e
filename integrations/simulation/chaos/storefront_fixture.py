"""What is ordered: three parts for two destinations, by buyers that Pace does not know; and the hub's configuration."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from integrations.simulation.demo.configuration import demo_configuration
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import (
    Buyer,
    FileDraft,
    ItemDraft,
    OrderDraft,
    PresseroSandbox,
    SandboxAddress,
)

# Pace may still be at work on a commit for so long after the hub gave it up: longer than the latest fault of ours.
QUIET_SECONDS = 3

SHOPS = ("Demo University Shop", "Example CU Store")
CAMPUS = SandboxAddress(
    business="Demo University", first_name="Casey", last_name="Student", address1="1 Campus Rd", city="Ames",
    state="IA", postal="50011", country="US", phone="555-0100",
)  # fmt: skip
LAKESIDE = SandboxAddress(
    business="Lakeside Annex", first_name="Jordan", last_name="Branch", address1="22 North Ave", city="Peoria",
    state="IL", postal="61602", country="US", phone="555-0122",
)  # fmt: skip


@dataclass(frozen=True)
class Shopper:
    """A buyer whom Pace does not know, at one of the shops.

    The first shop names one customer for all its buyers (to be created once), the second has one for each buyer.
    """

    shop: str
    number: int

    @property
    def email(self) -> str:
        return f"buyer{self.number}@example.com"

    @property
    def buyer(self) -> Buyer:
        business = f"{CAMPUS.business} {self.number}"
        address = replace(CAMPUS, business=business, address1=f"{self.number} Campus Rd")
        return Buyer("Casey", f"Student {self.number}", self.email, business=business, address=address)


FIRST_SHOPPER = Shopper(SHOPS[0], 1)


def draft(shopper: Shopper, today: date) -> OrderDraft:
    """An order of three items with four files, two of the items for the same destination."""
    items = [
        ItemDraft("Business Card", quantity=2, price="96.50", shipping="12.40", tax="7.96", ship_to=CAMPUS,
                  method="Ground", files=[FileDraft("card.pdf")], options={"Paper": "14pt Uncoated"}),
        ItemDraft("A4 Brochure", quantity=10, price="125.00", shipping="12.40", tax="10.31", ship_to=LAKESIDE,
                  method="Will Call", files=[FileDraft("outside.pdf"), FileDraft("inside.pdf")]),
        ItemDraft("Vinyl Banner", quantity=5, price="40.00", shipping="6.00", tax="3.00", ship_to=CAMPUS,
                  method="Ground", files=[FileDraft("banner.pdf")]),
    ]  # fmt: skip
    return OrderDraft(
        shopper.shop,
        shopper.buyer,
        items,
        po_number="PO-CHAOS",
        requested_ship_date=today + timedelta(days=30),
    )


# The server that a storefront may be moved to.
SECOND_SERVER = "second"


def configuration(
    pace: PaceSandbox, pressero: PresseroSandbox, second_pace: PaceSandbox | None = None
) -> dict[str, Any]:
    """The demo's, with one job for a whole order, a short quiet period, and perhaps a second Pace server."""
    made = demo_configuration(
        pressero_url=pressero.base_url,
        credentials=asdict(pressero.credentials),
        pace_url=pace.url,
        pace_login=(pace.username, pace.password),
    )
    if second_pace is not None:
        [first] = made["pace_servers"]
        second = {"name": "Second Pace", "slug": SECOND_SERVER, "url": second_pace.url}
        made["pace_servers"].append({**first, **second})
    for server in made["pace_servers"]:
        server["quiet_seconds"] = QUIET_SECONDS
    for storefront in made["storefronts"]:
        storefront |= {"one_job_per_item": False, "override_job_name": False, "skip_holidays": False}
    return made
