"""What a production install consists of: the packages of `requirements.lock`, and their licenses (the SBOM is made by cyclonedx-bom: `make sbom`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class LockedPackage:
    """A pinned package; `hashes` are those of all its files on the index, for every Python and machine.

    `marker` names the Pythons and machines that need it, where that is not all of them.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    marker: Marker | None = None

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    def applies(self, environment: Mapping[str, str] | None = None) -> bool:
        """Whether an environment needs it: this one, or one given as the variables of markers."""
        return self.marker is None or self.marker.evaluate(dict(environment or {}))


def locked(file: Path) -> list[LockedPackage]:
    """All packages of a lock file, whatever Python and machine they are for."""
    lines = file.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    return [_package(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _package(line: str) -> LockedPackage:
    pin, *hashes = line.split("--hash=sha256:")
    requirement = Requirement(pin)
    (specifier,) = requirement.specifier
    return LockedPackage(
        canonicalize_name(requirement.name),
        specifier.version,
        tuple(one.strip() for one in hashes),
        requirement.marker,
    )


def pinned(file: Path, environment: Mapping[str, str] | None = None) -> dict[str, LockedPackage]:
    """The packages of a lock file that this environment needs (or the one given), by normal name."""
    return {package.name: package for package in locked(file) if package.applies(environment)}


def installed_version(name: str) -> str | None:
    """The version that is installed here, None when it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def licence(name: str) -> str:
    """The licence as the installed package states it, in one line."""
    facts = metadata.metadata(name)
    classifiers = [
        line.rsplit(" :: ", 1)[-1]
        for line in facts.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    whole = (facts.get_all("License") or [""])[0].strip()
    stated = (facts.get_all("License-Expression") or [""])[0] or "; ".join(classifiers) or whole
    return stated.splitlines()[0][:100] if stated else "not stated"


def licence_row(package: LockedPackage) -> str:
    """A package's row in docs/licences.md."""
    only = f" (only with {package.marker})" if package.marker else ""
    return f"| {package.name} | {package.version}{only} | {licence(package.name)} |"


def licences_page(rows: Iterable[str]) -> str:
    """docs/licences.md with these rows."""
    head = ["# Licences", "", "Packages of a production install, as they state it. Made by `make lock`. Alpine.js (MIT) and a list of common passwords (SecLists, CC BY-SA 3.0) are vendored.",
            "", "| package | version | licence |", "| --- | --- | --- |"]  # fmt: skip
    return "\n".join([*head, *rows, ""])
