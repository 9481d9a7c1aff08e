"""Reading the environment: every missing or malformed value stops the start with one line that names the variable."""

import os
import re
from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
        if env_file.is_file():
            environ.Env.read_env(env_file, overwrite=False)

    def text(self, variable: str) -> str:
        # Not by django-environ: it would take a value that begins with "$" for the name of another variable.
        return os.environ.get(variable, "").strip()

    def token(self, variable: str) -> str:
        """A secret that callers send in a header; empty when it is not set."""
        token = self.text(variable)
        if not re.fullmatch(r"[!-~]*", token):
            stop(
                variable,
                "must be letters, digits and signs without blanks, such as the output of: openssl rand -hex 32",
            )
        return token

    def traces_endpoint(self) -> str:
        """Where OpenTelemetry sends traces; empty when it is not set, or switched off in OpenTelemetry's own way."""
        name, protocol = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"
        endpoint = self.text(name)
        if not endpoint:
            return ""
        if not _names_a_web_server(endpoint):
            stop(name, "must be an address such as http://collector.example.com:4318")
        if (self.text(protocol) or "http/protobuf") != "http/protobuf":
            stop(protocol, "must be http/protobuf, or empty")
        if self.boolean("OTEL_SDK_DISABLED") or self.text("OTEL_TRACES_EXPORTER").lower() == "none":
            return ""
        return endpoint

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

    def number(self, variable: str, default: int, *, least: int, most: int = 999_999) -> int:
        text = self.text(variable) or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            stop(variable, f"must be a whole number from {least} to {most}")
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
        except (ValueError, OSError, ZoneInfoNotFoundError):
            stop(variable, "must be the name of a time zone such as UTC or America/Chicago")
        return name

    def origin(self, variable: str) -> str:
        """One address without a path; "" when it is empty."""
        origin = self.text(variable).rstrip("/")
        if origin and not _is_origin(origin):
            stop(variable, "must be an address such as https://hub.example.com, without a path")
        return origin

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
        if not keys:
            stop(variable, f"holds no key: each must be {meaning}")
        for position, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                stop(variable, f"key {position} is malformed: each must be {meaning}")
        return keys

    def hosts(self, variable: str) -> list[str]:
        hosts = self.words(variable)
        if any(not re.fullmatch(r"\*|\.?[\w.-]+|\[[0-9a-fA-F:]+\]", host, re.ASCII) for host in hosts):
            stop(
                variable,
                "must hold host names such as hub.example.com, comma-separated, without https:// or a port",
            )
        return hosts

    def hosts_or_networks(self, variable: str) -> list[str]:
        entries = self.words(variable)
        if any(
            not re.fullmatch(r"[\w.-]+|[0-9a-fA-F.:]+(/[0-9]{1,3})?", entry, re.ASCII) for entry in entries
        ):
            stop(
                variable,
                "must hold host names or networks such as files.plant.local, 10.1.2.0/24, comma-separated",
            )
        return [entry.lower() for entry in entries]

    def networks(self, variable: str) -> list[str]:
        networks = self.words(variable)
        try:
            return [str(ip_network(network)) for network in networks]
        except ValueError:
            stop(variable, "must hold addresses or networks such as 127.0.0.1, 10.1.2.0/24, comma-separated")

    def header(self, variable: str) -> str:
        name = self.text(variable)
        if name and not re.fullmatch(r"[A-Za-z0-9-]{1,100}", name):
            stop(variable, "must be the name of a header such as X-Remote-User")
        return name

    def sender(self, variable: str, default: str) -> str:
        sender = self.text(variable) or default
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", parseaddr(sender)[1]) or "\n" in sender:
            stop(variable, "must be an email address such as hub@example.com or Hub <hub@example.com>")
        return sender

    def database(self, variable: str, default: str) -> dict[str, Any]:
        """Django's settings of a database."""
        found = self._address(
            variable, default, environ.Env.db_url_config, ("sqlite", "postgres", "postgresql")
        )
        if not found.get("NAME"):
            stop(variable, "must name a database, as in postgres://user:password@host:5432/name")
        return found

    def mail(self, variable: str, default: str) -> dict[str, Any]:
        """Django's settings of a way to send mail."""
        schemes = (
            "smtp",
            "smtps",
            "smtp+tls",
            "smtp+ssl",
            "consolemail",
            "filemail",
            "memorymail",
            "dummymail",
        )
        found = self._address(variable, default, environ.Env.email_url_config, schemes)
        if found["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not found.get("EMAIL_HOST"):
            stop(variable, "must name a mail server, as in smtp+tls://user:password@mail.example.com:587")
        return found

    def _address(
        self, variable: str, default: str, reader: Callable[[str], dict[str, Any]], schemes: tuple[str, ...]
    ) -> dict[str, Any]:
        """What django-environ reads from an address; the text is never repeated, it may hold a password."""
        text = self.text(variable) or default
        scheme, separator, _ = text.partition("://")
        if not separator or scheme.lower() not in schemes:
            stop(variable, f"must begin with one of {', '.join(f'{scheme}://' for scheme in schemes)}")
        try:
            return reader(text)
        except (ValueError, KeyError, environ.ImproperlyConfigured):
            stop(variable, "is malformed")

    def redis_url(self, variable: str) -> str:
        text = self.text(variable)
        if text and not re.match(r"(redis|rediss|unix)://", text):
            stop(variable, "must begin with redis://, rediss:// or unix://, or be empty")
        if text and not _names_a_redis(text):
            stop(variable, "is malformed: write it like redis://host:6379/0")
        return text


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and port != 0 and bool(re.fullmatch(r"https?://[\w.:\[\]-]+", text, re.ASCII))


def _names_a_web_server(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:  # a port that is no number
        return False


def _names_a_redis(text: str) -> bool:
    try:
        address = urlsplit(text)
        if address.scheme == "unix":
            return bool(address.path)
        return bool(address.hostname) and address.port != 0 and bool(re.fullmatch(r"/?|/\d+", address.path))
    except ValueError:  # a port that is no number
        return False
