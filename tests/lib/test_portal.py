"""Links to the portal in what leaves it."""

from typing import Any

from automationhub.lib.portal import portal_link


def test_a_link_is_the_portals_address_and_the_pages_path(settings: Any) -> None:
    settings.PORTAL_URL = "https://hub.example.com"
    assert portal_link("/admin/") == "https://hub.example.com/admin/"


def test_without_the_portals_address_there_is_no_link(settings: Any) -> None:
    settings.PORTAL_URL = ""
    assert portal_link("/admin/") == ""
