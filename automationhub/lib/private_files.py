"""Files that no other user of the machine may read: created that way, and checked by `manage.py check --deploy`."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

FOLDER_MODE, FILE_MODE = 0o700, 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone. One that is there stays as it is."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=FOLDER_MODE, exist_ok=True)


def make_private_database(path: Path) -> None:
    """Make the empty file of an SQLite database for this user alone: SQLite would make it with the usual rights. Its
    journal beside it gets the rights of the file. What cannot be made, SQLite itself explains."""
    with contextlib.suppress(OSError):
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))


def is_open_to_others(path: Path) -> bool:
    """Whether users other than the owner have any right to it."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False


@register(Tags.security, deploy=True)
def check_private_files(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Database, its folder and `.env`: what holds data or keys is for the hub's user alone."""
    return [
        Warning(
            f"Other users of this machine can reach {path}.",
            hint=f"chmod {FOLDER_MODE if path.is_dir() else FILE_MODE:o} {path}",
            id="hub.W001",
        )
        for path in _private_paths()
        if is_open_to_others(path)
    ]


def _private_paths() -> Iterator[Path]:
    yield settings.BASE_DIR / ".env"
    database = settings.DATABASES["default"]
    if "sqlite" not in database["ENGINE"] or str(database["NAME"]).startswith(("file:", ":memory:")):
        return
    file = Path(database["NAME"])
    yield file.parent
    yield from (file.with_name(f"{file.name}{ending}") for ending in ("", "-wal", "-shm", "-journal"))
