"""The master data that a new sandbox Pace begins with. All names and addresses are invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from integrations.simulation.sandbox.pace.plant import PlantBehavior

Put = Callable[..., object]

COUNTRIES: Final = (
    (1, "United States", "US", "USA", 840),
    (2, "Canada", "CA", "CAN", 124),
    (3, "Germany", "DE", "DEU", 276),
    (4, "United Kingdom", "GB", "GBR", 826),
)

US_STATES: Final = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)

CANADIAN_PROVINCES: Final = (
    "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|"
    "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"
)

SHIP_PROVIDERS: Final = (
    (5001, "FedEx", "https://tracking.example.com/fedex/{tracking}"),
    (5002, "UPS", "https://tracking.example.com/ups/{tracking}"),
    (5003, "Will call", None),
    (5004, "Local courier", None),
)

SHIP_VIAS: Final = (
    (5010, "FedEx Ground", 5001, 5),
    (5011, "FedEx 2Day", 5001, 2),
    (5012, "UPS Ground", 5002, 5),
    (5013, "UPS Next Day Air", 5002, 1),
    (5014, "Customer Pickup", 5003, 0),
    (5015, "Courier", 5004, 1),
)

JOB_STATUSES: Final = (
    ("O", "Open", True),
    ("P", "In Prepress", True),
    ("R", "On Press", True),
    ("B", "Bindery", True),
    ("S", "Shipping", True),
    ("C", "Closed", False),
    ("X", "Cancelled", False),
)

JOB_TYPES: Final = ((5001, "Commercial"), (5002, "Web to print"), (5003, "Wide format"))

SHIPMENT_TYPES: Final = (
    (5001, "Planned", True),
    (5002, "Shipped", False),
    (5003, "Customer Pickup", False),
)

OWN_DESCRIPTIONS: Final = {"Planned": "Ship to Customer", "Shipped": "Gone", "Customer Pickup": "Will Call"}
"""What a site that chose its own words calls its shipment types."""

JOB_PRODUCT_TYPES: Final = (("PRINT", "Printed product", False), ("WEB", "Web to print product", True))

ITEM_TEMPLATES: Final = (
    ("BC-4/4-14PT", "Business cards, 4/4, 14 pt"),
    ("LH-4/0-70T", "Letterheads, 4/0, 70 lb text"),
    ("ENV-10-4/0", "Envelopes no. 10, 4/0"),
    ("BRO-A4-TRI", "Brochure A4, tri-fold"),
    ("POSTER-A2", "Poster A2"),
    ("BANNER-13OZ", "Banner, 13 oz vinyl"),
    ("KIT-WELCOME", "Welcome kit, assembled"),
    ("STOCK-ITEM", "Item from stock"),
)

CUSTOMERS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "HOUSE",
        "custName": "House Account",
        "address1": "1 Press Way",
        "city": "Springfield",
        "state": "IL",
        "zip": "62701",
    },
    {
        "id": "EXCU",
        "custName": "Example Credit Union",
        "address1": "100 Main Street",
        "city": "Austin",
        "state": "TX",
        "zip": "78701",
    },
    {
        "id": "NWBREW",
        "custName": "Northwind Sample Brewing",
        "u_account_manager": "Kim",
        "address1": "22 Hop Lane",
        "city": "Portland",
        "state": "OR",
        "zip": "97201",
    },
    {
        "id": "LAKESIDE",
        "custName": "Lakeside Example Clinic",
        "address1": "7 Shore Road",
        "city": "Toronto",
        "country": 2,
        "state": "ON",
        "zip": "M5V 1A1",
    },
)

CONTACTS: Final[tuple[dict[str, Any], ...]] = (
    {"id": 5001, "customer": "HOUSE", "firstName": "Internal", "lastName": "Customer"},
    {
        "id": 5002,
        "customer": "EXCU",
        "firstName": "Avery",
        "lastName": "Sample",
        "email": "avery@example.com",
        "companyName": "Example Credit Union",
        "address1": "100 Main Street",
        "city": "Austin",
        "state": "TX",
        "zip": "78701",
    },
    {
        "id": 5003,
        "customer": "EXCU",
        "firstName": "Robin",
        "lastName": "Former",
        "email": "robin@example.com",
        "companyName": "Example Credit Union",
        "active": False,
    },
    {
        "id": 5004,
        "customer": "NWBREW",
        "firstName": "Jordan",
        "lastName": "Placeholder",
        "email": "jordan@example.org",
        "companyName": "Northwind Sample Brewing",
    },
    {
        "id": 5005,
        "customer": "LAKESIDE",
        "firstName": "Casey",
        "lastName": "Fictional",
        "email": "casey@example.org",
        "companyName": "Lakeside Example Clinic",
        "country": 2,
        "state": "ON",
    },
)


def _states() -> Iterator[tuple[int, str, str]]:
    for country, listed in ((1, US_STATES), (2, CANADIAN_PROVINCES)):
        for entry in listed.split("|"):
            code, _, name = entry.partition(" ")
            yield country, code, name


def sow(put: Put, plant: PlantBehavior, *, job_order_types: bool = False) -> None:
    """Store the master data of a plant by calling ``put(type, **fields)``."""
    for number, name, alpha2, alpha3, iso_number in COUNTRIES:
        put(
            "Country",
            id=number,
            name=name,
            isoCountry=alpha2,
            isoCountryAlpha3=alpha3,
            isoCountryNumber=iso_number,
            active=True,
            stateRequired=number in (1, 2),
        )
    for country, code, name in _states():
        put("State", id=code, country=country, description=name, active=True)
    for number, name, tracking_url in SHIP_PROVIDERS:
        put("ShipProvider", id=number, name=name, trackingUrl=tracking_url, active=True)
    for number, description, provider, days in SHIP_VIAS:
        put("ShipVia", id=number, description=description, provider=provider, daysintransit=days, active=True)
    for status, description, is_open in JOB_STATUSES:
        put(
            "JobStatus",
            id=status,
            description=description,
            openJob=is_open,
            active=True,
            admin=True,
            production=True,
            dsfCancelled=status == "X",
            dsfCompleted=status == "C",
        )
    for number, description in JOB_TYPES:
        put("JobType", id=number, description=description, active=True)
    for number, description, planned in SHIPMENT_TYPES:
        words = OWN_DESCRIPTIONS[description] if plant.own_descriptions else description
        put("ShipmentType", id=number, description=words, planned=planned, active=True)
    for code, description, makes_files in JOB_PRODUCT_TYPES:
        put(
            "JobProductType",
            id=code,
            description=description,
            autoCreateJobPartContentFile=makes_files,
            active=True,
        )
    product_type = "WEB" if plant.makes_content_files else "PRINT"
    for code, description in ITEM_TEMPLATES:
        put("ItemTemplate", code=code, description=description, jobProductType=product_type, active=True)
    for customer in CUSTOMERS:
        put("Customer", **_placed(customer), shipVia=5010, customerStatus="O", defaultCurrency="USD")
    for contact in CONTACTS:
        put("Contact", **_placed({"active": True, "globalContact": False, **contact}))
    if job_order_types:
        put("JobOrderType", id="NEW", description="New Order", active=True)
        put("JobOrderType", id="REPRINT", description="Exact Reprint", active=True)


def _placed(fields: dict[str, Any]) -> dict[str, Any]:
    """Country and state key of an address; the United States unless it says otherwise."""
    country = fields.get("country", 1)
    state = fields.get("state")
    return {**fields, "country": country, "stateKey": f"{country}:{state}" if state else None}
