"""Draws the tables and what points where: docs/images/tables.svg.

Run it from the project's folder after a table or a foreign key was added: `.venv/bin/python docs/make_table_diagram.py`.
"""

from __future__ import annotations

import os
import sys
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "tables.svg"
APPS = ("integrations", "mappings")
TONES = {"integrations": "#00796b", "mappings": "#5e35b1"}
OTHER = "#546e7a"
PER_ROW, WIDTH, HEIGHT, GAP, STEP = 7, 164, 52, 14, 112


def tables() -> dict[str, Any]:
    """Name -> model, for all tables of the hub's own and those they point to."""
    from django.apps import apps

    own = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return {
        model.__name__: model for model in [*own, *(target for model in own for target in _targets(model))]
    }


def _targets(model: Any) -> list[Any]:
    if model._meta.app_label not in APPS:
        return []
    found = [field.related_model for field in model._meta.concrete_fields if field.related_model is not None]
    return [one for one in dict.fromkeys(found) if one is not model]


def floors(models: dict[str, Any]) -> list[list[Any]]:
    """Rows of the picture: a table stands below all that it points to."""
    depth: dict[str, int] = {}

    def of(model: Any) -> int:
        name = model.__name__
        if name not in depth:
            depth[name] = 0
            depth[name] = max((of(target) + 1 for target in _targets(model)), default=0)
        return depth[name]

    for model in models.values():
        of(model)
    rows: list[list[Any]] = []
    for level in range(max(depth.values()) + 1):
        beside = sorted(
            (model for name, model in models.items() if depth[name] == level),
            key=lambda model: (model._meta.app_label, model.__module__, model.__name__),
        )
        rows += [beside[at : at + PER_ROW] for at in range(0, len(beside), PER_ROW)]
    return rows


def draw() -> str:
    """The picture as SVG."""
    models = tables()
    rows = floors(models)
    full = PER_ROW * (WIDTH + GAP) + 40
    places = {}
    for y, row in enumerate(rows):
        wide = len(row) * (WIDTH + GAP) - GAP
        for x, model in enumerate(row):
            places[model.__name__] = ((full - wide) / 2 + x * (WIDTH + GAP) + (y % 2) * 16 - 8, 20 + y * STEP)
    height = 20 + len(rows) * STEP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        "<title>The tables: an arrow goes from the table with the foreign key to the one it points to</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#607d8b"/></marker></defs>',
        f'<rect width="{full}" height="{height}" fill="#ffffff"/>',
    ]
    for model in models.values():
        for target in _targets(model):
            parts.append(_arrow(places[model.__name__], places[target.__name__]))
    parts += [_box(model, *places[model.__name__]) for model in models.values()]
    return "\n".join([*parts, "</svg>", ""])


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1, x2, y2 = start[0] + WIDTH / 2, start[1], end[0] + WIDTH / 2, end[1] + HEIGHT
    bend = (y1 + y2) / 2
    path = f"M{x1:.0f} {y1:.0f} C{x1:.0f} {bend:.0f} {x2:.0f} {bend:.0f} {x2:.0f} {y2:.0f}"
    return f'<path d="{path}" fill="none" stroke="#607d8b" opacity="0.55" marker-end="url(#tip)"/>'


def _box(model: Any, x: float, y: float) -> str:
    columns = len(model._meta.concrete_fields)
    place = f"{model.__module__.removeprefix('integrations.').replace('.', '/')}.py"
    facts = f"{columns} columns" if model._meta.app_label not in APPS else f"{place}, {columns} columns"
    middle = x + WIDTH / 2
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{TONES.get(model._meta.app_label, OTHER)}"/>'
        f'<text x="{middle:.0f}" y="{y + 22:.0f}" fill="#ffffff" text-anchor="middle">{escape(model.__name__)}</text>'
        f'<text x="{middle:.0f}" y="{y + 40:.0f}" fill="#ffffff" text-anchor="middle" font-size="9">{escape(facts)}</text>'
    )


if __name__ == "__main__":
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")
    sys.path.insert(0, str(ROOT))

    import django

    django.setup()
    PICTURE.write_text(draw(), encoding="utf-8")
