"""The timeline of an order as the page shows it: one box per try, and what came from outside between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext, gettext_lazy

from automationhub.lib.admin import json_text
from integrations import audit
from integrations.admin.calls import Call, call_of
from integrations.admin.displays import short_actor
from integrations.audit import SENTENCES, Line
from integrations.models import Order

# Entries on one page. A failing order is tried for a day: its thousands of entries come page by page.
PAGE = 200

# What of it is shown: name -> (label, the types; None: all).
_CALLS = ("call.made", "call.failed")
VIEWS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "all": (gettext_lazy("Everything"), None),
    "story": (
        gettext_lazy("Without calls"),
        tuple(name for name, (_, tone) in SENTENCES.items() if name not in _CALLS and tone != "muted"),
    ),
    "calls": (gettext_lazy("Calls only"), _CALLS),
    "trouble": (
        gettext_lazy("Trouble"),
        tuple(name for name, (_, tone) in SENTENCES.items() if tone == "bad"),
    ),
    "staff": (
        gettext_lazy("By staff"),
        tuple(name for name, (_, tone) in SENTENCES.items() if tone == "staff"),
    ),
}

# The entry that says how a try ended.
_ENDINGS = (
    "order.stopped",
    "order.retry_planned",
    "order.submitted",
    "order.completed",
    "order.denied",
    "order.waiting",
    "order.abandoned",
)


@dataclass(frozen=True)
class Shown:
    """One line, with its data as text ("" when it has none)."""

    line: Line
    data: str
    call: Call | None = None

    @property
    def tone(self) -> str:
        return self.line.tone

    @property
    def actor(self) -> str:
        return short_actor(self.line.actor)


@dataclass
class Group:
    """The lines of one try, or of what happened between two tries."""

    correlation: str
    lines: list[Shown] = field(default_factory=list)
    is_open: bool = False

    @property
    def title(self) -> str:
        for shown in self.lines:
            if shown.line.type == "order.claimed" and "attempt" in shown.line.data:
                return gettext("Try {number}").format(number=shown.line.data["attempt"])
        types = {shown.line.type.partition(".")[0] for shown in self.lines}
        return gettext("Update to Pressero") if types & {"item", "shipment"} else gettext("Work")

    @property
    def started(self) -> Line:
        return self.lines[0].line

    @property
    def ending(self) -> Line:
        """The line that sums the try up."""
        for shown in reversed(self.lines):
            if shown.line.type in _ENDINGS:
                return shown.line
        return self.lines[-1].line

    @property
    def count(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class Timeline:
    """One page of it, oldest first. `earlier`: the id before which the previous page ends; None: there is none."""

    groups: list[Group]
    earlier: int | None
    is_latest: bool
    view: str = "all"


def read(order: Order, *, before: int | None = None, view: str = "all") -> Timeline:
    """The latest entries of an order, or those before entry `before`; `view`: which of them (VIEWS)."""
    entries = order.audit.order_by("-id")
    view = view if view in VIEWS else "all"
    types = VIEWS[view][1]
    if types is not None:
        entries = entries.filter(type__in=types)
    if before is not None:
        entries = entries.filter(id__lt=before)
    newest = list(entries[: PAGE + 1])
    shown = newest[:PAGE]
    earlier = shown[-1].pk if len(newest) > PAGE else None
    lines = [audit.describe(entry) for entry in reversed(shown)]
    return Timeline(group(lines), earlier, is_latest=before is None, view=view)


def group(lines: list[Line]) -> list[Group]:
    """Lines with the same correlation are one try, wherever others fell between; the last try is open."""
    tries: dict[str, Group] = {}
    groups: list[Group] = []
    for line in lines:
        found = tries.get(line.correlation) if line.correlation else None
        if found is None and not line.correlation and groups and not groups[-1].correlation:
            found = groups[-1]
        if found is None:
            found = Group(line.correlation)
            groups.append(found)
            if line.correlation:
                tries[line.correlation] = found
        call = call_of(line.data)
        found.lines.append(Shown(line, json_text(line.data) if line.data and call is None else "", call))
    if tries:
        next(reversed(tries.values())).is_open = True
    return groups
