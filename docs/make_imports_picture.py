"""Draws who imports whom: docs/images/imports.svg, and prints what it counts.

Run it from the project's folder: `.venv/bin/python docs/make_imports_picture.py`. It needs the packages of
requirements-dev.lock; `--check` writes nothing and fails when there is a circle of files or an import that runs back up.

A room is a folder of a package, or of a folder that has a contract of its own, or a module that stands in one. Floors are the layers of the contracts in pyproject.toml, in their order, so
the picture and `lint-imports` cannot disagree about what is above.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "imports.svg"
PACKAGES = ("automationhub", "integrations", "mappings")
LIBRARY = "automationhub.lib"
# From above: the project's settings and addresses, the hub, the mappings, and the library that knows neither.
HOUSES = ("automationhub", "integrations", "mappings", LIBRARY)
LEFT_OUT = ("migrations",)


@dataclass
class Room:
    """One folder: its modules and their lines."""

    name: str
    modules: list[str] = field(default_factory=list)
    lines: int = 0


@dataclass
class House:
    """What the imports look like."""

    rooms: dict[str, Room]
    arrows: Counter[tuple[str, str]]
    circles: list[list[str]]
    back_runs: list[tuple[str, str]]
    lines: dict[str, int]

    @property
    def loose(self) -> list[str]:
        """Modules that stand in `integrations/` itself."""
        return [
            name
            for name in self.lines
            if name.count(".") == 1 and name.startswith("integrations.") and _path(name).stem != "__init__"
        ]

    @property
    def longest(self) -> tuple[str, int]:
        return max(self.lines.items(), key=lambda item: item[1])

    @property
    def largest(self) -> Room:
        folders = Counter(_path(name).parent for name in self.lines)
        path, _ = folders.most_common(1)[0]
        name = ".".join(path.relative_to(ROOT).parts)
        inside = [one for one in self.lines if _path(one).parent == path]
        return Room(name, inside, sum(self.lines[one] for one in inside))

    def words(self) -> Iterator[str]:
        """The figures, one a line."""
        yield f"modules: {len(self.lines)}, lines: {sum(self.lines.values())}"
        yield f"rooms: {len(self.rooms)}, arrows between them: {len(self.arrows)}"
        top = {name: ".".join(name.split(".")[:2]) for name in self.rooms}
        arrows = {(top[a], top[b]) for a, b in self.arrows if top[a] != top[b]}
        yield f"at the top level: {len(set(top.values()))} rooms, {len(arrows)} arrows"
        yield f"loose modules in integrations/: {len(self.loose)} ({', '.join(sorted(self.loose))})"
        yield f"circles of files: {len(self.circles)}"
        yield from (f"  {' <-> '.join(circle)}" for circle in self.circles)
        yield f"imports that run back up: {len(self.back_runs)}"
        yield from (f"  {importer} -> {imported}" for importer, imported in self.back_runs)
        yield f"longest file: {self.longest[0]} ({self.longest[1]} lines)"
        yield f"largest folder: {self.largest.name} ({len(self.largest.modules)} modules)"


def read() -> House:
    """The project's imports, those inside functions included."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    modules = sorted(name for name in graph.modules if not set(LEFT_OUT) & set(name.split(".")))
    imports = {name: sorted(set(graph.find_modules_directly_imported_by(name))) for name in modules}
    rooms: dict[str, Room] = {}
    lines = {}
    for name in modules:
        path = _path(name)
        count = len(path.read_text(encoding="utf-8").splitlines())
        if not count:
            continue
        lines[name] = count
        room = rooms.setdefault(room_of(name), Room(room_of(name)))
        room.modules.append(name)
        room.lines += count
    pairs = [(name, other) for name in modules for other in imports[name] if other in imports]
    arrows = Counter((room_of(a), room_of(b)) for a, b in pairs if room_of(a) != room_of(b))
    return House(rooms, arrows, circles(imports), [pair for pair in pairs if _runs_back(*pair)], lines)


def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def room_of(module: str) -> str:
    """The room of a module: split as far as contracts go, which name what stands beside what."""
    parts = module.split(".")
    depth = 1
    while ".".join(parts[:depth]) in _contracts() and len(parts) > depth:
        depth += 1
    if depth == 1 or parts[0] == "mappings":  # the contract of the mappings is about files
        depth = 2 if len(parts) > 1 and ROOT.joinpath(*parts[:2]).is_dir() else 1
    return ".".join(parts[:depth])


def circles(imports: dict[str, list[str]]) -> list[list[str]]:
    """Groups of modules that import each other, directly or by way of others (Tarjan's algorithm, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    for start, first in imports.items():
        work: list[tuple[str, Iterator[str]]] = [] if start in number else [(start, iter(first))]
        while work:
            module, others = work[-1]
            if module not in number:
                number[module] = low[module] = len(number)
                stack.append(module)
            for other in others:
                if other not in imports:
                    continue
                if other not in number:
                    work.append((other, iter(imports[other])))
                    break
                if other in stack:
                    low[module] = min(low[module], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[module])
                if low[module] == number[module]:
                    place = stack.index(module)
                    if len(stack) - place > 1:
                        found.append(sorted(stack[place:]))
                    del stack[place:]
    return found


@cache
def _contracts() -> dict[str, list[list[str]]]:
    """Container -> its layers from above, each with the names that stand beside one another."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {
        container: [[name.strip(" ()") for name in layer.replace(":", "|").split("|")] for layer in contract["layers"]]
        for contract in told["contracts"]
        if contract["type"] == "layers"
        for container in contract["containers"]
    }  # fmt: skip


