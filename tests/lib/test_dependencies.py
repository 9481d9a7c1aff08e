"""The lock file, what is installed, the licences and the SBOM agree."""

from __future__ import annotations

import json
from io import StringIO

from django.conf import settings
from django.core.management import call_command

from automationhub.lib.dependencies import installed_version, licences_page, normal, pinned

LOCK = settings.BASE_DIR / "requirements.lock"


def test_every_requirement_is_locked_in_the_same_version() -> None:
    wanted, locked = pinned(settings.BASE_DIR / "requirements.txt"), pinned(LOCK)
    assert len(wanted) >= 20
    assert {name: package.version for name, package in wanted.items()} == {
        name: locked[name].version if name in locked else "missing: make lock" for name in wanted
    }


def test_every_locked_package_has_hashes() -> None:
    assert [package.name for package in pinned(LOCK).values() if not package.hashes] == []


def test_what_is_installed_is_what_is_locked() -> None:
    found = {name: installed_version(name) for name in pinned(LOCK)}
    assert found == {name: package.version for name, package in pinned(LOCK).items()}


def test_the_list_of_licences_is_current_and_complete() -> None:
    page = licences_page(pinned(LOCK))
    assert (settings.BASE_DIR / "docs" / "licences.md").read_text() == page, "make lock"
    assert "not stated" not in page


def test_the_sbom_lists_every_locked_package() -> None:
    out = StringIO()
    call_command("sbom", stdout=out)
    bom = json.loads(out.getvalue())
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.5")
    assert {part["purl"] for part in bom["components"]} == {package.purl for package in pinned(LOCK).values()}


def test_names_are_compared_as_the_index_does() -> None:
    assert normal("Django_Q2.x") == "django-q2-x"
