"""The files in deploy/: what of them can be tried without a container engine or a web server."""

from __future__ import annotations

import os
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

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
@pytest.mark.parametrize("name", ["hub-web", "hub-worker", "hub-backup"])
def test_systemd_finds_little_exposed_in_a_unit(name: str) -> None:
    unit = DEPLOY / "systemd" / f"{name}.service"
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stdout[-3000:]  # at most 1.5 of 10


def test_the_compose_file_waits_for_health_and_opens_no_port_but_those_of_the_proxy() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"migrate", "web", "worker", "proxy", "database", "queue", "backup"}
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"], "proxy": ["80:80", "443:443"]}
    assert all(service["security_opt"] == ["no-new-privileges:true"] for service in services.values())
    for name in ("web", "worker", "migrate"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
        assert services[name]["stop_grace_period"] == "60s"
        # A volume over the image's own files would keep those of the release before.
        assert "volumes" not in services[name]
        for other, wait in services[name]["depends_on"].items():
            assert wait["condition"] in ("service_healthy", "service_completed_successfully"), other
            assert wait["condition"] != "service_healthy" or "healthcheck" in services[other]


def test_every_file_that_the_compose_file_mounts_is_there() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    volumes = [volume for service in services.values() for volume in service.get("volumes", [])]
    mounted = [volume.split(":")[0] for volume in volumes if volume.startswith("./")]
    assert len(mounted) == 2
    assert all((DEPLOY / name).is_file() for name in mounted)


def manifests() -> list[dict[str, Any]]:
    """What Kustomize is given, without what it makes itself."""
    base = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())
    return [
        one for name in base["resources"] for one in yaml.safe_load_all((DEPLOY / name).read_text()) if one
    ]


def pods() -> dict[str, dict[str, Any]]:
    """The template of the pods of each job and deployment."""
    found = {}
    for one in manifests():
        spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
        if "template" in spec:
            found[one["metadata"]["name"]] = spec["template"]["spec"]
    return found


@pytest.mark.parametrize("name", ["hub-migrate", "hub-web", "hub-worker", "hub-backup"])
def test_a_pod_runs_as_nobody_special_on_a_root_that_cannot_be_written(name: str) -> None:
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} == set(container["resources"])


@pytest.mark.parametrize("name", ["hub-web", "hub-worker"])
def test_a_pod_waits_for_the_tables_and_gets_the_time_to_end_what_it_does(name: str) -> None:
    pod = pods()[name]
    assert "migrate --check" in pod["initContainers"][0]["command"][-1]
    assert pod["terminationGracePeriodSeconds"] == 60


def test_the_web_process_stays_in_service_while_workers_or_connections_are_down() -> None:
    web = pods()["hub-web"]["containers"][0]
    asked = {web[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert asked == {"/api/health/live/"}


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


def test_without_a_container_engine_the_trial_of_the_image_says_so(tmp_path: Path) -> None:
    for name in ("bash", "cat", "dirname", "id", "mkdir", "mktemp", "rm", "timeout"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    answer = subprocess.run(
        ["bash", str(DEPLOY / "try-image.sh")],
        env={"PATH": str(tmp_path), "ROOTS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "The Dockerfile, the compose file and the manifests were not checked: the programs for it could not be installed.",
        "No container engine answers here: the image and the compose file were not built or started.",
    ]


def test_a_backup_is_one_that_can_be_read_and_old_ones_go(tmp_path: Path) -> None:
    programs, backups = tmp_path / "programs", tmp_path / "backups"
    programs.mkdir()
    backups.mkdir()
    for name, text in {
        "pg_dump": 'for one; do case $one in --file=*) echo "$PGDATABASE" >"${one#--file=}";; esac; done',
        "pg_restore": 'grep -q good "$2"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    old = backups / "hub-2020-01-01-023000.dump"
    old.touch()
    os.utime(old, (0, 0))

    def back_up(database: str) -> int:
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "PGDATABASE": database}
        command = ["sh", str(DEPLOY / "backup.sh"), str(backups)]
        return subprocess.run(command, env=environment, capture_output=True, timeout=60).returncode

    assert back_up("broken") != 0
    assert [path.name for path in backups.glob("*.dump")] == [old.name]
    assert back_up("good") == 0
    dumps = list(backups.glob("*.dump"))
    assert len(dumps) == 1
    assert dumps[0] != old
    assert dumps[0].stat().st_mode & 0o077 == 0
