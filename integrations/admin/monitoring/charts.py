"""Bar charts drawn on the server: an SVG without scripts or styles of its own, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext, ngettext

WIDTH, HEIGHT, TOP, FOOT = 460, 150, 12, 24


@dataclass(frozen=True)
class Point:
    """One bar: how many orders, how many of them stopped. `tick`: what stands below it, "" for nothing."""

    label: str
    total: int
    bad: int
    url: str
    tick: str = ""


@dataclass(frozen=True)
class Bar:
    """Where a bar stands, in the units of the drawing."""

    point: Point
    x: float
    width: float
    middle: float
    y: float
    height: float
    bad_y: float
    bad_height: float

    @property
    def title(self) -> str:
        orders = ngettext("{count} order", "{count} orders", self.point.total).format(count=self.point.total)
        stopped = gettext(", {count} stopped").format(count=self.point.bad) if self.point.bad else ""
        return f"{self.point.label}: {orders}{stopped}"


@dataclass(frozen=True)
class Chart:
    """A drawing. `summary` says in a sentence what it shows."""

    name: str
    summary: str
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...] = field(default=())
    width: int = WIDTH
    height: int = HEIGHT
    foot: int = HEIGHT - 6
    base: int = HEIGHT - FOOT


def bar_chart(name: str, points: Sequence[Point]) -> Chart:
    """The bars of some spans of time, as high as they have orders; the part that stopped is marked at the bottom."""
    most = max((point.total for point in points), default=0)
    ceiling = nice_ceiling(most)
    base = HEIGHT - FOOT
    step = (WIDTH - 34) / max(1, len(points))

    def height(count: int) -> float:
        return round((base - TOP) * count / ceiling, 1)

    bars = tuple(
        Bar(
            point=point,
            x=round(34 + position * step + step * 0.14, 1),
            width=round(step * 0.72, 1),
            middle=round(34 + position * step + step / 2, 1),
            y=round(base - height(point.total), 1),
            height=height(point.total),
            bad_y=round(base - height(point.bad), 1),
            bad_height=height(point.bad),
        )
        for position, point in enumerate(points)
    )
    total, bad = sum(point.total for point in points), sum(point.bad for point in points)
    summary = gettext("{name}: {total} orders, {bad} needed attention; at most {most} in one bar.").format(
        name=name, total=total, bad=bad, most=most
    )
    lines = tuple((round(base - height(value), 1), value) for value in (0, ceiling // 2, ceiling))
    return Chart(name, summary, bars, lines)


def nice_ceiling(most: int) -> int:
    """A round, even number that is not below `most`, and at least 4."""
    for magnitude in (10**exponent for exponent in range(12)):
        for factor in (1, 2, 4, 6, 8):
            if (found := factor * magnitude) >= max(most, 4) and found % 2 == 0:
                return found
    return most
