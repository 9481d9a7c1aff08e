"""A portal full of hostile values, and every page of it: found by walking, so that pages added later are tried as well."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from integrations.models import Order, PaceServer, PresseroAccount, Storefront
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from integrations.simulation.sandbox.pressero.builders import Buyer, FileDraft
from integrations.simulation.sandbox.pressero.catalog import SandboxAddress
from mappings.models import ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping
from tests.admin.pages import ORDER_TABS
from tests.conftest import Hub

# Each breaks out of an element, an attribute in either quotes, or a script; `xss-mark` is what must never become one.
MARKUP = """'"></td></script><script>xssRan=1</script><img src=x onerror=xssRan=2><svg onload=xssRan=3><xss-mark>"""
BRIEF = """'"><xss-mark><img src=x onerror=xssRan=4>"""  # for columns of 50 characters
NAME = (
    """"><xss-mark><img src=x onerror=xssRan=9>"""  # one kind of quotes: what Pace is asked by holds no two
)
ATTRIBUTE = """x" onmouseover="xssRan=5" onfocus=xssRan=6 autofocus x-init="xssRan=7" hx-get="/x" y='"""
LINK = "javascript:xssRan=8//https://files.example.com/a.pdf"
TEMPLATE = "{{ 7|add:'7735' }}{% now 'Y' %}${7*7735}"
EVERYTHING = f"{MARKUP} {TEMPLATE}"

# What the page of a hostile order is asked for by a list's search box, besides its number.
SEARCHES = (MARKUP, ATTRIBUTE)
# So many pages of one kind are opened (rows of one table, say).
OF_A_KIND = 1
# Queries that show the same rows once more: in another order, with counts, or on the way back to a list.
SAME_ROWS = ("o", "_facets", "_changelist_filters", "p", "all")


def fill(hub: Hub) -> list[Order]:
    """Orders taken in and worked on over real HTTP, whose every text is hostile; and set-up with hostile names."""
    site = hub.pressero.store.catalog.site("Example CU Store")
    site.product("Business Card").name = f"Card {MARKUP}"
    Storefront.objects.filter(name="Example CU Store").update(name=f"Store {NAME}")
    PresseroAccount.objects.update(name=f"Account {BRIEF}")
    PaceServer.objects.update(name=f"Server {BRIEF}")
    ProductMapping.objects.create(product=f"Card {MARKUP}", match="name", item_template="POSTER-A2")
    ShipmentMethodMapping.objects.create(pressero_method=f"Slow {BRIEF}", ship_via=5010)
    ShipmentAddressMapping.objects.create(business=f"Shop {NAME}", ship_via=5010)
    sent = hub.process(_draft(f"Slow {BRIEF}"))
    unmapped = hub.process(_draft(f"Unmapped {MARKUP}"))
    hub.pace.faults.add("error_before", path="createJobShipment", message=f"Bad field {EVERYTHING}")
    refused = hub.process(_draft(f"Slow {BRIEF}"))
    hub.pressero.store.edit_item(sent.number, 1, {"notes": f"Changed {EVERYTHING}", "quantity": 9})
    hub.process(sent)
    return [Order.objects.get(pk=order.pk) for order in (sent, unmapped, refused)]


def _draft(method: str) -> OrderDraft:
    address = SandboxAddress(
        business=f"Shop {NAME}", first_name=NAME, last_name=NAME, address1=f"1 {BRIEF}", address2=BRIEF,
        city="Peoria", state="IL", postal="61602", phone=BRIEF, email="avery@example.com",
    )  # fmt: skip
    files = [
        FileDraft(f"a {MARKUP}.pdf", url=LINK),
        FileDraft("../../b.pdf", url=f"https://files.example.com/{ATTRIBUTE}"),
        FileDraft("c.pdf", url=f"data:text/html,{MARKUP}"),
    ]
    item = ItemDraft(
        f"Card {MARKUP}", quantity=2, price="48.25", shipping="8.75", method=method, ship_to=address, files=files,
        notes=f"Notes {EVERYTHING}", item_name=f"Item {ATTRIBUTE}", options={f"Paper {BRIEF}": EVERYTHING, "Ink": LINK},
        form_fields={f"Line {BRIEF}": EVERYTHING},
    )  # fmt: skip
    buyer = Buyer(f"Avery {NAME}", f"Example {NAME}", "avery@example.com", business=f"Credit {NAME}")
    return OrderDraft("Example CU Store", buyer, [item], po_number=f"PO {BRIEF}", notes=f"Order {EVERYTHING}")


