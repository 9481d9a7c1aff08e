"""`probe_pressero`: reads what the hub reads and looks at the keys of the answers. Writes nothing.

The only place of the probe that calls Pressero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import simplejson

from integrations.clients.http.answers import CallRecord
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.pressero.orders import parse_order
from integrations.errors import CredentialError, HubError, TransientError
from integrations.operations.probes.pace_seen import AskedFact
from integrations.operations.probes.pressero_verdicts import PresseroSeen, keys_of

Given = TypeVar("Given")

LOOK_BACK: Final = timedelta(days=30)


class PresseroProbe:
    """One probe of one account. `say` is told what is about to be done."""

    def __init__(
        self,
        pressero: PresseroClient,
        *,
        now: datetime,
        exchanges: Sequence[CallRecord],
        number: int | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._pressero = pressero
        self._now = now
        self._number = number
        self._exchanges = exchanges
        self._say = say
        self.seen = PresseroSeen(number=number)

    def run(self) -> PresseroSeen:
        """Ask everything. Raises HubError when the login fails."""
        self._say("Logging in. This probe reads only.")
        self._pressero.login()
        self.seen.asked["login"] = AskedFact(True)
        self._say("Searching the orders of the last 30 days.")
        site = self._search()
        site = self._order() or site
        self._lists(site)
        return self.seen

    def _ask(self, question: str, call: Callable[[], Given]) -> Given | None:
        try:
            answer = call()
        except HubError as error:
            definite = not isinstance(error, TransientError | CredentialError)
            self.seen.asked[question] = AskedFact(False if definite else None, error.message)
            self.seen.remarks.append(error.message)
            return None
        self.seen.asked[question] = AskedFact(True)
        return answer

    def _last(self, part: str) -> Any:
        """The last answer to a call whose address holds this, as data."""
        for call in reversed(self._exchanges):
            if part.lower() in call.url.lower() and call.status == 200:
                try:
                    return simplejson.loads(call.answer, use_decimal=True)
                except ValueError:
                    return None
        return None

    def _search(self) -> str:
        """The first page of the search; the site of its last order."""
        # Clocks differ: an order of this minute may be dated after it.
        pages = self._pressero.search_orders(self._now - LOOK_BACK, self._now + timedelta(days=1))
        page = self._ask("searched", lambda: next(pages, []))
        data = self._last("Orders/Search")
        if isinstance(data, dict):
            self.seen.keys["search"] = keys_of(dict.fromkeys(data))
            rows = next((value for value in data.values() if isinstance(value, list)), [])
            if rows:
                self.seen.keys["search row"] = keys_of(rows)
        if not page:
            return ""
        number, site = page[-1]
        if self._number is None:
            self._number = self.seen.number = number
        return site

    def _order(self) -> str:
        """The order that was asked for, or the last one found; its site."""
        if self._number is None:
            self.seen.remarks.append(
                "No order of the last 30 days was found. Name one: probe_pressero ACCOUNT NUMBER."
            )
            return ""
        self._say(f"Reading order {self._number}.")
        payload = self._ask("order_read", partial(self._pressero.order_payload, self._number))
        if payload is None:
            return ""
        self.seen.keys["order"] = keys_of(payload["details"])
        self.seen.keys["item"] = keys_of(payload["items"])
        order = self._ask("order_understood", partial(parse_order, payload))
        return order.site_id if order else ""

    def _lists(self, site: str) -> None:
        self._say("Reading the site, the workflows and the shipping methods.")
        read = self._ask("site read", partial(self._pressero.site, site)) if site else None
        if read is not None:
            self.seen.keys["site"] = keys_of(self._last("SiteInfo"))
        workflows = self._ask("workflows", self._pressero.workflows)
        if workflows:
            stages = self._ask("workflows", partial(self._pressero.stages, workflows[0].id))
            if stages is not None:
                self.seen.asked["workflows"] = AskedFact(
                    bool(stages), f"{len(workflows)} workflows, {len(stages)} stages in the first."
                )
        methods = self._ask("shipping_methods", self._pressero.shipping_methods)
        if methods is not None:
            self.seen.asked["shipping_methods"] = AskedFact(True, f"{len(methods)} methods.")
