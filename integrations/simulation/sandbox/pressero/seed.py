"""The invented shop that every sandbox starts with: four sites, their products, methods and buyers."""

from .catalog import (
    STANDARD_STAGES,
    Catalog,
    SandboxAddress,
    SandboxProduct,
    SandboxShippingMethod,
    SandboxSite,
    SandboxWorkflow,
    User,
)
from .ids import guid

CU_STORE = "05000000-0000-4000-8000-000000000042"
"""Example CU Store: no Integration ID, so the customer is found by the buyer's email."""
HEALTH_PORTAL = "05000000-0000-4000-8000-000000000043"
"""Sample Health Portal: Integration ID SAMPLEH; items may need approval."""
UNIVERSITY_SHOP = "05000000-0000-4000-8000-000000000044"
"""Demo University Shop: Integration ID DEMOUNI, which a fresh MIS need not know yet."""
LIBRARY_STORE = "05000000-0000-4000-8000-000000000045"
"""Sample Library Store: the demo runs it in shadow mode."""

STANDARD = "Standard"
DIRECT_MAIL = "Direct Mail"


def seed_catalog() -> Catalog:
    """A fresh copy of the invented shop."""
    workflows = [
        SandboxWorkflow.of(STANDARD, "Every product without a workflow of its own", STANDARD_STAGES),
        SandboxWorkflow.of(
            DIRECT_MAIL,
            "Mailings: data, print, insert, post",
            [
                "Order Received",
                ("Data Processing", "In preparation"),
                ("Printing", "In production"),
                ("Inserting", "In production"),
                ("Mailing", "On its way"),
                "Order Completed",
                "Order Cancelled",
            ],
        ),
    ]
    ground, second_day, overnight, will_call = _methods()
    card, brochure, banner, letter, kit, folder, insert, poster = _products()
    sites = [
        SandboxSite(
            CU_STORE,
            "Example CU Store",
            "cu-store.example.com",
            products=(card, brochure, banner, kit, folder, insert, poster),
            methods=(ground, second_day, overnight, will_call),
        ),
        SandboxSite(
            HEALTH_PORTAL,
            "Sample Health Portal",
            "health.example.com",
            mis_id="SAMPLEH",
            approvals=True,
            products=(card, brochure, letter, poster, kit, folder, insert),
            methods=(ground, second_day, overnight),
        ),
        SandboxSite(
            UNIVERSITY_SHOP,
            "Demo University Shop",
            "university.example.com",
            mis_id="DEMOUNI",
            default_ship_days=5,
            products=(card, brochure, banner, letter, poster),
            methods=(ground, overnight, will_call),
        ),
        SandboxSite(
            LIBRARY_STORE,
            "Sample Library Store",
            "library.example.com",
            mis_id="EXCU",
            products=(card, brochure, poster),
            methods=(ground, overnight),
        ),
    ]
    return Catalog(sites, workflows, _users())


def _methods() -> tuple[SandboxShippingMethod, ...]:
    def method(name: str, carrier: str, service: str, integration_id: str = "") -> SandboxShippingMethod:
        return SandboxShippingMethod(guid("method", name), name, carrier, service, integration_id)

    return (
        method("Ground", "UPS", "UPS Ground", "GND"),
        method("2nd Day Air", "UPS", "UPS 2nd Day Air", "2DA"),
        method("Overnight", "FedEx", "FedEx Standard Overnight"),
        method("Will Call", "", "Customer picks up"),
    )


def _products() -> tuple[SandboxProduct, ...]:
    standard, mail = guid("workflow", STANDARD), guid("workflow", DIRECT_MAIL)

    def product(
        name: str,
        part: str,
        *,
        mis_id: str = "",
        workflow: str = standard,
        uom: int = 1,
        is_kit: bool = False,
        attributes: tuple[tuple[str, str], ...] = (),
    ) -> SandboxProduct:
        return SandboxProduct(
            product_id=guid("product", name),
            name=name,
            part_number=part,
            public_part_number=f"EX-{part}",
            mis_id=mis_id,
            workflow_id=workflow,
            uom_quantity=uom,
            is_kit=is_kit,
            attributes=attributes,
        )

    return (
        product("Business Card", "BC14", mis_id="BC-4/4-14PT", uom=250, attributes=(("Type", "PRINT"),)),
        product("A4 Brochure", "BRO-A4", mis_id="BRO-A4-TRI", uom=100, attributes=(("Type", "PRINT"),)),
        product("Vinyl Banner", "BAN-V", attributes=(("Type", "WIDE"),)),
        product("Member Letter", "LTR-1", workflow=mail, attributes=(("Type", "MAIL"),)),
        product("Welcome Kit", "KIT-W", is_kit=True),
        product("Presentation Folder", "FLD-9", mis_id="STOCK-ITEM"),
        product("Rate Insert", "INS-1"),
        product("Poster 18x24", "PST-18"),
    )


def _users() -> list[User]:
    def user(
        site_id: str, first: str, last: str, email: str, business: str, department: str, *where: str
    ) -> User:
        address1, city, state, postal = where
        address = SandboxAddress(
            business=business,
            first_name=first,
            last_name=last,
            address1=address1,
            city=city,
            state=state,
            postal=postal,
            phone="555-0100",
            email=email,
        )
        return User(guid("user", site_id, email), site_id, first, last, email, department, address)

    cu, health, uni = "Example Credit Union", "Sample Health", "Demo University"
    springfield = ("100 Main St", "Springfield", "IL", "62701")
    return [
        user(CU_STORE, "Avery", "Sample", "avery@example.com", cu, "Marketing", *springfield),
        user(LIBRARY_STORE, "Avery", "Sample", "avery@example.com", cu, "Library", *springfield),
        user(CU_STORE, "Jordan", "Branch", "jordan@example.com", cu, "Branches", *springfield),
        user(
            HEALTH_PORTAL,
            "Riley",
            "Head",
            "riley@example.com",
            health,
            "Outreach",
            "8 Clinic Way",
            "Peoria",
            "IL",
            "61602",
        ),
        user(
            HEALTH_PORTAL,
            "Morgan",
            "Approver",
            "morgan@example.com",
            health,
            "Purchasing",
            "8 Clinic Way",
            "Peoria",
            "IL",
            "61602",
        ),
        user(
            UNIVERSITY_SHOP,
            "Casey",
            "Student",
            "casey@example.com",
            uni,
            "Library",
            "1 Campus Rd",
            "Ames",
            "IA",
            "50011",
        ),
    ]
