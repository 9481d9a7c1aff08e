"""What a production install consists of: the packages of `requirements.lock`, their licences, their list as an SBOM."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """A pinned package; `hashes` are those of all its files on the index, for every platform."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def normal(name: str) -> str:
    """A name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file: Path) -> dict[str, Package]:
    """The packages of a requirements or lock file, by normal name."""
    text = file.read_text(encoding="utf-8")
    starts = list(_PIN.finditer(text))
    ends = [*(match.start() for match in starts[1:]), len(text)]
    found = [
        Package(normal(match[1]), match[2], tuple(_HASH.findall(text[match.end() : end])))
        for match, end in zip(starts, ends, strict=True)
    ]
    return {package.name: package for package in found}


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
    stated = facts.get("License-Expression") or "; ".join(classifiers) or (facts.get("License") or "").strip()
    return stated.splitlines()[0][:100] if stated else "not stated"


def sbom(packages: dict[str, Package]) -> dict[str, object]:
    """A software bill of materials in CycloneDX 1.5."""
    components = [
        {
            "type": "library",
            "bom-ref": package.purl,
            "name": package.name,
            "version": package.version,
            "purl": package.purl,
            "licenses": [{"license": {"name": licence(package.name)}}],
        }
        for package in packages.values()
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "automation-hub", "name": "automation-hub"}
        },
        "components": components,
    }


def licences_page(packages: dict[str, Package]) -> str:
    """docs/licences.md."""
    rows = [
        f"| {package.name} | {package.version} | {licence(package.name)} |" for package in packages.values()
    ]
    head = ["# Licences", "", "Packages of a production install, as they state it. Made by `make lock`. Alpine.js (MIT) is vendored.",
            "", "| package | version | licence |", "| --- | --- | --- |"]  # fmt: skip
    return "\n".join([*head, *rows, ""])