def _house_of(module: str) -> str:
    return LIBRARY if f"{module}.".startswith(f"{LIBRARY}.") else module.partition(".")[0]


def _runs_back(importer: str, imported: str) -> bool:
    """Whether an import goes from a lower floor to a higher one."""
    houses = HOUSES.index(_house_of(importer)), HOUSES.index(_house_of(imported))
    if houses[0] != houses[1]:
        return houses[0] > houses[1]
    for container, layers in _contracts().items():
        floors = _floor(container, layers, importer), _floor(container, layers, imported)
        if None not in floors and floors[0] > floors[1]:  # type: ignore[operator]
            return True
    return False


def _floor(container: str, layers: list[list[str]], module: str) -> int | None:
    if not module.startswith(f"{container}."):
        return None
    inner = module.removeprefix(f"{container}.")
    for number, names in enumerate(layers):
        if any(inner == name or inner.startswith(f"{name}.") for name in names):
            return number
    return None


# --- the picture ----------------------------------------------------------------------------------------------

WIDTH, BOX, HEIGHT, GAP, STEP = 1240, 142, 40, 12, 76
TONES = {
    "automationhub": "#546e7a", "integrations": "#00796b", "mappings": "#5e35b1", LIBRARY: "#455a64",
}  # fmt: skip


def rows(house: House) -> list[list[Room]]:
    """The rooms by floor, from above: those of one floor beside one another."""
    by_floor: dict[tuple[int, ...], list[Room]] = defaultdict(list)
    for room in house.rooms.values():
        if all(_path(name).stem == "__init__" for name in room.modules):
            continue  # a folder that only holds others
        by_floor[_height(room.name)].append(room)
    shown = []
    for floor in sorted(by_floor):
        beside = sorted(by_floor[floor], key=lambda room: room.name)
        most = WIDTH // (BOX + GAP)
        shown += [beside[at : at + most] for at in range(0, len(beside), most)]
    return shown


def _height(room: str) -> tuple[int, ...]:
    """Where a room stands, as numbers that sort from above."""
    found = [HOUSES.index(_house_of(room))]
    for container, layers in sorted(_contracts().items()):
        if (floor := _floor(container, layers, room)) is not None:
            found.append(floor)
    return tuple(found)


def draw(house: House) -> str:
    """The picture as SVG."""
    shown = rows(house)
    places: dict[str, tuple[float, float]] = {}
    for y, row in enumerate(shown):
        wide = len(row) * BOX + (len(row) - 1) * GAP
        # Boxes that stand exactly below one another would hide the arrows between them.
        shift = (y % 3 - 1) * (250 if len(row) < 3 else 20)
        for x, room in enumerate(row):
            places[room.name] = ((WIDTH - wide) / 2 + x * (BOX + GAP) + shift, 24 + y * STEP)
    height = 24 + len(shown) * STEP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="11">',
        "<title>Who imports whom: rooms by floor, arrows downward</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    back = {(room_of(a), room_of(b)) for a, b in house.back_runs}
    for (importer, imported), count in sorted(house.arrows.items()):
        if importer not in places or imported not in places:
            continue
        parts.append(_arrow(places[importer], places[imported], count, (importer, imported) in back))
    parts += [_box(room, *places[room.name]) for row in shown for room in row]
    return "\n".join([*parts, "</svg>", ""])


def _arrow(start: tuple[float, float], end: tuple[float, float], count: int, back: bool) -> str:
    x1, y1 = start[0] + BOX / 2, start[1] + HEIGHT
    x2, y2 = end[0] + BOX / 2, end[1]
    if start[1] == end[1]:  # beside one another: a bow below both
        path = f"M{x1:.0f} {y1:.0f} C{x1:.0f} {y1 + 30:.0f} {x2:.0f} {y1 + 30:.0f} {x2:.0f} {y1:.0f}"
    else:
        half = (y1 + y2) / 2
        path = f"M{x1:.0f} {y1:.0f} C{x1:.0f} {half:.0f} {x2:.0f} {half:.0f} {x2:.0f} {y2:.0f}"
    color, opacity = ("#c62828", 0.9) if back else ("#37474f", min(0.12 + count * 0.02, 0.6))
    width = min(0.8 + count * 0.08, 3)
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:.1f}" opacity="{opacity:.2f}"/>'
    )


def _box(room: Room, x: float, y: float) -> str:
    tone = TONES[_house_of(room.name)]
    name = room.name if room.name in HOUSES else room.name.removeprefix("integrations.")
    facts = (
        f"{room.lines} lines"
        if room.modules == [room.name]
        else f"{len(room.modules)} files, {room.lines} lines"
    )
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX}" height="{HEIGHT}" rx="6" fill="{tone}"/>'
        f'<text x="{x + BOX / 2:.0f}" y="{y + 17:.0f}" fill="#ffffff" text-anchor="middle">{escape(name)}</text>'
        f'<text x="{x + BOX / 2:.0f}" y="{y + 31:.0f}" fill="#ffffff" text-anchor="middle" font-size="9">{facts}</text>'
    )


def main(arguments: Iterable[str]) -> int:
    house = read()
    sys.stdout.write("\n".join([*house.words(), ""]))
    if "--check" in arguments:
        return 1 if house.circles or house.back_runs else 0
    PICTURE.write_text(draw(house), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
