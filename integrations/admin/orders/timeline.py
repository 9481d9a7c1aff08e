"""The timeline of an order as the page shows it: one box per try, and what came from outside between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from automationhub.lib.admin import json_text
from integrations.admin.orders.calls import ShownCall, call_of
from integrations.admin.shared.displays import short_actor
from integrations.core.audit import log as audit
from integrations.core.audit.log import SENTENCES, AuditLine
from integrations.models import Order

# Entries on one page. A failing order is tried for a day: its thousands of entries come page by page.
PAGE = 200

# What of it is shown: name -> (label, the types; None: all). Calls are hidden on the page until they are asked for.
_CALLS = ("call.made", "call.failed")
_ATTEMPT = "order.claimed"
VIEWS: dict[str, tuple[str | Promise, tuple[str, ...] | None]] = {
    "all": (gettext_lazy("Everything"), None),
    "trouble": (
        gettext_lazy("Problems"),
        tuple(name for name, (_, tone) in SENTENCES.items() if tone == "bad"),
    ),
    "staff": (
        gettext_lazy("By staff"),
        tuple(name for name, (_, tone) in SENTENCES.items() if tone == "staff"),
    ),
    "calls": (gettext_lazy("Calls only"), _CALLS),
}

# The entry that says how an attempt ended.
_ENDINGS = (
    "order.stopped",
    "order.retry_planned",
    "order.submitted",
    "order.adopted",
    "order.shadow",
    "order.completed",
    "order.denied",
    "order.abandoned",
    "order.lease_lost",
)


@dataclass(frozen=True)
class ShownEntry:
    """One line, with its data as text ("" when it has none)."""

    line: AuditLine
    data: str
    call: ShownCall | None = None

    @property
    def tone(self) -> str:
        return self.line.tone

    @property
    def actor(self) -> str:
        return short_actor(self.line.actor)


@dataclass
class TimelineGroup:
    """The lines of one attempt, oldest first, or of what happened between two, newest first.

    `number`: which attempt of the order it is, 0 for work that is none. `alike`: the attempts before it with the same
    result, shown folded away.
    """

    correlation: str
    lines: list[ShownEntry] = field(default_factory=list)
    number: int = 0
    is_open: bool = False
    alike: list[TimelineGroup] = field(default_factory=list)

    @property
    def title(self) -> str:
        if self.number:
            return gettext("Attempt {number}").format(number=self.number)
        types = {shown.line.type.partition(".")[0] for shown in self.lines}
        return gettext("Update to Pressero") if types & {"item", "shipment"} else gettext("Work")

    @property
    def alike_title(self) -> str:
        first, last = self.alike[-1].number, self.alike[0].number
        if first == last:
            return gettext("Attempt {number} ended the same way").format(number=first)
        return gettext("Attempts {first} to {last} ended the same way").format(first=first, last=last)

    @property
    def started(self) -> AuditLine:
        return self.lines[0].line

    @property
    def ending(self) -> AuditLine:
        """The line that sums the attempt up."""
        for shown in reversed(self.lines):
            if shown.line.type in _ENDINGS:
                return shown.line
        return self.lines[-1].line

    @property
    def result(self) -> str:
        """How the attempt ended, in words: its ending, or that it has not ended yet."""
        if self.number and self.ending.type not in _ENDINGS and self.is_running:
            return gettext("In progress")
        return self.ending.sentence

    @property
    def is_running(self) -> bool:
        return self.is_open and self.lines[-1].line.type in (_ATTEMPT, *_CALLS)

    @property
    def outcome(self) -> tuple[str, str]:
        """Equal for attempts with the same result, whenever they are repeated."""
        ending = self.ending
        return ending.type, str(ending.data.get("message") or ending.data.get("sentence") or "")

    @property
    def count(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class Timeline:
    """One page of it, newest first. `earlier`: the id before which the next page ends; None: there is none."""

    groups: list[TimelineGroup]
    earlier: int | None
    is_latest: bool
    view: str = "all"


def read(order: Order, *, before: int | None = None, view: str = "all") -> Timeline:
    """The latest entries of an order, or those before entry `before`; `view`: which of them (VIEWS). Two queries."""
    entries = order.audit.order_by("-id")
    view = view if view in VIEWS else "all"
    types = VIEWS[view][1]
    if types is not None:
        entries = entries.filter(type__in=(*types, _ATTEMPT))  # the attempts number what is shown
    if before is not None:
        entries = entries.filter(id__lt=before)
    newest = list(entries[: PAGE + 1])
    shown = newest[:PAGE]
    earlier = shown[-1].pk if len(newest) > PAGE else None
    attempts = order.audit.filter(type=_ATTEMPT, id__lt=shown[-1].pk).count() if shown else 0
    lines = [audit.describe(entry) for entry in reversed(shown)]
    groups = group(lines, attempts_before=attempts, shown=types)
    return Timeline(groups, earlier, is_latest=before is None, view=view)


def group(
    lines: list[AuditLine], *, attempts_before: int = 0, shown: tuple[str, ...] | None = None
) -> list[TimelineGroup]:
    """Lines (oldest first) as groups, newest first: those with the same correlation are one attempt, wherever others
    fell between. The latest attempt is open; attempts that ended alike are folded into the newest of them.

    `shown`: the types that are shown; others only number the attempts.
    """
    works: dict[str, TimelineGroup] = {}
    groups: list[TimelineGroup] = []
    for line in lines:
        found = works.get(line.correlation) if line.correlation else None
        if found is None and not line.correlation and groups and not groups[-1].correlation:
            found = groups[-1]
        if found is None:
            found = TimelineGroup(line.correlation)
            groups.append(found)
            if line.correlation:
                works[line.correlation] = found
        if line.type == _ATTEMPT and not found.number:
            attempts_before += 1
            found.number = attempts_before
        if shown is None or line.type in shown:
            found.lines.append(_shown(line))
    groups = [one for one in groups if one.lines]
    for one in groups:
        if not one.correlation:
            one.lines.reverse()
    latest = next((one for one in reversed(groups) if one.correlation), None)
    if latest is not None:
        latest.is_open = True
    return _folded(groups[::-1])


def _shown(line: AuditLine) -> ShownEntry:
    call = call_of(line.data)
    return ShownEntry(line, json_text(line.data) if line.data and call is None else "", call)


def _folded(groups: list[TimelineGroup]) -> list[TimelineGroup]:
    """Attempts that follow each other and ended alike become one group with the others in it."""
    folded: list[TimelineGroup] = []
    for one in groups:
        last = folded[-1] if folded else None
        if last is not None and one.number and last.number and one.outcome == last.outcome:
            last.alike.append(one)
        else:
            folded.append(one)
    return folded
