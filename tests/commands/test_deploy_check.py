"""`manage.py check --deploy` with the production example (`.env.example`) filled in, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]


def production_example(**changes: str) -> dict[str, str]:
    """The values of `.env.example`, with the keys that it leaves to the reader, then `changes`."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    example = {name: value for name, _, value in pairs}
    keys = {"SECRET_KEY": "k3" * 20 + "abcdefgh-XYZ", "CREDENTIALS_KEY": Fernet.generate_key().decode()}
    return {**example, **keys, **changes}


def check(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # Every variable of the example is set here, so that no .env of this machine has a say.
    return manage(settings, "check", "--deploy", "--fail-level", "WARNING")


def manage(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**inherited, **settings}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def test_the_production_example_passes(tmp_path: Path) -> None:
    answer = check(production_example(DATABASE_URL=f"sqlite:///{tmp_path / 'new' / 'hub.sqlite3'}"))
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"CSRF_TRUSTED_ORIGINS": "http://hub.example.com"}, "security.W012"),
        ({"HSTS_SECONDS": "0"}, "security.W004"),
        ({"HSTS_SUBDOMAINS": "false"}, "security.W005"),
        ({"SECRET_KEY": "short"}, "security.W009"),
        ({"DEBUG": "true"}, "security.W018"),
    ],
)
def test_a_weaker_choice_is_named(changes: dict[str, str], warning: str) -> None:
    answer = check(production_example(**changes))
    assert answer.returncode == 1
    assert warning in answer.stderr


def test_a_new_database_and_its_folder_are_for_the_hubs_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "below" / "hub.sqlite3"
    before = os.umask(0o022)
    try:
        settings = production_example(DATABASE_URL=f"sqlite:///{file}")
        made = manage(settings, "migrate", "--verbosity", "0", "contenttypes")
    finally:
        os.umask(before)
    assert made.returncode == 0, made.stderr
    modes = {path.name: path.stat().st_mode & 0o777 for path in (file, file.parent, file.parent.parent)}
    assert modes == {"hub.sqlite3": 0o600, "below": 0o700, "new": 0o700}
    assert all(path.stat().st_mode & 0o077 == 0 for path in file.parent.iterdir())


@pytest.mark.parametrize("name", ["hub.sqlite3", ""])
def test_a_database_or_folder_that_others_can_reach_is_named_with_its_cure(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "hub.sqlite3").touch(mode=0o600)
    (folder / name).chmod(0o755)
    answer = check(production_example(DATABASE_URL=f"sqlite:///{folder / 'hub.sqlite3'}"))
    assert answer.returncode == 1
    assert f"chmod {'600' if name else '700'} {folder / name}".rstrip("/") in answer.stderr
