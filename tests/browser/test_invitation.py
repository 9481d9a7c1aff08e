"""A new user is invited, sets a password from the link and is in; the page that follows the email on its way."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.models import Invitation
from integrations.operations.access import invitations
from tests.browser.conftest import OpenPortal
from tests.browser.sweep import in_every_way
from tests.factories import make_user

pytestmark = pytest.mark.browser


def test_an_invited_user_sets_a_password_and_sees_the_orders(
    open_portal: OpenPortal, superuser: User
) -> None:
    boss = open_portal()
    boss.log_in()
    page = boss.open(reverse("admin:auth_user_add"))
    page.get_by_label("Username").fill("kim")
    page.get_by_label("Email address").fill("kim@example.com")
    page.get_by_label("Role").select_option(str(Group.objects.get(name="Operator").pk))
    page.get_by_role("button", name="Save", exact=True).click()
    link = page.locator(".hub-token").inner_text()
    kim = open_portal()
    theirs = kim.open(link.removeprefix(kim.url))
    box = theirs.get_by_label("New password", exact=True)
    assert box.evaluate("box => getComputedStyle(box).borderTopWidth") == "1px"  # a box that can be seen
    expect(theirs.get_by_text("can’t be a commonly used password")).to_have_count(1)
    box.fill("Long-enough-1")
    theirs.get_by_label("New password confirmation").fill("Long-enough-1")
    theirs.get_by_role("button", name="Set the password").click()
    theirs.get_by_text("Your password is set. Log in as kim.").wait_for()
    theirs.wait_for_load_state("networkidle")  # the next page would abort a font that is still on its way
    kim.log_in("kim", "Long-enough-1")
    assert theirs.get_by_role("link", name="Orders", exact=True).first.is_visible()
    again = open_portal().open(link.removeprefix(kim.url))
    assert again.get_by_text("This link cannot be used any more").is_visible()


@pytest.fixture
def asked(open_portal: OpenPortal, superuser: User, settings: Any) -> Page:
    """The page after Kim was added, where emails can be sent."""
    settings.EMAIL_IS_CONFIGURED = True
    boss = open_portal()
    boss.log_in()
    page = boss.open(reverse("admin:auth_user_add"))
    page.get_by_label("Username").fill("kim")
    page.get_by_label("Email address").fill("kim@example.com")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("kim is invited. The email to kim@example.com is on its way.").wait_for()
    return page


def test_the_page_of_an_invitation_says_when_a_worker_has_sent_it(asked: Page) -> None:
    invitations.send_waiting()
    asked.get_by_text("The email to kim@example.com was sent on").wait_for()
    expect(asked.get_by_role("link", name="Back to Users")).to_be_visible()


def test_an_invitation_that_could_not_be_sent_says_why_and_shows_the_link_instead(
    asked: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: EmailMultiAlternatives) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    invitations.send_waiting()
    asked.get_by_text("The email could not be sent: connection refused").wait_for()
    asked.get_by_role("button", name="Show the link").click()
    expect(asked.locator(".hub-token")).to_contain_text("/admin/invitation/")
    asked.get_by_role("link", name="I have copied it").click()
    asked.get_by_role("link", name="Invitation", exact=True).click()
    expect(asked.get_by_text("It is retried automatically for a day")).to_be_visible()


def test_the_pages_of_an_invitation_keep_nobody_out(open_portal: OpenPortal, superuser: User) -> None:
    kim = make_user("kim", email="kim@example.com")
    kim.set_unusable_password()
    kim.save()
    invitations.ask_to_mail(kim, origin="", actor="Robin Boss", by=superuser)
    link = invitations.link_to_hand_over(kim, origin="", actor="Robin Boss", by=superuser)
    portal = open_portal()
    wrong = {"accept": in_every_way(portal.open(link))}
    portal.page.get_by_label("New password", exact=True).fill("short")
    portal.page.get_by_label("New password confirmation").fill("other")
    portal.page.get_by_role("button", name="Set the password").click()
    portal.page.locator(".hub-error").first.wait_for()
    wrong["refused password"] = in_every_way(portal.page)
    wrong["expired"] = in_every_way(portal.open(f"{link[:-2]}/"))
    portal.log_in()
    wrong["on its way"] = in_every_way(portal.open(reverse("admin:auth_user_invitation", args=[kim.pk])))
    Invitation.objects.update(problem="The email could not be sent: connection refused")
    wrong["not sent"] = in_every_way(portal.open(reverse("admin:auth_user_invitation", args=[kim.pk])))
    portal.page.get_by_role("button", name="Show the link").click()
    portal.page.locator(".hub-token").wait_for()
    wrong["link"] = in_every_way(portal.page)
    assert {name: found for name, found in wrong.items() if found} == {}
