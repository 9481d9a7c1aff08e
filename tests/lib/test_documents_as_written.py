"""deploy/as-written: what is run on the bare machine is what stands in the documents."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = """# Title

```
echo one
```

## Second

Text with `code`.

```json
{"not": "a command"}
```

<!-- tried as:
echo instead
-->
```
echo not here
```

```sh
false && echo never
cat <<END
# no heading
END
```
"""


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("steps", ROOT / "deploy/as-written/steps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STEPS = load()


def test_blocks_of_commands_come_in_order_and_a_marked_one_is_replaced() -> None:
    assert list(STEPS.blocks(DOCUMENT)) == [
        ("Title", "echo one"),
        ("Second", "echo instead"),
        ("Second", "false && echo never\ncat <<END\n# no heading\nEND"),
    ]


def test_a_section_alone_can_be_run() -> None:
    assert [commands for _, commands in STEPS.blocks(DOCUMENT, "Title")] == ["echo one"]


def run(document: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", STEPS.script(document)], capture_output=True, text=True, timeout=60, cwd="/"
    )


def test_all_blocks_run_in_one_shell() -> None:
    ran = run("```\ncd /usr\n```\n\n```\npwd\n```\n")
    assert ran.returncode == 0
    assert ran.stdout == "/usr\n"


def test_the_first_command_that_fails_ends_the_run() -> None:
    ran = run("```\nfalse\n```\n\n```\necho still here\n```\n")
    assert ran.returncode == 1
    assert "still here" not in ran.stdout


@pytest.mark.parametrize(("name", "marks"), [("README.md", 0), ("docs/production.md", 2)])
def test_only_what_a_bare_machine_cannot_do_is_replaced(name: str, marks: int) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    unmarked = list(STEPS.blocks(text.replace("<!-- tried as:", "<!--")))
    replaced = [a for a, b in zip(unmarked, STEPS.blocks(text), strict=True) if a != b]
    assert text.count("tried as:") == marks
    assert len(replaced) == marks


def test_the_quick_start_of_readme_is_three_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (_, commands), *others = STEPS.blocks(text, "Try it")
    assert [line.split()[0] for line in commands.splitlines()] == ["git", "cd", "make"]
    assert others == []


def test_the_page_on_production_leaves_no_step_out() -> None:
    text = (ROOT / "docs/production.md").read_text(encoding="utf-8")
    commands = "\n".join(commands for _, commands in STEPS.blocks(text))
    for needed in (
        "requirements.lock",
        "manage.py migrate",
        "manage.py collectstatic",
        "upgrade_check before",
        "upgrade_check after",
        "check --deploy",
        "pg_restore",
        "systemctl enable --now hub-web hub-worker hub-backup.timer",
    ):
        assert needed in commands
