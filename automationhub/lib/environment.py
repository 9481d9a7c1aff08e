"""Reading the environment: every missing or malformed value stops the start with one line that names the variable."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import environ
from cryptography.fernet import Fernet

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0", ""}


def stop(variable: str, reason: str) -> NoReturn:
    """End the process: the same for manage.py, gunicorn and workers. The value itself is never repeated."""
    raise SystemExit(f"automationhub: {variable} {reason}")


class Environment:
    """Typed reading of variables; `.env` fills what the real environment leaves open."""

    def __init__(self, env_file: Path) -> None:
        self._env = environ.Env()
        if env_file.is_file():
            environ.Env.read_env(env_file, overwrite=False)

    def text(self, variable: str, default: str = "") -> str:
        return str(self._env.str(variable, default=default)).strip()

    def required(self, variable: str, *, unless: str | None, meaning: str) -> str:
        """The value; when it is empty, `unless` (the development stand-in), or a stop when that is None."""
        value = self.text(variable)
        if value:
            return value
        if unless is None:
            stop(variable, f"is missing: set it to {meaning} (or DEBUG=true on a development machine)")
        return unless

    def boolean(self, variable: str) -> bool:
        word = self.text(variable).lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        stop(variable, "must be true or false")

    def number(self, variable: str, default: int, *, least: int) -> int:
        text = self.text(variable, str(default))
        if not re.fullmatch(r"\d{1,6}", text) or int(text) < least:
            stop(variable, f"must be a whole number of at least {least}")
        return int(text)

    def words(self, variable: str) -> list[str]:
        return [word.strip() for word in self.text(variable).split(",") if word.strip()]

    def choice(self, variable: str, default: str, allowed: tuple[str, ...]) -> str:
        word = self.text(variable) or default
        if word not in allowed:
            stop(variable, f"must be one of {', '.join(allowed)}")
        return word

    def time_zone(self, variable: str) -> str:
        name = self.text(variable) or "UTC"
        try:
            ZoneInfo(name)
        except (ValueError, OSError):
            stop(variable, "must be the name of a time zone such as UTC or America/Chicago")
        return name

    def origins(self, variable: str) -> list[str]:
        origins = self.words(variable)
        if any(not re.fullmatch(r"https?://[^/\s]+", origin) for origin in origins):
            stop(
                variable,
                "must hold addresses such as https://hub.example.com, comma-separated, without a path",
            )
        return origins

    def fernet_keys(self, variable: str, *, unless: str | None) -> list[str]:
        meaning = "a key made by: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        keys = self.required(variable, unless=unless, meaning=meaning).split(",")
        keys = [key.strip() for key in keys if key.strip()]
        for position, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                stop(variable, f"key {position} is malformed: each must be {meaning}")
        return keys

    def url(
        self, variable: str, default: str, *, reader: Callable[..., dict[str, Any]], schemes: tuple[str, ...]
    ) -> Any:
        """Parse a database or mail address with django-environ; the text is never repeated, it may hold a password."""
        text = self.text(variable) or default
        scheme = text.split(":", 1)[0].lower()
        if scheme not in schemes:
            stop(variable, f"must begin with one of {', '.join(s + ':' for s in schemes)}")
        try:
            return (
                reader(variable, default=default) if text != default else reader("_UNSET_", default=default)
            )
        except (ValueError, KeyError, environ.ImproperlyConfigured):
            stop(variable, "is malformed")

    def redis_url(self, variable: str) -> str:
        text = self.text(variable)
        if text and not re.match(r"(redis|rediss|unix)://", text):
            stop(variable, "must begin with redis://, rediss:// or unix://, or be empty")
        return text

    @property
    def raw(self) -> environ.Env:
        return self._env
