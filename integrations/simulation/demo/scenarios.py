"""The demo's orders: what each shows, how it is placed, and how it should end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from automationhub.lib.shown_times import day_text
from integrations.enums import OrderStatus
from integrations.simulation.sandbox.pressero import (
    Buyer,
    FileDraft,
    ItemDraft,
    OrderDraft,
    PresseroSandbox,
    SandboxAddress,
)

CU = "Example CU Store"
HEALTH = "Sample Health Portal"
UNIVERSITY = "Demo University Shop"

HEADQUARTERS = SandboxAddress(
    business="Example Credit Union", first_name="Avery", last_name="Sample", address1="100 Main St",
    city="Springfield", state="IL", postal="62701", country="US", phone="555-0100",
)  # fmt: skip
NORTH_BRANCH = SandboxAddress(
    business="Example CU North", first_name="Jordan", last_name="Branch", address1="22 North Ave",
    city="Peoria", state="IL", postal="61602", country="US", phone="555-0122",
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """One demo order. `place` puts it into the sandbox Pressero and returns its number.

    It should come to `status` with so many `jobs`. Once it has, `then` (if there is one) does to it in Pressero what
    is its second act; status and jobs should stay as they are. `remark` is what the result should tell of it in the
    end.
    """

    title: str
    place: Callable[[PresseroSandbox], int]
    status: OrderStatus
    jobs: int
    then: Callable[[PresseroSandbox, int], None] | None = None
    remark: str = ""


def next_christmas(today: date) -> date:
    """The next 25 December after today."""
    this_year = date(today.year, 12, 25)
    return this_year if today < this_year else this_year.replace(year=today.year + 1)


def scenarios(today: date) -> list[Scenario]:
    """All demo orders, in the order they are placed."""
    ship, christmas = today + timedelta(days=14), next_christmas(today)

    def plain(shop: PresseroSandbox) -> int:
        item = ItemDraft(
            "Business Card", quantity=2, price="96.50", shipping="12.40", tax="7.96", ship_to=HEADQUARTERS,
            method="Ground", item_name="Avery Sample card", options={"Paper": "14pt Uncoated", "Sides": "2"},
            files=[FileDraft("avery-card.pdf", "gen", size=120_345)], form_fields={"Cost center": "4410"},
        )  # fmt: skip
        return shop.place(
            OrderDraft(
                CU, "avery@example.com", [item], po_number="PO-7781", requested_ship_date=ship, is_paid=True,
                checkout_fields={"Budget": "Spring campaign"}, sales_rep="Sam Seller",
                sales_rep_email="sam.seller@example.com",
            )
        )  # fmt: skip

    def two_destinations(shop: PresseroSandbox) -> int:
        items = [
            ItemDraft("A4 Brochure", quantity=10, price="125.00", shipping="12.40", tax="10.31",
                      ship_to=HEADQUARTERS, method="Ground", item_name="Spring rates"),
            ItemDraft("Business Card", quantity=1, price="48.25", shipping="9.00", tax="3.98",
                      ship_to=NORTH_BRANCH, method="2nd Day Air", item_name="Jordan Branch card"),
        ]  # fmt: skip
        return shop.place(
            OrderDraft(CU, "avery@example.com", items, requested_ship_date=ship, discount="5.00")
        )

    def mapped_product(shop: PresseroSandbox) -> int:
        item = ItemDraft(
            "Poster 18x24", quantity=12, price="54.00", shipping="8.75", tax="4.46", ship_to=HEADQUARTERS,
            method="Will Call", item_name="Lobby poster", notes="Matte side out, please.",
        )  # fmt: skip
        return shop.place(
            OrderDraft(CU, "avery@example.com", [item], po_number="PO-7790", requested_ship_date=ship)
        )

    def partly_approved(shop: PresseroSandbox) -> int:
        items = [
            ItemDraft("Business Card", quantity=2, price="60.00", shipping="6.00", tax="4.00", method="Ground",
                      needs_approval=True, item_name="Ward 3 cards"),
            ItemDraft("Poster 18x24", quantity=5, price="40.00", shipping="6.00", tax="3.00", method="Ground",
                      needs_approval=True, item_name="Ward 3 poster"),
        ]  # fmt: skip
        number = shop.place(OrderDraft(HEALTH, "riley@example.com", items, requested_ship_date=ship))
        shop.approve(number, 1)
        shop.deny(number, 2)
        return number

    def all_denied(shop: PresseroSandbox) -> int:
        item = ItemDraft("A4 Brochure", quantity=1, price="20.00", method="Ground", needs_approval=True)
        number = shop.place(OrderDraft(HEALTH, "morgan@example.com", [item]))
        shop.deny(number, 1)
        return number

    def still_waiting(shop: PresseroSandbox) -> int:
        item = ItemDraft("Business Card", quantity=1, price="30.00", method="Ground", needs_approval=True)
        return shop.place(OrderDraft(HEALTH, "riley@example.com", [item]))

    def unknown_customer(shop: PresseroSandbox) -> int:
        item = ItemDraft("A4 Brochure", quantity=3, price="75.00", shipping="10.00", tax="5.25", method="Ground",
                         item_name="Open day")  # fmt: skip
        return shop.place(OrderDraft(UNIVERSITY, "casey@example.com", [item], requested_ship_date=ship))

    def new_buyer(shop: PresseroSandbox) -> int:
        home = SandboxAddress(
            business="Newcomer Studio", first_name="Noa", last_name="Newcomer", address1="7 Harbour Rd",
            city="Duluth", state="MN", postal="55802", country="US",
        )  # fmt: skip
        buyer = Buyer("Noa", "Newcomer", "noa.newcomer@example.com", business="Newcomer Studio", address=home)
        item = ItemDraft(
            "Vinyl Banner", quantity=1, price="180.00", shipping="22.00", tax="12.60", method="Ground"
        )
        return shop.place(OrderDraft(CU, buyer, [item], requested_ship_date=ship))

    def duplicate_webhook(shop: PresseroSandbox) -> int:
        item = ItemDraft("Business Card", quantity=4, price="170.00", shipping="14.00", tax="12.75", method="Ground",
                         ship_to=NORTH_BRANCH)  # fmt: skip
        number = shop.place(OrderDraft(CU, "jordan@example.com", [item], requested_ship_date=ship))
        shop.resend(number)
        return number

    def unmapped_method(shop: PresseroSandbox) -> int:
        item = ItemDraft("Business Card", quantity=1, price="48.25", method="Overnight", ship_to=HEADQUARTERS)
        return shop.place(OrderDraft(CU, "avery@example.com", [item], requested_ship_date=ship))

    def kit(shop: PresseroSandbox) -> int:
        children = [
            ItemDraft("Presentation Folder", quantity=40, price="60.00", shipping=None, tax=None),
            ItemDraft("Rate Insert", quantity=80, price="30.00", shipping=None, tax=None, files=["rates.pdf"]),
            ItemDraft("Business Card", quantity=0, price="0.00", shipping=None, tax=None),
        ]  # fmt: skip
        item = ItemDraft(
            "Welcome Kit", quantity=40, price="200.00", shipping="20.00", tax="16.50", ship_to=HEADQUARTERS,
            method="Ground", item_name="New members", children=children,
        )  # fmt: skip
        return shop.place(OrderDraft(CU, "avery@example.com", [item], requested_ship_date=ship))

    def three_files(shop: PresseroSandbox) -> int:
        item = ItemDraft(
            "Business Card", quantity=1, price="100.00", shipping="10.00", tax="7.00", method="Ground",
            item_name="Faculty cards", files=["dean.pdf", "registrar.pdf", "library.pdf"],
        )  # fmt: skip
        return shop.place(OrderDraft(UNIVERSITY, "casey@example.com", [item], requested_ship_date=ship))

    def on_a_holiday(shop: PresseroSandbox) -> int:
        item = ItemDraft("Poster 18x24", quantity=20, price="90.00", shipping="8.00", tax="6.30", method="Will Call",
                         item_name="New year concert")  # fmt: skip
        return shop.place(OrderDraft(UNIVERSITY, "casey@example.com", [item], requested_ship_date=christmas))

    def changed_later(shop: PresseroSandbox) -> int:
        item = ItemDraft("Business Card", quantity=1, price="48.25", shipping="9.00", tax="3.98", method="Ground",
                         ship_to=HEADQUARTERS, item_name="Quinn Teller card")  # fmt: skip
        return shop.place(OrderDraft(CU, "avery@example.com", [item], requested_ship_date=ship))

    def order_twice_as_many(shop: PresseroSandbox, number: int) -> None:
        shop.edit_item(number, 1, quantity=2)

    submitted = OrderStatus.SUBMITTED
    return [
        Scenario("no approval needed", plain, submitted, 1),
        Scenario("two destinations, two methods", two_destinations, submitted, 1),
        Scenario("product mapped to an item template", mapped_product, submitted, 1),
        Scenario("one item approved, one denied", partly_approved, submitted, 1),
        Scenario("every item denied", all_denied, OrderStatus.DENIED, 0),
        Scenario("still waiting for an approval", still_waiting, OrderStatus.WAITING, 0),
        Scenario("customer that Pace does not know", unknown_customer, submitted, 1),
        Scenario("buyer that Pace does not know", new_buyer, submitted, 1),
        Scenario("the same webhook twice", duplicate_webhook, submitted, 1),
        Scenario("kit, one component of quantity 0", kit, submitted, 1),
        Scenario("one job for each of three files", three_files, submitted, 3),
        Scenario(
            "ship date on a holiday", on_a_holiday, submitted, 1,
            remark=f"ship date {day_text(christmas)} became ",
        ),
        Scenario(
            "changed after it was submitted", changed_later, submitted, 1,
            then=order_twice_as_many, remark="open change: item 1, quantity: 250 → 500",
        ),
        Scenario("shipping method without a mapping", unmapped_method, OrderStatus.NEEDS_ATTENTION, 0),
    ]  # fmt: skip
