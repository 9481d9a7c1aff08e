"""The second factor as people meet it: an app, a passkey (Chromium's virtual authenticator), recovery codes, a strict group."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django_mfa.models import Authenticator
from django_mfa.totp import TOTP

from integrations.models import SecondFactorGroup
from tests.browser.conftest import OpenPortal, Portal
from tests.browser.sweep import in_every_way

pytestmark = pytest.mark.browser

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def code(secret: str, later: int = 0) -> str:
    return TOTP(secret.replace(" ", "")).generate_otp(int(time.time() // 30) + later)


def password(portal: Portal) -> Any:
    """As far as the password leads."""
    page = portal.open("/admin/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Log in").click()
    return page


def set_up_app(page: Any) -> str:
    """Set up an app from the overview, with recovery codes; the secret it holds."""
    page.get_by_role("link", name="Set up an authenticator app").click()
    secret: str = page.locator("code.hub-copy").inner_text()
    assert (
        page.get_by_alt_text("QR code for the authenticator app").evaluate("image => image.naturalWidth") > 0
    )
    page.get_by_label("Code", exact=True).fill(code(secret))
    page.get_by_label("Name (optional)").fill("Work phone")
    page.get_by_role("button", name="Turn on").click()
    return secret


def test_an_app_is_set_up_and_then_asked_for(open_portal: OpenPortal) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    page = portal.open(reverse("mfa:security_settings"))
    secret = set_up_app(page)
    page.get_by_role("button", name="Make recovery codes").click()
    codes = page.locator(".hub-codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have saved them").click()
    page.get_by_text("You have 10 unused codes.").wait_for()

    again = open_portal()
    page = password(again)
    page.get_by_label("Code", exact=True).fill(code(secret, later=1))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{again.url}/admin/")

    lost = open_portal()
    page = password(lost)
    page.get_by_role("link", name="Recovery code").click()
    page.get_by_label("Recovery code").fill(codes[7])
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{lost.url}/admin/")


def test_a_passkey_is_set_up_and_then_asked_for(open_portal: OpenPortal) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    portal.open(reverse("mfa:security_settings"))
    page.get_by_role("link", name="Set up a passkey or security key").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Set up the passkey").click()
    page.get_by_role("heading", name="Recovery codes").first.wait_for()
    assert Authenticator.objects.get().name == "Laptop"

    page.context.clear_cookies()
    password(portal)
    page.get_by_role("button", name="Use the passkey").click()
    page.wait_for_url(f"{portal.url}/admin/")


def test_another_key_than_the_one_set_up_lets_nobody_in(open_portal: OpenPortal, superuser: User) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    portal.open(reverse("mfa:enroll_factor", args=["webauthn"]))
    page.get_by_role("button", name="Set up the passkey").click()
    page.get_by_role("heading", name="Recovery codes").first.wait_for()
    device.send("WebAuthn.removeVirtualAuthenticator", made)
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.context.clear_cookies()
    password(portal)
    page.get_by_role("button", name="Use the passkey").click()
    page.locator("#webauthn-error").filter(has_text="not allowed").wait_for()
    assert "confirm" in page.url


def test_a_member_of_a_strict_group_sets_one_up_before_anything_else(
    open_portal: OpenPortal, superuser: User
) -> None:
    group = Group.objects.create(name="Strict")
    superuser.groups.add(group)
    SecondFactorGroup.objects.create(group=group)
    portal = open_portal()
    page = password(portal)
    page.get_by_text("Your account needs a second factor.").wait_for()
    portal.open(reverse("hub-inbox"))
    page.get_by_text("Your account needs a second factor.").wait_for()
    set_up_app(page)
    page.get_by_role("heading", name="Recovery codes").first.wait_for()
    portal.open("/admin/")
    page.wait_for_url(f"{portal.url}/admin/")


def test_axe_finds_nothing_on_the_pages_of_second_factor_and_sessions(
    open_portal: OpenPortal, superuser: User
) -> None:
    portal = open_portal()
    portal.log_in()
    page = portal.page
    wrong = {}
    sessions = reverse("admin:integrations_portalsession_changelist")
    for path in (
        reverse("hub-sessions"), sessions, reverse("mfa:security_settings"), reverse("mfa:enroll_factor", args=["totp"]),
        reverse("mfa:enroll_factor", args=["webauthn"]),
    ):  # fmt: skip
        portal.open(path)
        wrong[path] = in_every_way(page)
    portal.open("/admin/second-factor/")
    secret = set_up_app(page)
    wrong["ask for codes"] = in_every_way(page)
    page.get_by_role("button", name="Make recovery codes").click()
    wrong["codes"] = in_every_way(page)
    portal.open("/admin/second-factor/")
    wrong["with an app"] = in_every_way(page)
    page.context.clear_cookies()
    password(portal)
    wrong["login"] = in_every_way(page)
    page.get_by_role("link", name="Recovery code").click()
    wrong["login with a recovery code"] = in_every_way(page)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert secret
