"""The demo's configuration, in the form of the configuration file (docs/mappings.md §5)."""

from typing import Any

from integrations.simulation.sandbox.pressero import seed

ACCOUNT_SLUG = "demo-0d6f1c"
SECURITY_KEY = "demo-security-key"
PUSH_TOKEN = "demo-push-token"  # noqa: S105 - the sandbox's, obviously fake


def demo_configuration(
    *, pressero_url: str, credentials: dict[str, str], pace_url: str, pace_login: tuple[str, str]
) -> dict[str, Any]:
    """One account, one server, three storefronts and their mappings."""
    return {
        "pressero_accounts": [
            {
                "name": "Sandbox Pressero",
                "slug": ACCOUNT_SLUG,
                "base_url": pressero_url,
                "username": credentials["username"],
                "password": credentials["password"],
                "subscriber_id": credentials["subscriber_id"],
                "consumer_id": credentials["consumer_id"],
                "security_key": SECURITY_KEY,
            }
        ],
        "pace_servers": [
            {
                "name": "Sandbox Pace",
                "slug": "sandbox",
                "url": pace_url,
                "username": pace_login[0],
                "password": pace_login[1],
                "time_zone": "America/New_York",
                "push_token": PUSH_TOKEN,
                "quiet_seconds": 5,
                "customer_defaults": {"customerType": 1, "terms": 1, "salesPerson": 1, "csr": 1},
            }
        ],
        "storefronts": [
            _storefront("Example CU Store", seed.CU_STORE, default_ship_days=5),
            _storefront(
                "Sample Health Portal", seed.HEALTH_PORTAL, wait_for_approval=True, default_ship_days=5
            ),
            _storefront(
                "Demo University Shop",
                seed.UNIVERSITY_SHOP,
                default_ship_days=7,
                skip_holidays=True,
                one_job_per_item=True,
                override_job_name=True,
            ),
        ],
        "products": [
            {"storefront": "", "product": "Poster 18x24", "match": "name", "item_template": "POSTER-A2"},
            {"storefront": "", "product": "Vinyl Banner", "match": "name", "item_template": "BANNER-13OZ"},
            {
                "storefront": "Example CU Store",
                "product": "Member Letter",
                "match": "name",
                "item_template": "LH-4/0-70T",
            },
        ],
        "shipment_methods": [
            _method("Ground", 5010),
            _method("2nd Day Air", 5011),
            _method("Will Call", 5014),
        ],
        "shipment_addresses": [
            {
                "storefront": "Example CU Store",
                "business": "Example CU North",
                "address1": "",
                "city": "Peoria",
                "state": "",
                "postal": "",
                "country": "",
                "ship_via": 5012,
                "account_number": "NORTH-77",
            }
        ],
        "statuses": [],
        "holidays": [_every_year("2026-12-26", "Plant closed after Christmas")],
    }


def _storefront(name: str, site_id: str, **parameters: Any) -> dict[str, Any]:
    return {
        "name": name,
        "site_id": site_id,
        "pressero_account": ACCOUNT_SLUG,
        "pace_server": "sandbox",
        **parameters,
    }


def _method(name: str, ship_via: int) -> dict[str, Any]:
    return {"storefront": "", "pressero_method": name, "ship_via": ship_via, "account_number": ""}


def _every_year(day: str, name: str) -> dict[str, Any]:
    return {"storefront": "", "date": day, "name": name, "every_year": True}
