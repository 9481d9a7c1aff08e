"""The files in deploy/: what of them can be tried without a container engine or a web server."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings

DEPLOY: Path = settings.BASE_DIR / "deploy"
INSTRUCTIONS = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"}


@pytest.mark.parametrize("name", ["hub-web", "hub-worker"])
def test_a_unit_signals_only_the_main_process_and_is_confined(name: str) -> None:
    unit = ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "systemd" / f"{name}.service")
    service = dict(unit["Service"])
    assert (service["KillMode"], service["Restart"], service["TimeoutStopSec"]) == ("mixed", "always", "60")
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == (
        "hub",
        "true",
        "strict",
    )
    assert service["ReadWritePaths"] == "/opt/hub/var"
    assert service["CapabilityBoundingSet"] == ""


def test_the_compose_file_waits_for_health_and_opens_no_port_to_the_world() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"migrate", "web", "worker", "database", "queue"}
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]
    for name in ("web", "worker", "migrate"):
        assert services[name]["cap_drop"] == ["ALL"]
        for other, wait in services[name]["depends_on"].items():
            assert wait["condition"] in ("service_healthy", "service_completed_successfully"), other
            assert wait["condition"] != "service_healthy" or "healthcheck" in services[other]


def test_the_image_runs_as_nobody_special_from_locked_packages() -> None:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    assert {line[0] for line in lines} <= INSTRUCTIONS
    assert [line[1] for line in lines if line[0] == "USER"] == ["hub"]
    assert "--require-hashes -r requirements.lock" in text
    assert "HEALTHCHECK" in text
    ignored = (settings.BASE_DIR / ".dockerignore").read_text().split()
    assert {".env", ".git", "var"} <= set(ignored)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_balance_their_braces_and_drop_the_header_of_single_sign_on(name: str) -> None:
    text = (DEPLOY / name).read_text()
    assert text.count("{") == text.count("}")
    assert 'X-Remote-User ""' in text or "-X-Remote-User" in text
    assert "127.0.0.1:8000" in text
