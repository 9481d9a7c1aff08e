"""Makes the pictures of the documents from the demo, so that they never age.

Run it from the project's folder: `.venv/bin/python docs/make_pictures.py`. It needs the packages of requirements-dev.lock and a
Chromium; the demo runs on a free loopback port and is ended afterwards.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PORT = 8047


def start_demo() -> tuple[subprocess.Popen[str], str, str]:
    """The demo, its address and the demo user's password."""
    command = [sys.executable, "manage.py", "demo", "--port", str(PORT)]
    # Events and alerts are sent to a receiver of this program's own.
    environment = {**os.environ, "DEBUG": "true", "OUTGOING_INTERNAL_HOSTS": "127.0.0.1"}
    demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    for line in demo.stdout:
        if found := re.search(r"(http://\S+)/admin/\s+user demo\s+password (\S+)", line):
            return demo, found.group(1), found.group(2)
    raise SystemExit("The demo ended before it was up.")


def sign_in(page: Page, address: str, password: str) -> None:
    page.goto(f"{address}/admin/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", password)
    page.click("button[type=submit]")


def take_pictures(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/")
    page.screenshot(path=IMAGES / "home.png")
    page.goto(f"{address}/admin/integrations/order/")
    page.screenshot(path=IMAGES / "orders.png")
    page.click('text="10235"')
    page.wait_for_load_state()
    page.screenshot(path=IMAGES / "order.png")
    page.goto(page.url.split("/change/")[0] + "/preview/")
    page.screenshot(path=IMAGES / "preview.png")
    take_order_pictures(page, address)
    take_desk_pictures(page, address)
    take_values_and_holidays_pictures(page, address)
    take_finding_pictures(page, address)
    take_probe_picture(page, address)
    take_shadow_pictures(page, address)
    take_change_pictures(page, address)
    take_alert_rules_picture(page, address)
    with receiver() as port:
        take_told_pictures(page, address, port)


@contextmanager
def receiver() -> Iterator[int]:
    """A program that takes whatever the hub sends; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()


def take_told_pictures(page: Page, address: str, port: int) -> None:
    """The pages of docs/events.md and docs/alerts.md: a subscription, what was sent to it, a channel after its trial."""
    page.goto(f"{address}/admin/integrations/subscription/add/")
    page.fill("#id_name", "ERP")
    page.fill("#id_url", f"http://127.0.0.1:{port}/hooks/orders")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{address}/admin/integrations/subscription/")
    page.click('text="ERP"')
    page.get_by_role("link", name="Send a test event").first.click()
    page.locator("#content form button[type=submit]").last.click()
    page.wait_for_timeout(3000)  # a subscription hears of what happens two seconds after it was saved
    page.goto(f"{address}/admin/inbox/")
    page.get_by_role("button", name="Retry").first.click()
    page.wait_for_timeout(20_000)
    page.goto(f"{address}/admin/integrations/subscription/")
    page.click('text="ERP"')
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "subscription.png")
    page.goto(f"{address}/admin/integrations/eventdelivery/", wait_until="networkidle")
    page.screenshot(path=IMAGES / "events-sent.png")
    page.goto(f"{address}/admin/integrations/alertchannel/add/")
    page.fill("#id_name", "Prepress chat")
    page.fill("#id_url", f"json://127.0.0.1:{port}/chat")
    page.fill("#id_quiet_from", "22:00")
    page.fill("#id_quiet_until", "06:30")
    page.fill("#id_repeat_hours", "4")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{address}/admin/integrations/alertchannel/")
    page.click('text="Prepress chat"')
    page.get_by_role("link", name="Send a trial message").first.click()
    page.locator("#content form button[type=submit]").last.click()
    page.wait_for_timeout(20_000)
    page.set_viewport_size({"width": 1280, "height": 1720})
    page.reload(wait_until="networkidle")
    page.screenshot(path=IMAGES / "alert-channel.png")
    page.set_viewport_size({"width": 1280, "height": 900})


def take_change_pictures(page: Page, address: str) -> None:
    """The pages of docs/changes.md: a change that is rehearsed and saved, its version, and the way back."""
    methods = f"{address}/admin/mappings/shipmentmethodmapping/"
    page.goto(methods)
    page.click('text="Ground"')
    page.fill("#id_ship_via", "5012")
    page.get_by_role("button", name="Rehearse").click()
    page.locator("[data-hub-result] .hub-alert").wait_for(timeout=90_000)
    page.screenshot(path=IMAGES / "rehearsal.png")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{address}/admin/integrations/configurationversion/")
    page.locator("#result_list tbody a").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "version.png")
    page.goto(f"{address}/admin/rollback/1/")
    page.get_by_role("button", name="Rehearse").click()
    page.locator("[data-hub-result] .hub-alert").wait_for(timeout=90_000)
    page.screenshot(path=IMAGES / "rollback.png")


def take_alert_rules_picture(page: Page, address: str) -> None:
    """The rules once a worker has judged them, within a minute of the start."""
    page.goto(f"{address}/admin/integrations/alertrule/")
    for _ in range(90):
        if page.get_by_text("All connections work.").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    page.screenshot(path=IMAGES / "alert-rules.png")


def take_order_pictures(page: Page, address: str) -> None:
    """The pages of docs/staff-guide.md."""
    page.goto(f"{address}/admin/integrations/order/")
    page.click('text="10234"')
    page.locator(".hub-tabs").get_by_role("link", name="In Pace").click()
    page.get_by_role("button", name="Read from Pace").click()
    page.get_by_role("button", name="Read again").wait_for(timeout=90_000)
    page.locator(".hub-lineage").first.wait_for(timeout=90_000)
    page.screenshot(path=IMAGES / "order_in_pace.png")
    page.goto(f"{address}/admin/inbox/")
    page.locator(".hub-cause-more > summary").first.click()
    page.screenshot(path=IMAGES / "inbox.png")


def take_desk_pictures(page: Page, address: str) -> None:
    """The pages of docs/mappings.md."""
    page.goto(f"{address}/admin/integrations/storefront/")
    page.click('text="Example CU Store"')
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "storefront.png")
    page.get_by_role("link", name="Open the coverage").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "coverage.png")
    page.goto(f"{address}/admin/mappings/fieldrule/?q=cost")
    page.get_by_role("link", name="job.u_cost_center").click()
    page.locator(".hub-rule-count").get_by_text("of the last").wait_for(timeout=30_000)
    page.screenshot(path=IMAGES / "field_rule.png", full_page=True)


def take_values_and_holidays_pictures(page: Page, address: str) -> None:
    """The form of an order's values and the holiday calendar of docs/staff-guide.md."""
    page.goto(f"{address}/admin/integrations/order/?status__exact=needs_attention")
    page.locator("#result_list tbody th a, #result_list tbody td a").first.click()
    page.wait_for_load_state("networkidle")
    page.goto(page.url.split("/change/")[0] + "/change-value/", wait_until="networkidle")
    page.screenshot(path=IMAGES / "change_values.png")
    page.goto(f"{address}/admin/holidays/")
    page.get_by_role("link", name="Example CU Store").click()
    page.get_by_label("Requested ship date").fill("2026-12-25")
    page.get_by_role("button", name="Show ship date").click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "holidays.png")


