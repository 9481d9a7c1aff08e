"""The orders whose every field is compared. All amounts in the tests were worked out by hand from docs/mapping.md.

| order | what it shows |
| --- | --- |
| `single` | one item mapped by a row, PO number, requested ship date, one address |
| `mixed` | three items, two destinations and methods, discount, shares of freight and tax, no PO number, dates on items |
| `approval` | waits for approvals, one item denied, new customer under the site's Integration ID, Canada, no date |
| `kit` | a kit with a price of its own and a component of quantity 0, beside a plain item |
| `split` | one job per file, named after the item; file names overridden |
| `numbered` | one job per file, jobs named by number; file names kept |
| `long` | one job per file, with item names that do not fit into a description |
| `overrides` | settings of the storefront over those of the server, the server's default ship via, Germany, a holiday |
| `server` | settings of the server alone, job order types kept as objects, a new buyer without an Integration ID |
"""

from datetime import date
from decimal import Decimal

from integrations.models import Storefront
from integrations.simulation.sandbox.pressero import (
    Buyer,
    FileDraft,
    ItemDraft,
    OrderDraft,
    PresseroSandbox,
    SandboxAddress,
)
from mappings.models import Holiday, ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping
from tests.conftest import Hub
from tests.e2e.sent import Case

CU = "Example CU Store"
HEALTH = "Sample Health Portal"
UNIVERSITY = "Demo University Shop"
LONG_NAME = "Demo University Shop for Printed Matter of Every Faculty and Library"

DOCK = SandboxAddress(
    business="Example Credit Union", first_name="Quinn", last_name="Dockside", address1="100 Main St",
    address2="Suite 4", address3="Dock B", city="Springfield", state="IL", postal="62701", country="US",
    phone="555-0100", email="dock@example.com",
)  # fmt: skip
NORTH = SandboxAddress(
    business="Example CU North", first_name="Jordan", last_name="Branch", address1="22 North Ave", city="Peoria",
    state="Illinois", postal="61602", country="United States", phone="555-0122",
)  # fmt: skip
TORONTO = SandboxAddress(
    first_name="Wen", last_name="Ward", address1="7 Shore Road", address2="Floor 3", city="Toronto", state="Ontario",
    postal="M5V 1A1", country="Canada", phone="555-0177",
)  # fmt: skip
BERLIN = SandboxAddress(
    business="Bibliothek Beispiel", first_name="Kim", last_name="Muster", address1="Musterstr. 5", city="Berlin",
    state="Berlin", postal="10115", country="DEU", email="kim@example.org",
)  # fmt: skip
DULUTH = SandboxAddress(
    business="Newcomer Studio", first_name="Noa", last_name="Newcomer", address1="7 Harbour Rd", city="Duluth",
    state="MN", postal="55802", country="USA", phone="555-0199",
)  # fmt: skip


SINGLE = Case(
    OrderDraft(
        CU,
        "avery@example.com",
        [
            ItemDraft(
                "Poster 18x24", quantity=12, price="54.00", shipping="8.75", tax="4.46", ship_to=DOCK,
                method="Will Call", item_name="Lobby poster", notes="Matte side out, please.",
                options={"Paper": "14pt Uncoated", "Sides": "2"},
                files=[FileDraft("lobby poster.pdf", url="https://files.example.com/a/1?sig=x%20y", size=120_345)],
            )
        ],
        po_number="PO-7790", requested_ship_date=date(2031, 3, 17), notes="Call before delivery.",
    )
)  # fmt: skip


def _mixed_configuration(hub: Hub) -> None:
    store = hub.storefront(CU, default_po_number="NOPO-1", default_account_number="ACCT-D")
    ShipmentMethodMapping.objects.create(
        storefront=store, pressero_method=" GROUND ", ship_via=5011, account_number="GND-1"
    )


