"""A name means one thing: two classes of the product never share one."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from django.conf import settings

APPS = ("automationhub", "integrations", "mappings")
# What Django looks up by this name.
GIVEN_BY_DJANGO = {"Command", "Migration"}


def test_no_two_classes_share_a_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    root = Path(settings.BASE_DIR)
    for path in sorted(path for app in APPS for path in (root / app).rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name not in GIVEN_BY_DJANGO:
                where[node.name].append(str(path.relative_to(root)))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}
