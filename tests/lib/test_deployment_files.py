"""The files in deploy/: what of them can be tried without a container engine or a web server."""

from __future__ import annotations

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings

DEPLOY: Path = settings.BASE_DIR / "deploy"
INSTRUCTIONS = {"ARG", "FROM", "RUN", "COPY", "WORKDIR", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"}


@pytest.mark.parametrize("name", ["hub-web", "hub-worker"])
def test_a_unit_signals_only_the_main_process_and_is_confined(name: str) -> None:
    unit = ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    # Of filters of system calls there are two kinds, each on a line of its own; nothing else may stand there twice.
    text = (DEPLOY / "systemd" / f"{name}.service").read_text()
    unit.read_string(text.replace("SystemCallFilter=~", "SystemCallFilterRefused=~"))
    service = dict(unit["Service"])
    assert (service["KillMode"], service["Restart"], service["TimeoutStopSec"]) == ("mixed", "always", "60")
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == (
        "hub",
        "true",
        "strict",
    )
    assert service["ReadWritePaths"] == "/opt/hub/var"
    assert service["UMask"] == "0077"
    assert (service["SystemCallFilter"], service["SystemCallFilterRefused"]) == (
        "@system-service",
        "~@privileged @resources",
    )
    assert service["CapabilityBoundingSet"] == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ["hub-web", "hub-worker"])
def test_systemd_finds_little_exposed_in_a_unit(name: str) -> None:
    unit = DEPLOY / "systemd" / f"{name}.service"
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stdout[-3000:]  # at most 1.5 of 10


def test_the_compose_file_waits_for_health_and_opens_no_port_to_the_world() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"migrate", "web", "worker", "database", "queue"}
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]
    assert all(service["security_opt"] == ["no-new-privileges:true"] for service in services.values())
    for name in ("web", "worker", "migrate"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
        for other, wait in services[name]["depends_on"].items():
            assert wait["condition"] in ("service_healthy", "service_completed_successfully"), other
            assert wait["condition"] != "service_healthy" or "healthcheck" in services[other]


def test_the_image_runs_as_nobody_special_from_locked_packages() -> None:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    assert {line[0] for line in lines} <= INSTRUCTIONS
    assert [line[1] for line in lines if line[0] == "USER"] == ["10001:10001"]
    assert [line[1] for line in lines if line[0] == "FROM"] == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
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


def test_without_a_container_engine_the_trial_of_the_image_says_so() -> None:
    nowhere = {"PATH": "/usr/bin:/bin", "DOCKER_HOST": "tcp://127.0.0.1:9"}
    answer = subprocess.run(
        ["bash", str(DEPLOY / "try-image.sh")], env=nowhere, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0
    assert (
        "No container engine answers here: the image and the compose file were not built or started."
        in answer.stdout
    )
