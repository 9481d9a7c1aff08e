"""Writes docs/parameters.md from the models and the words of the portal, so that no parameter is missing and none is wrong.

Run it from the project's folder after a parameter was added: `.venv/bin/python docs/make_parameters.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "parameters.md"
# Kept by the hub itself, not by people.
_NOT_SHOWN = {"id", "unreadable", "created_at", "updated_at", "detected_hash_scheme"}
_HEAD = """# Every parameter

Each box of the three set-up pages in the portal, in its order. *Empty* means what happens when nothing is filled in. The variables
of the environment (keys, database, mail, limits) are explained one by one in `.env.example`.
"""


def page() -> str:
    """The whole page as Markdown."""
    from integrations.admin.setup.storefront_help import EFFECTS, WORDS
    from integrations.models import PaceServer, PresseroAccount, Storefront

    parts = [
        _HEAD,
        _table("Pressero account", PresseroAccount, {}, {}),
        _table("Pace server", PaceServer, {}, {}),
        _table("Storefront", Storefront, WORDS, EFFECTS),
    ]
    return "\n".join(parts)


def _table(title: str, model: Any, words: Any, effects: Any) -> str:
    lines = [f"## {title}", "", "| parameter | what it does | default |", "| --- | --- | --- |"]
    for field in model._meta.concrete_fields:
        if field.name in _NOT_SHOWN:
            continue
        label, effect = words.get(field.name, ("", effects.get(field.name, "")))
        label = label or str(field.verbose_name)
        lines.append(
            f"| {_cell(label[:1].upper() + label[1:])} | {_cell(effect or str(field.help_text))} | {_default(field)} |"
        )
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") or "–"


def _default(field: Any) -> str:
    value = field.default() if field.has_default() and callable(field.default) else field.default
    if not field.has_default() or value in ("", None, [], {}):
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(dict(field.flatchoices).get(value, value))


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")
    os.environ.setdefault("DEBUG", "true")
    import django

    django.setup()
    TARGET.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
