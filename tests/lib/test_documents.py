"""The documents: complete, without a script inside a page, and their examples run."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from automationhub.lib.documents import documents

DOCS = Path(settings.BASE_DIR) / "docs"


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_of_parameters_is_that_of_the_models() -> None:
    made = load("make_parameters").page()
    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == made, "run docs/make_parameters.py"


def test_the_picture_of_the_tables_is_that_of_the_models() -> None:
    drawn = load("make_table_diagram").draw()
    assert (DOCS / "images/tables.svg").read_text(encoding="utf-8") == drawn, "run docs/make_table_diagram.py"


@pytest.mark.parametrize("page", ["development.md", "architecture.md"])
def test_files_that_the_documents_of_the_code_name_are_there(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:integrations|mappings|automationhub|tests|docs)/[\w./-]*)`", text))
    assert {path for path in named if not (DOCS.parent / path).exists()} == set()


def test_pages_that_are_not_there_are_left_out_of_the_menu(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    nav = [{"A": "a.md"}, {"Gone": [{"B": "b.md"}]}, {"Part": [{"A": "a.md"}, {"B": "b.md"}]}]
    assert load("build_hooks")._present(nav, tmp_path) == [{"A": "a.md"}, {"Part": [{"A": "a.md"}]}]


def test_scripts_are_moved_out_of_the_pages() -> None:
    html = '<script>var a = 1</script><script src="x.js"></script><script type="application/json">{}</script>'
    moved = load("build_hooks")._moved_out(html, "../")
    assert re.search(
        r'^<script src="\.\./assets/javascripts/page-[0-9a-f]{16}\.js"></script><script src="x.js">', moved
    )
    assert moved.endswith('<script type="application/json">{}</script>')


def test_a_circle_of_imports_is_found_however_long() -> None:
    imports = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["outside"], "e": ["a"]}
    assert load("make_imports_picture").circles(imports) == [["a", "b", "c"]]


def test_files_import_each_other_in_no_circle_and_from_no_higher_floor() -> None:
    house = load("make_imports_picture").read()
    assert (house.circles, house.back_runs) == ([], [])


def test_every_page_of_the_folder_is_in_the_menu() -> None:
    menu = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("*.md") if f": {page.name}\n" not in menu] == []


def test_documents_that_are_not_built_are_served_as_text_that_says_how_to_build_them(rf: Any) -> None:
    answer = documents(rf.get("/docs/"))
    assert answer.status_code == 200
    assert "make docs" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_client_in_the_documents_retries_what_stopped(live_server: Any) -> None:
    from integrations.models import ApiToken, Order, TokenScope
    from tests.factories import make_order, make_user

    stopped = make_order(number=501, status="needs_attention", failure_mode="config", message="No template.")
    make_order(number=502, status="submitted")
    user = make_user("program", "view_order", "retry_order")
    token = ApiToken.issue(user, scope=TokenScope.OPERATE)
    code = re.search(r"```python\n(.*?)```", (DOCS / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    space: dict[str, Any] = {}
    exec(compile(code.group(1), "docs/api.md", "exec"), space)  # noqa: S102 - the point of this test
    lines = space["retry_stopped"](live_server.url, token)
    assert lines == ["501: Order 501 was queued."]
    assert Order.objects.get(pk=stopped.pk).due_at is not None
