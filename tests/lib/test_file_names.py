"""Names from orders never make paths: the hub opens files in few places, and none of them knows an order."""

import re

from django.conf import settings

MAY_OPEN = {
    "automationhub/settings.py",
    "automationhub/lib/environment.py",
    "automationhub/lib/private_files.py",  # the database's own file and folder
    "automationhub/lib/dependencies.py",  # the lock file and the packages' own metadata
    "integrations/operations/probes/exchanges.py",  # the file that `--save` was given
    "integrations/operations/probes/running.py",
    "integrations/clients/http/transport.py",  # authorities, called after their hash
    "automationhub/lib/worker_identity.py",  # what the system says of a process
    "automationhub/lib/apprise_process.py",  # refuses what a service of Apprise would open
    "automationhub/lib/documents.py",  # pages of the documents that are there
    "integrations/clients/pace/field_types.py",  # the list beside it
    "integrations/core/workqueue/queue_signals.py",  # the pipe beside the database's own file
    "integrations/core/workqueue/heartbeats.py",  # how full the disk is
    "integrations/operations/setup/upgrade.py",  # the database's own file, static files
    "mappings/resources.py",  # files that the command `mappings` was given
}
# Commands take paths from whoever runs them; the demo and the sandbox are no part of a real hub.
_LEFT_OUT = (
    "management/",
    "integrations/simulation/sandbox/",
    "integrations/simulation/demo/",
    "integrations/simulation/chaos/",
    "integrations/simulation/published.py",
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