MIXED = Case(
    OrderDraft(
        CU,
        "avery@example.com",
        [
            ItemDraft(
                "Business Card", quantity=2, uom=250, price="96.50", shipping="12.40", tax="7.96", ship_to=DOCK,
                method="Ground", notes="Round corners.", options={"Paper": "16pt", "Corners": "round"},
                requested_ship_date=date(2031, 3, 20),
                files=[FileDraft("card.pdf", "gen", size=1000), FileDraft("proof 2.TIFF", size=0)],
            ),
            ItemDraft(
                "Rate Insert", quantity=1000, price="75.25", shipping=None, tax=None, ship_to=NORTH,
                method="2nd Day Air", notes="These notes of an item without a template stay in Pressero.",
                requested_ship_date=date(2031, 3, 12),
            ),
            ItemDraft(
                "Vinyl Banner", quantity=3, price="180.00", shipping=None, tax=None, ship_to=DOCK, method="Ground",
                files=[FileDraft("banner")],
            ),
        ],
        discount="5.00", shipping="30.00", tax="20.00",
    ),
    prepare=_mixed_configuration,
)  # fmt: skip


def _approval_configuration(hub: Hub) -> None:
    store = hub.storefront(HEALTH, job_type=5002, skip_holidays=True)
    Holiday.objects.create(storefront=None, date=date(2031, 3, 10), name="Inventory day")
    ShipmentAddressMapping.objects.create(
        storefront=store, city="TORONTO", country="canada", ship_via=None, account_number="TOR-9"
    )


def _approval_decisions(shop: PresseroSandbox, number: int) -> None:
    shop.approve(number, 1)
    shop.deny(number, 2)
    shop.approve(number, 3, {"quantity": 4})


APPROVAL = Case(
    OrderDraft(
        HEALTH,
        "riley@example.com",
        [
            ItemDraft(
                "Business Card", quantity=2, uom=250, price="60.00", shipping="6.00", tax="4.00", ship_to=TORONTO,
                method="2nd Day Air", needs_approval=True, options={"Paper": "16pt"}, files=["ward 3.pdf"],
            ),
            ItemDraft(
                "Poster 18x24", quantity=5, price="40.00", shipping="6.00", tax="3.00", ship_to=TORONTO,
                method="2nd Day Air", needs_approval=True, notes="Never sent.", files=["poster.pdf"],
            ),
            ItemDraft(
                "A4 Brochure", quantity=10, uom=100, price="99.99", shipping="7.01", tax="5.50", ship_to=TORONTO,
                method="2nd Day Air", needs_approval=True, notes="Fold in three.",
            ),
        ],
        discount="3.00",
    ),
    prepare=_approval_configuration,
    decide=_approval_decisions,
)  # fmt: skip


KIT = Case(
    OrderDraft(
        CU,
        "jordan@example.com",
        [
            ItemDraft(
                "Welcome Kit", quantity=40, price="200.00", shipping="20.00", tax="9.00", ship_to=DOCK,
                method="Will Call", notes="Assemble in order.", files=[FileDraft("kit-cover.pdf", size=77)],
                children=[
                    ItemDraft("Presentation Folder", quantity=40, price="60.00", shipping=None, tax=None),
                    ItemDraft("Rate Insert", quantity=80, price="30.00", shipping=None, tax=None,
                              options={"Ink": "4/4"}, files=[FileDraft("insert.indd", size=5)]),
                    ItemDraft("Business Card", quantity=0, price="0.00", shipping=None, tax=None),
                ],
            ),
            ItemDraft("Poster 18x24", quantity=2, price="50.00", shipping="4.00", tax="1.00", ship_to=DOCK,
                      method="Will Call", notes="Gloss."),
        ],
        requested_ship_date=date(2031, 4, 18),
    ),
    prepare=lambda hub: hub.pace.put("Contact", id=6001, customer="LAKESIDE", email="jordan@example.com", active=True),
)  # fmt: skip


