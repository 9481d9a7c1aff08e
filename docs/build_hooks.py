"""What MkDocs does besides its own: pages of the menu that are not there are left out, and no script stays inside a page."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_written: dict[str, str] = {}


def on_config(config: Any) -> Any:
    """Leave out menu entries whose page does not exist: not every copy of the project has all of them."""
    config.nav = _present(config.nav, Path(config.docs_dir))
    return config


def _present(entries: list[Any], folder: Path) -> list[Any]:
    kept = []
    for entry in entries:
        title, target = next(iter(entry.items()))
        if isinstance(target, list):
            if inner := _present(target, folder):
                kept.append({title: inner})
        elif (folder / target).exists():
            kept.append(entry)
    return kept


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """The hub's Content-Security-Policy runs no inline script: the theme's become files."""
    return _moved_out(output, "../" * page.url.count("/"))


def on_post_template(output_content: str, *, template_name: str, config: Any) -> str:
    return _moved_out(output_content, "/docs/") if template_name.endswith(".html") else output_content


def _moved_out(html: str, root: str) -> str:
    def move(match: re.Match[str]) -> str:
        name = hashlib.sha256(match.group(1).encode()).hexdigest()[:16]
        _written[name] = match.group(1)
        return f'<script src="{root}assets/javascripts/page-{name}.js"></script>'

    return _INLINE.sub(move, html)


def on_post_build(*, config: Any) -> None:
    folder = Path(config.site_dir) / "assets" / "javascripts"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _written.items():
        (folder / f"page-{name}.js").write_text(text, encoding="utf-8")
