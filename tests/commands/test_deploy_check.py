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
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env={**inherited, **settings}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_production_example_passes() -> None:
    answer = check(production_example())
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
