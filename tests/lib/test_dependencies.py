"""What is declared, what is locked for each Python, what is installed, the licences and the SBOM agree."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from automationhub.lib.dependencies import (
    LockedPackage,
    installed_version,
    licence_row,
    licences_page,
    locked,
    pinned,
)

ROOT: Path = settings.BASE_DIR
LOCK = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
# `make sbom` names it: one of an older lock must fail no test run.
SBOM = os.environ.get("HUB_SBOM", "")
LOCKS = (LOCK, DEVELOPMENT, ROOT / "requirements-bench.lock")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECLARED = PYPROJECT["project"]["dependencies"]
FOR_WORK = [*DECLARED, *PYPROJECT["dependency-groups"]["dev"]]
PYTHONS = [line.rsplit(" ", 1)[1] for line in PYPROJECT["project"]["classifiers"]]
INSTALLED = {package.name: installed_version(package.name) for package in locked(DEVELOPMENT)}
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]


def environments() -> Iterator[dict[str, str]]:
    """The variables of markers for the first and a late patch release of each Python, on each machine.

    And 3.11.2, Debian 12's own, which needs what 3.11.3 brings itself.
    """
    releases = [f"{python}.{patch}" for python in PYTHONS for patch in (0, 9)]
    for release in [*releases, "3.11.2"]:
        for platform, machine in MACHINES:
            yield {
                **{name: str(value) for name, value in default_environment().items()},
                "python_version": release.rpartition(".")[0],
                "python_full_version": release,
                "implementation_version": release,
                "sys_platform": platform,
                "platform_system": platform.capitalize(),
                "platform_machine": machine,
            }


ENVIRONMENTS = {
    " ".join(one[name] for name in ("python_full_version", "sys_platform", "platform_machine")): one
    for one in environments()
}


@cache
def stated(name: str) -> list[Requirement]:
    return [Requirement(line) for line in metadata.requires(name) or []]


def needs(package: LockedPackage, extra: str, environment: dict[str, str]) -> list[Requirement]:
    """What a package asks for there, as its installed copy says; one that is not installed here cannot say it."""
    if INSTALLED.get(package.name) != package.version:
        return []
    return [
        one
        for one in stated(package.name)
        if not one.marker or one.marker.evaluate({**environment, "extra": extra})
    ]


def unmet(
    declared: Iterable[str], packages: dict[str, LockedPackage], environment: dict[str, str]
) -> list[str]:
    """Each requirement that the packages leave open, beginning with what is declared and on through what that needs."""
    complaints, seen = [], set()
    waiting = [("pyproject.toml", Requirement(line)) for line in declared]
    while waiting:
        asker, wanted = waiting.pop()
        package = packages.get(canonicalize_name(wanted.name))
        if package is None or not wanted.specifier.contains(package.version, prereleases=True):
            complaints.append(
                f"{asker} needs {wanted}; locked is {package.version if package else 'nothing'}"
            )
            continue
        for extra in {"", *wanted.extras}:
            if (package.name, extra) not in seen:
                seen.add((package.name, extra))
                waiting += [(package.name, one) for one in needs(package, extra, environment)]
    return complaints


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("lock, declared", [(LOCK, DECLARED), (DEVELOPMENT, FOR_WORK)], ids=["run", "work"])
def test_the_lock_has_what_every_package_in_it_needs(lock: Path, declared: list[str], name: str) -> None:
    assert unmet(declared, pinned(lock, ENVIRONMENTS[name]), ENVIRONMENTS[name]) == []


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_python_gets_one_version_of_a_package(name: str) -> None:
    for lock in LOCKS:
        names = [package.name for package in locked(lock) if package.applies(ENVIRONMENTS[name])]
        assert len(names) == len(set(names)), lock.name


def test_every_declared_package_is_locked_in_the_declared_version() -> None:
    wanted = {canonicalize_name(one.name): str(one.specifier) for one in map(Requirement, FOR_WORK)}
    assert len(DECLARED) >= 20
    found = pinned(DEVELOPMENT)
    assert {name: f"=={found[name].version}" for name in wanted if name in found} == wanted, "make lock"


def test_work_happens_on_the_packages_of_production() -> None:
    found = {package.purl: package.hashes for package in locked(DEVELOPMENT)}
    assert {package.purl: package.hashes for package in locked(LOCK)}.items() <= found.items(), "make lock"


def test_every_locked_package_has_hashes_and_no_address_of_an_index() -> None:
    for lock in LOCKS:
        assert len(locked(lock)) > 5
        assert [package.name for package in locked(lock) if not package.hashes] == []
        assert "://" not in lock.read_text()


def test_what_is_installed_is_what_is_locked() -> None:
    wanted = {name: package.version for name, package in pinned(DEVELOPMENT).items()}
    assert {name: INSTALLED[name] for name in wanted} == wanted


def test_the_makefile_warns_of_pythons_that_the_lock_is_not_made_for() -> None:
    newest = re.search(r"^NEWEST_TRIED := (\d+), (\d+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert newest and ".".join(newest.groups()) == PYTHONS[-1]
    assert PYPROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


def test_the_list_of_licences_is_current_and_complete() -> None:
    page = (ROOT / "docs" / "licences.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    assert page == licences_page(rows), "make lock"
    assert [row.split()[1] for row in rows] == [package.name for package in locked(LOCK)], "make lock"
    # What this Python does without is not here to state its licence; `make lock` asked it.
    for package, row in zip(locked(LOCK), rows, strict=True):
        assert not package.applies() or row == licence_row(package), "make lock"
        assert f" {package.version} " in row
    assert "not stated" not in page


@pytest.mark.skipif(not SBOM, reason="checked by make sbom")
def test_the_sbom_lists_what_a_production_install_has_with_licenses() -> None:
    bom = json.loads(Path(SBOM).read_text())
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert bom["metadata"]["component"]["name"] == PYPROJECT["project"]["name"]
    found = {canonicalize_name(part["name"]): part for part in bom["components"]}
    assert {name: part["version"] for name, part in found.items()} == {
        name: package.version for name, package in pinned(LOCK).items()
    }
    # uritemplate states its license in a way that cyclonedx-bom does not take over; docs/licences.md has it.
    assert [name for name, part in found.items() if not part.get("licenses")] in ([], ["uritemplate"])
    assert all(part["purl"].startswith("pkg:pypi/") for part in found.values())