def take_finding_pictures(page: Page, address: str) -> None:
    """The pages of docs/finding.md."""
    page.goto(f"{address}/admin/", wait_until="networkidle")
    page.keyboard.press("Control+k")
    page.keyboard.type("exam")
    page.get_by_role("option", name="Show all that was found").wait_for()
    page.screenshot(path=IMAGES / "find.png")


def take_probe_picture(page: Page, address: str) -> None:
    """The page of docs/pace.md."""
    page.goto(f"{address}/admin/integrations/paceserver/")
    page.click('text="Sandbox Pace"')
    page.wait_for_load_state("networkidle")
    page.goto(f"{address}{page.locator('a[href*=probe]').first.get_attribute('href')}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "probe.png")


def take_shadow_pictures(page: Page, address: str) -> None:
    """The pages of docs/migrating.md."""
    page.goto(f"{address}/admin/integrations/storefront/")
    page.click('text="Sample Library Store"')
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Shadow mode").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "shadow.png")
    page.get_by_role("link", name="Go live").click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "go_live.png")
    page.go_back()
    page.locator(".hub-compared").get_by_role("link").last.click()
    page.wait_for_load_state("networkidle")
    page.locator(".hub-plan-table").first.click()
    page.screenshot(path=IMAGES / "shadow_order.png")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    demo, address, password = start_demo()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            sign_in(page, address, password)
            take_pictures(page, address)
            browser.close()
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=90)


if __name__ == "__main__":
    main()