class Findings(HTMLParser):
    """What a page holds that hostile values would have put there, and the links it leads on by."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "xss-mark" or values.get("src") == "x":
            self.faults.append(f"<{tag}> was put into the page")
        self.faults += [f"{name} on <{tag}>" for name in values if name.startswith("on")]
        if "xssRan" in (values.get("x-init") or ""):
            self.faults.append(f"an attribute was put on <{tag}>")
        for name in ("href", "src", "action", "formaction", "hx-get", "xlink:href"):
            address = (values.get(name) or "").strip()
            if urlsplit(address).scheme not in ("", "http", "https", "mailto"):
                self.faults += (
                    [f"{name} of <{tag}> leads to {address[:40]}"] if address[:10] != "data:image" else []
                )
            elif name == "href" and tag == "a":
                self.links.append(address)


def look(html: str) -> Findings:
    findings = Findings()
    findings.feed(html)
    return findings


class Walk:
    """Every HTML page of the admin that a superuser comes to, by links and by the table of addresses."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pages: dict[str, str] = {}  # path with query -> HTML
        self._of_a_kind: Counter[str] = Counter()
        self._known: set[str] = set()
        self._waiting: deque[str] = deque()

    def everything(self) -> dict[str, str]:
        for path in self._beginnings():
            self._add(path, linked=False)
        while self._waiting:
            self._open(self._waiting.popleft())
        return self.pages

    def _beginnings(self) -> Iterator[str]:
        orders = list(Order.objects.order_by("pk").values_list("pk", flat=True))
        for pattern in _named(get_resolver(), []):
            # Addresses without arguments, and those of something that some order has.
            yield from _addresses(pattern, orders)
        # Every tab of one order, the first: links lead to a tab of any order, and one of a kind is opened.
        for pk in orders[:1]:
            page = reverse("admin:integrations_order_change", args=[pk])
            yield from (f"{page}?tab={tab}" for tab in ORDER_TABS)
        for model, model_admin in admin.site._registry.items():
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            for text in SEARCHES if model_admin.search_fields else ():
                yield f"{reverse(f'{name}_changelist')}?{urlencode({'q': text})}"
            for pk in model._default_manager.order_by("-pk").values_list("pk", flat=True)[:OF_A_KIND]:
                yield reverse(f"{name}_change", args=[pk])
                yield reverse(f"{name}_history", args=[pk])

    def _add(self, path: str, *, linked: bool = True) -> None:
        address, _, query = path.partition("?")
        first = query.partition("=")[0]
        try:
            kind = f"{resolve(address).view_name}?{query if first == 'tab' else first}"
        except Resolver404:
            return
        beside = not address.startswith("/admin/") or "logout" in address or first in SAME_ROWS
        if beside or path in self._known or (linked and self._of_a_kind[kind] >= OF_A_KIND):
            return
        self._known.add(path)
        self._of_a_kind[kind] += 1
        self._waiting.append(path)

    def _open(self, path: str) -> None:
        answer: Any = self.client.get(path)
        if answer.status_code in (301, 302):
            self._add(urljoin(path, answer.headers["Location"]))
        if answer.status_code != 200 or "text/html" not in answer.headers.get("Content-Type", ""):
            assert answer.status_code < 500, path
            return
        html = answer.content.decode()
        self.pages[path] = html
        for link in look(html).links:
            self._add(urljoin(path, link).partition("#")[0])


def _named(resolver: URLResolver, spaces: list[str]) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _named(entry, [*spaces, entry.namespace] if entry.namespace else spaces)
        elif isinstance(entry, URLPattern) and entry.name:
            yield ":".join([*spaces, entry.name])


def _addresses(name: str, orders: list[Any]) -> Iterator[str]:
    for arguments in ([], *([pk] for pk in orders)):
        with suppress(NoReverseMatch):
            yield reverse(name, args=arguments)
