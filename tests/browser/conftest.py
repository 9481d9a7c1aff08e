"""A real headless Chromium that watches for console errors and for requests to other hosts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_superuser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

# The browser's zone differs from the hub's, so that a time in the wrong one is seen.
BROWSER_ZONE = "America/Chicago"
# Milliseconds for a page to open and for what a test expects to be there. Playwright's 30 and 5 seconds are too short where fifty
# processes share two cores; what does come in time is not waited for.
PATIENCE = 120_000


def _chromium() -> str:
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else ""


NO_BROWSER = (
    "There is no Chromium here, so the tests of the pages were skipped. Install it (on Debian: apt install "
    "chromium-headless-shell fonts-dejavu-core) and run them again; HUB_REQUIRE_BROWSER=1 makes its absence a failure."
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """One place for all of them: the summary then has one line, not one for each test."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and NO_BROWSER in report.longrepr[2]:
        report.longrepr = (str(Path(__file__).parent), None, NO_BROWSER)
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Started for this folder only: while its loop runs, Django has to be told that the ORM is safe to use."""
    path = _chromium()
    if not path:
        (pytest.fail if os.environ.get("HUB_REQUIRE_BROWSER") == "1" else pytest.skip)(NO_BROWSER)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Portal:
    """The portal in a browser window. `complaints` collects what a good page has none of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._not_loaded)

    def _not_loaded(self, request: Request) -> None:
        # What was still on its way when somebody went on to the next page, or closed the window, is nobody's loss: a
        # name being looked up, the icon of the tab. Anything else that does not load is a fault, also when aborted.
        # A download is no page, so its request ends as aborted too.
        beside_the_page = request.resource_type == "fetch" or request.url.endswith(("/favicon.svg", "/file/"))
        if not (beside_the_page and request.failure == "net::ERR_ABORTED"):
            self.complaints.append(f"not loaded: {request.url} ({request.failure})")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.complaints.append(f"another host: {request.url}")

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")  # until everything is loaded and the deferred scripts have run
        return self.page

    def log_in(self, username: str = "boss", password: str = "password") -> None:
        page = self.open("/admin/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{self.url}/admin/")


OpenPortal = Callable[..., Portal]


@pytest.fixture
def superuser(transactional_db: None) -> User:
    return make_superuser()


@pytest.fixture
def open_portal(chromium: Browser, live_server: Any, superuser: User) -> Iterator[OpenPortal]:
    """Opens windows of a given size and colour scheme; afterwards none of them may have complained."""
    contexts: list[BrowserContext] = []
    portals: list[Portal] = []

    def make(*, width: int = 1280, dark: bool = False, bypass_csp: bool = False) -> Portal:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            timezone_id=BROWSER_ZONE,
            color_scheme="dark" if dark else "light",
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        portals.append(Portal(context.new_page(), live_server.url))
        return portals[-1]

    yield make
    for context in contexts:
        context.close()
    assert [complaint for portal in portals for complaint in portal.complaints] == []
