"""Names of jobs, descriptions and files (docs/mapping.md §13). Lengths are in characters."""

import re

from automationhub.lib.texts import one_line
from integrations.clients.schemas import OrderFile, PresseroItem

JOB_DESCRIPTION_LIMIT = 255
PART_DESCRIPTION_LIMIT = 64
COMPANY_NAME_LIMIT = 60  # of a Pace Contact
_EXTENSION = re.compile(r"\.(\w{1,16})$")


def numbered_name(order_number: int, seq: int, number: int) -> str:
    """`{order number}-{order item seq}-{file num}`."""
    return f"{order_number}-{seq}-{number}"


def job_name(order_number: int, item: PresseroItem, number: int, override: bool) -> str:
    """The job name of an item's file: the numbered format with `override_job_name`, else the ItemName if it has one."""
    numbered = numbered_name(order_number, item.seq, number)
    return numbered if override else one_line(item.item_name) or numbered


def job_description(
    order_number: int,
    storefront: str,
    *,
    name: str = "",
    seq: int = 0,
    number: int = 0,
    limit: int = JOB_DESCRIPTION_LIMIT,
) -> str:
    """The job's description; with `name` the one of split mode.

    Too long, the storefront name is cut first (down to nothing, then its dash goes too), then the job name, never the
    numbers: those make it unique.
    """
    head, store = str(order_number), one_line(storefront)
    if not name:
        return _with_store(head, store, "", limit)
    if name == numbered_name(order_number, seq, number):
        return _with_store(head, store, f" - {name}", limit)
    suffix = f" ({seq}-{number})"
    full = _with_store(head, store, f" - {name}{suffix}", limit)
    if len(full) <= limit:
        return full
    room = limit - len(head) - len(" - ") - len(suffix)
    return f"{head} - {name[: max(room, 0)].rstrip()}{suffix}"


def part_description(order_number: int, storefront: str) -> str:
    """Order number and storefront name, at most 64 characters; the name is cut."""
    return _with_store(str(order_number), one_line(storefront), "", PART_DESCRIPTION_LIMIT)


def _with_store(head: str, store: str, tail: str, limit: int) -> str:
    room = limit - len(head) - len(" - ") - len(tail)
    kept = store[: max(room, 0)].rstrip()
    return f"{head} - {kept}{tail}" if kept else f"{head}{tail}"


def extension(file_name: str) -> str:
    """The extension without its dot, as written; "" when there is none ("Version 1. final" has none)."""
    last = re.split(r"[/\\]", file_name.strip())[-1]
    found = _EXTENSION.search(last)
    return found.group(1) if found and found.start() > 0 else ""


def sent_file_name(file: OrderFile, name_of_job: str, override: bool) -> str:
    """The name a file gets in Pace: its own, or with `override_file_name` the job name plus its own extension."""
    if not override:
        return file.name
    ending = extension(file.name)
    return f"{name_of_job}.{ending}" if ending else name_of_job
