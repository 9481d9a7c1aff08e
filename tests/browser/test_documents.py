"""The documents in a browser: nothing inline, nothing from another host, and the search of the site works."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import OpenPortal

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents as `make docs` builds them."""
    if shutil.which("mkdocs", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("MkDocs is not installed.")
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(folder / "docs"),
    ]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def live_server(site: Path) -> Iterator[LiveServer]:
    """A server of its own: which files there are is looked up when a server starts."""
    with override_settings(WHITENOISE_ROOT=site):
        server = LiveServer("localhost")
    yield server
    server.stop()


def test_the_documents_are_served_under_the_strict_policy(open_portal: OpenPortal) -> None:
    page = open_portal().open("/docs/")
    expect(page.get_by_role("heading", name="Automation Hub").first).to_be_visible()
    # The index of the search comes after the page: whoever goes on before it is there cuts its way off.
    ready = page.locator(".md-search-result__meta").first
    expect(ready).to_have_text("Type to start searching", timeout=30_000)
    page.get_by_role("link", name="Concepts in one picture").first.click()
    expect(page.get_by_role("img", name="Pressero's webhook")).to_be_visible()
    page.get_by_placeholder("Search").first.click()
    # What is typed before the index has come is not looked for.
    expect(ready).to_have_text("Type to start searching", timeout=30_000)
    page.get_by_placeholder("Search").first.press_sequentially("holidays")
    expect(page.locator(".md-search-result__link").first).to_be_visible()
