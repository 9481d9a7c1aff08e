"""What `upgrade_check after` says of the static files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from integrations.operations.setup import upgrade
from integrations.operations.setup.upgrade import UpgradeVerdict


@pytest.fixture
def collected(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """The folder as `collectstatic` leaves it: some files are there in two packages, and the first one counts."""
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", interactive=False, verbosity=0)
    yield settings.STATIC_ROOT


def test_right_after_collectstatic_all_of_them_are_in_order(collected: Path) -> None:
    (found,) = upgrade._static_files()
    assert found.verdict is UpgradeVerdict.GOOD, found.sentence


def test_files_of_another_release_and_missing_ones_are_counted(collected: Path) -> None:
    (collected / "hub" / "theme.js").write_text("of another release")
    (collected / "hub" / "palette.js").unlink()
    (found,) = upgrade._static_files()
    assert found.verdict is UpgradeVerdict.BAD
    assert found.sentence.startswith("2 of ")
    assert "collectstatic" in found.sentence
