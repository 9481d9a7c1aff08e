"""What keeps people from a page that is open: axe-core, keyboard, width; at 1280 and 390 pixels, light and dark, text at 200 %.

Opening a page is what takes time, so it is opened once and changed for each way of looking at it.
axe-core comes with the package axe-playwright-python (MIT; axe-core itself is MPL 2.0): nothing is loaded from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# What 200 % makes of a window of 1280 pixels: sizes of text are pixels here, so the browser's zoom is what enlarges them.
ZOOMED = {"width": 640, "height": 450}

# Findings of axe-core above "minor", each with the first places where it is.
AXE = """async (rules) => {
  const only = rules.length ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {resultTypes: ["violations"], ...only});
  return found.violations.filter((one) => one.impact !== "minor")
    .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id} (${one.impact}): ${node.html.slice(0, 140)}`));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
# What a mouse can press and the Tab key does not reach, and what takes the focus out of its turn.
OUT_OF_REACH = """() => [...document.querySelectorAll(
    "a:not([href]), [onclick], [x-on\\\\:click]:not(a[href], button, input, select, label), [tabindex]:not([tabindex='0'], [tabindex='-1'])")]
  .filter((one) => one.offsetParent !== null && !(one.tabIndex === 0))
  .filter((one) => !one.querySelector("a[href], button, input") && !one.closest("a[href], button, label"))
  .map((one) => `out of reach of the keyboard: ${one.outerHTML.slice(0, 140)}`)"""


def axe(page: Page, *rules: str) -> list[str]:
    """What axe-core finds on the page as it is, by all of its rules or by these."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE, list(rules))
    return found


def too_wide(page: Page, where: str = "") -> list[str]:
    """By how much the page scrolls sideways."""
    pixels = page.evaluate(TOO_WIDE)
    return [f"{pixels} pixels too wide {where}".rstrip()] if pixels > 0 else []


def too_wide_anywhere(page: Page) -> list[str]:
    """By how much it scrolls sideways in a narrow window and in a wide one."""
    page.set_viewport_size(NARROW)
    found = too_wide(page, "at 390")
    page.set_viewport_size(WIDE)
    return found + too_wide(page, "at 1280")


def in_every_way(page: Page) -> list[str]:
    """What is wrong with the page, whether it was opened light or dark. It is left light and wide."""
    found: list[str] = page.evaluate(OUT_OF_REACH)
    page.evaluate("document.documentElement.classList.add('dark')")
    page.set_viewport_size(NARROW)
    found += too_wide(page, "at 390")
    found += [f"390, dark: {one}" for one in axe(page)]
    page.set_viewport_size(ZOOMED)
    found += too_wide(page, "at 1280 enlarged to 200 %")
    page.set_viewport_size(WIDE)
    found += too_wide(page, "at 1280")
    found += [f"dark: {one}" for one in axe(page, "color-contrast")]
    page.evaluate("document.documentElement.classList.remove('dark')")
    found += axe(page)
    return found