SPLIT_DRAFT = OrderDraft(
    CU,
    "avery@example.com",
    [
        ItemDraft(
            "Business Card", quantity=1, uom=250, price="100.00", shipping="10.01", tax="5.00", ship_to=DOCK,
            method="Will Call", item_name="Avery card", notes="Two sides.", options={"Paper": "16pt"},
            files=[FileDraft("front.pdf", size=10), FileDraft("back side.ai", size=20), FileDraft("notes")],
        ),
        ItemDraft(
            "Rate Insert", quantity=7, price="33.33", shipping="2.00", tax="1.11", ship_to=NORTH, method="Will Call",
        ),
    ],
    po_number="PO-SPLIT", requested_ship_date=date(2031, 3, 28), discount="1.00",
)  # fmt: skip
SPLIT = Case(
    SPLIT_DRAFT,
    prepare=lambda hub: hub.storefront(CU, one_job_per_item=True, override_file_name=True),
)
NUMBERED = Case(
    SPLIT_DRAFT,
    prepare=lambda hub: hub.storefront(CU, one_job_per_item=True, override_job_name=True),
)
LONG = Case(
    OrderDraft(
        CU,
        "avery@example.com",
        [
            ItemDraft("Rate Insert", price="1.00", ship_to=DOCK, method="Will Call", item_name="a" * 230),
            ItemDraft("Rate Insert", price="1.00", ship_to=DOCK, method="Will Call", item_name="b" * 260),
        ],
    ),
    prepare=lambda hub: hub.storefront(CU, one_job_per_item=True),
)


def _override_configuration(hub: Hub) -> None:
    hub.set_server(
        job_type=5003, admin_status="P", job_order_type="REPRINT", shipment_type=5003, default_ship_via=5013
    )
    store = hub.storefront(
        UNIVERSITY,
        skip_holidays=True,
        integration_id="NWBREW",
        job_type=5002,
        admin_status="B",
        default_account_number="UNI-ACC",
    )
    Storefront.objects.filter(pk=store.pk).update(name=LONG_NAME)
    ProductMapping.objects.create(
        storefront=None, product="A4 Brochure", match="name", item_template="BRO-A4-TRI"
    )
    ProductMapping.objects.create(
        storefront=store, product="bro-a4", match="part_number", item_template="STOCK-ITEM"
    )


OVERRIDES = Case(
    OrderDraft(
        UNIVERSITY,
        "casey@example.com",
        [
            ItemDraft(
                "A4 Brochure", quantity=3, uom=100, total_quantity=310, price=Decimal("75.00"), shipping="10.00",
                tax="5.25", ship_to=BERLIN, method="Overnight", notes="Open day.", files=["open.day.v2.pdf"],
            )
        ],
        po_number=" UNI-5 ", requested_ship_date=date(2031, 7, 4),
    ),
    prepare=_override_configuration,
    job_order_types=True,
)  # fmt: skip


def _server_configuration(hub: Hub) -> None:
    hub.set_server(job_type=5003, admin_status="P", default_ship_via=5013)
    store = hub.storefront(CU)
    ShipmentAddressMapping.objects.create(storefront=None, state="mn", ship_via=5014, account_number="WIDE")
    ShipmentAddressMapping.objects.create(storefront=store, state="mn", ship_via=5015, account_number="")
    ShipmentMethodMapping.objects.create(
        storefront=store, pressero_method="Ground", ship_via=5011, account_number="M-1"
    )


SERVER = Case(
    OrderDraft(
        CU,
        Buyer("Noa", "Newcomer", "noa.newcomer@example.com", business="Newcomer Studio", address=DULUTH),
        [
            ItemDraft(
                "Vinyl Banner", quantity=1, price="180.00", shipping="22.00", tax="12.60", method="Ground",
                notes="Grommets.", options={"Hem": "yes"},
            )
        ],
    ),
    prepare=_server_configuration,
    job_order_types=True,
)  # fmt: skip


ORDERS: dict[str, Case] = {
    "single": SINGLE,
    "mixed": MIXED,
    "approval": APPROVAL,
    "kit": KIT,
    "split": SPLIT,
    "numbered": NUMBERED,
    "long": LONG,
    "overrides": OVERRIDES,
    "server": SERVER,
}
