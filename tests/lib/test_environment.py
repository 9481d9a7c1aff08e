"""A missing or malformed variable stops the start with one line that names it and never repeats its value."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from automationhub.lib.environment import Environment

# Made up, and the same in every process: the names of tests hold them, and parallel runs compare the names.
KEY = base64.urlsafe_b64encode(b"one key for tests, made up......").decode()
OLD_KEY = base64.urlsafe_b64encode(b"an older key for tests, made up.").decode()
VARIABLES = (
    "DEBUG", "SECRET_KEY", "CREDENTIALS_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "REDIS_URL",
    "EMAIL_URL", "DEFAULT_FROM_EMAIL", "Q_WORKERS", "TIME_ZONE", "LOG_FORMAT", "HSTS_SECONDS", "HSTS_SUBDOMAINS", "SESSION_IDLE_MINUTES", "PASSKEY_HOST", "PASSWORD_WORDS", "API_DOCS_PUBLIC", "SSO_SECOND_FACTOR", "SESSION_HOURS",
    "LOGIN_FAILURES", "LOGIN_LOCK_MINUTES", "LOGIN_FAILURES_PER_ADDRESS", "SSO_HEADER", "SSO_PROXIES",
    "PREVIEWS_PER_MINUTE", "READY_TOKEN", "READY_ADDRESSES", "METRICS_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "PROXY_COUNT", "WEBHOOK_CALLS_PER_MINUTE", "WEBHOOK_EVENTS_PER_MINUTE", "WEBHOOK_REFUSALS_PER_MINUTE",
    "WEBHOOK_LATE_HOURS", "ARTWORK_INTERNAL_HOSTS", "PORTAL_URL", "OUTGOING_INTERNAL_HOSTS",
    "KEEP_AUDIT_DAYS", "KEEP_WEBHOOK_DAYS", "KEEP_PERSONAL_DAYS",
    "ANSWER_TIMEOUT", "QUEUE_NAME",
)  # fmt: skip
GOOD = {"SECRET_KEY": "a-long-random-text", "CREDENTIALS_KEY": KEY}

# Values that begin with nothing the sentence could hold, so that a leak is seen.
MALFORMED = [
    ("PROXY_COUNT", "zzleaked"),
    ("LOGIN_FAILURES_PER_ADDRESS", "zzleaked"),
    ("PREVIEWS_PER_MINUTE", "-1"),
    ("READY_ADDRESSES", "zzleaked.example.com"),
    ("METRICS_TOKEN", "zz leaked"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "zzleaked"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://zzleaked:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://zzleaked:port"),
    ("METRICS_TOKEN", "zzleäked"),
    ("ARTWORK_INTERNAL_HOSTS", "https://zzleaked.example.com"),
    ("OUTGOING_INTERNAL_HOSTS", "https://zzleaked.example.com"),
    ("PORTAL_URL", "zzleaked.example.com"),
    ("PORTAL_URL", "https://zzleaked.example.com/admin/"),
    ("PORTAL_URL", "https://zzleaked.example.com:port"),
    ("PORTAL_URL", "https://user:zzleaked@hub.example.com"),
    ("WEBHOOK_EVENTS_PER_MINUTE", "-1"),
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "   "),
    ("CREDENTIALS_KEY", ""),
    ("CREDENTIALS_KEY", ","),
    ("CREDENTIALS_KEY", "zzleaked"),
    ("CREDENTIALS_KEY", f"{KEY},zzleaked"),
    ("DEBUG", "zzleaked"),
    ("ALLOWED_HOSTS", "https://zzleaked.example.com"),
    ("ALLOWED_HOSTS", "hub.example.com,zz leaked"),
    ("ALLOWED_HOSTS", "zzleaked.example.com/path"),
    ("CSRF_TRUSTED_ORIGINS", "zzleaked.example.com"),
    ("CSRF_TRUSTED_ORIGINS", "https://zzleaked.example.com/path"),
    ("DATABASE_URL", "zzleaked"),
    ("DATABASE_URL", "postgres"),
    ("DATABASE_URL", "mysql://hub:zzleaked@host/name"),
    ("DATABASE_URL", "postgres://hub:zzleaked@host:port/name"),
    ("DATABASE_URL", "postgres://hub:zzleaked@[::1/name"),
    ("DATABASE_URL", "postgres://hub:zzleaked@host"),
    ("DATABASE_URL", "postgres://"),
    ("REDIS_URL", "zzleaked"),
    ("REDIS_URL", "http://zzleaked"),
    ("REDIS_URL", "redis://"),
    ("REDIS_URL", "redis://:zzleaked@host:port/0"),
    ("REDIS_URL", "redis://:zzleaked@host/zero"),
    ("EMAIL_URL", "zzleaked"),
    ("EMAIL_URL", "smtp"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "imap://hub:zzleaked@host"),
    ("EMAIL_URL", "smtp://hub:zzleaked@host:port"),
    ("DEFAULT_FROM_EMAIL", "zzleaked"),
    ("DEFAULT_FROM_EMAIL", "zz leaked@"),
    ("DEFAULT_FROM_EMAIL", "hub@example.com\nBcc: zzleaked@example.com"),
    ("ANSWER_TIMEOUT", "0"),
    ("ANSWER_TIMEOUT", "31"),
    ("Q_WORKERS", "0"),
    ("Q_WORKERS", "-1"),
    ("Q_WORKERS", "zzleaked"),
    ("Q_WORKERS", "1.5"),
    ("Q_WORKERS", "9999999"),
    ("HSTS_SECONDS", "999999999"),
    ("HSTS_SUBDOMAINS", "zzleaked"),
    ("SESSION_HOURS", "0"),
    ("LOGIN_FAILURES", "0"),
    ("LOGIN_LOCK_MINUTES", "zzleaked"),
    ("SSO_HEADER", "zz leaked"),
    ("SSO_HEADER", "X-Remote-User"),
    ("SSO_PROXIES", "zzleaked"),
    ("TIME_ZONE", "Zzleaked/Olympus"),
    ("TIME_ZONE", "America"),
    ("TIME_ZONE", "../zzleaked"),
    ("LOG_FORMAT", "zzleaked"),
    ("LOG_FORMAT", "JSON"),
]


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """The settings read in a process of its own; variables are set, at least to nothing, so that a `.env` adds none."""
    environment = {
        name: os.environ[name] for name in ("PATH", "LANG", "HOME", "SYSTEMROOT") if name in os.environ
    }
    environment |= dict.fromkeys(VARIABLES, "") | GOOD | variables
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


def problem_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """The line with which reading the settings ends; "" when they are fine."""
    code = (settings.BASE_DIR / "automationhub" / "settings.py").read_text(encoding="utf-8")
    for name, value in (dict.fromkeys(VARIABLES, "") | GOOD | variables).items():
        monkeypatch.setenv(name, value)
    try:
        exec(  # noqa: S102 - the settings themselves, read once more
            compile(code, "settings.py", "exec"),
            {
                "__file__": str(settings.BASE_DIR / "automationhub" / "settings.py"),
                "__name__": "settings_again",
            },
        )
    except SystemExit as stopped:
        return str(stopped.code)
    return ""


@pytest.mark.parametrize(("variable", "value"), MALFORMED)
def test_a_malformed_value_stops_with_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    line = problem_with(monkeypatch, **{variable: value})
    assert line.startswith(f"automationhub: {variable} ")
    assert "\n" not in line
    assert "leaked" not in line.lower()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("CREDENTIALS_KEY", "zzleaked"),
        ("DATABASE_URL", "zzleaked"),
        ("TIME_ZONE", "Zzleaked/X"),
    ],
)
def test_the_process_ends_with_that_line_alone_and_exit_code_1(variable: str, value: str) -> None:
    ended = start(**{variable: value})
    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"automationhub: {variable} ")
    assert "leaked" not in line.lower()


def test_the_two_keys_are_all_that_is_required() -> None:
    ended = start()
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_empty_variable_takes_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem_with(monkeypatch) == ""


def test_a_development_machine_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem_with(monkeypatch, DEBUG="true", SECRET_KEY="", CREDENTIALS_KEY="") == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", "$begins-like-the-name-of-a-variable"),
        ("CREDENTIALS_KEY", f"{OLD_KEY} , {KEY},"),
        ("DEBUG", "Yes"),
        ("DEBUG", "0"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", ".example.com, hub-1.example.com,127.0.0.1,[::1]"),
        ("CSRF_TRUSTED_ORIGINS", "https://hub.example.com,http://127.0.0.1:8000"),
        ("DATABASE_URL", "sqlite:///var/other.sqlite3"),
        ("DATABASE_URL", "postgres://hub:p%40ss@db.example.com:5432/hub?sslmode=require"),
        ("DATABASE_URL", "postgresql:///hub"),
        ("REDIS_URL", "redis://:secret@redis.example.com:6379/3"),
        ("REDIS_URL", "rediss://redis.example.com"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("EMAIL_URL", "smtp+tls://hub:secret@mail.example.com:587"),
        ("EMAIL_URL", "consolemail://"),
        ("DEFAULT_FROM_EMAIL", "Hub <hub@example.com>"),
        ("ANSWER_TIMEOUT", "30"),
        ("Q_WORKERS", "12"),
        ("TIME_ZONE", "America/Chicago"),
        ("LOG_FORMAT", "json"),
    ],
)
def test_a_good_value_is_taken(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    assert problem_with(monkeypatch, **{variable: value}) == ""


def test_the_example_file_lists_every_variable() -> None:
    lines = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line.split("=")[0] for line in lines if "=" in line and not line.startswith("#")} == set(
        VARIABLES
    )


# --- the file -------------------------------------------------------------------------------------------------


@pytest.fixture
def of_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def read(text: str) -> Environment:
        monkeypatch.delenv("HUB_TEST_VALUE", raising=False)
        (tmp_path / ".env").write_text(text, encoding="utf-8")
        return Environment(tmp_path / ".env")

    yield read
    os.environ.pop("HUB_TEST_VALUE", None)


def test_the_file_fills_what_the_environment_leaves_open(of_file: Any) -> None:
    assert of_file("HUB_TEST_VALUE=from the file").text("HUB_TEST_VALUE") == "from the file"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("HUB_TEST_VALUE=file")
    monkeypatch.setenv("HUB_TEST_VALUE", "environment")
    assert Environment(tmp_path / ".env").text("HUB_TEST_VALUE") == "environment"


def test_a_value_of_the_file_may_begin_with_a_dollar_sign(of_file: Any) -> None:
    assert of_file("HUB_TEST_VALUE='$x#y'").text("HUB_TEST_VALUE") == "$x#y"


def test_without_a_file_the_environment_alone_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TEST_VALUE", " x ")
    assert Environment(tmp_path / ".env").text("HUB_TEST_VALUE") == "x"
