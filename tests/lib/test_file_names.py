"""Names from orders never make paths: the hub opens files in few places, and none of them knows an order."""

import re

from django.conf import settings

MAY_OPEN = {
    "automationhub/settings.py",
    "automationhub/lib/environment.py",
    "automationhub/lib/dependencies.py",  # the lock file and the packages' own metadata
    "integrations/clients/transport.py",  # authorities, called after their hash
    "integrations/worker_identity.py",  # what the system says of a process
    "mappings/resources.py",  # files that the command `mappings` was given
}
# Commands take paths from whoever runs them; the demo and the sandbox are no part of a real hub.
_LEFT_OUT = (
    "management/",
    "integrations/sandbox/",
    "integrations/demo/",
    "integrations/chaos/",
    "migrations/",
)
_OPENS = re.compile(r"(?<![\w.])open\(|\bPath\(|\.write_(?:text|bytes)\(|\.read_(?:text|bytes)\(|\bos\.(?:path|makedirs|remove)\b"
                    r"|\bshutil\b|default_storage|FileField\(upload_to")  # fmt: skip


def test_files_are_opened_only_where_no_order_is_known() -> None:
    places = set()
    for package in ("automationhub", "integrations", "mappings"):
        for path in (settings.BASE_DIR / package).rglob("*.py"):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if not any(part in name for part in _LEFT_OUT) and _OPENS.search(
                path.read_text(encoding="utf-8")
            ):
                places.add(name)
    assert places - MAY_OPEN == set()
