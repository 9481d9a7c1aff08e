"""What an item template makes of a part: its lines, and the content file of its product type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from integrations.simulation.sandbox.pace.store import Record, Transaction

LINE: Final = "TemplateLine"
"""Where the lines are kept: no type of Pace's, because in Pace they are of many types (press forms, materials, …)."""
STEPS: Final = ("Prepress", "Press", "Finishing")
"""Every template of the sandbox makes these lines."""


def parts_of(job: str, txn: Transaction) -> list[Record]:
    """The parts of a job, by number."""
    # Numbered from 01 without large gaps, so asking for each is quicker than reading every part there is.
    found, missed, number = [], 0, 1
    while missed < 100:
        part = txn.get("JobPart", f"{job}:{number:02d}")
        missed = 0 if part is not None else missed + 1
        if part is not None:
            found.append(part)
        number += 1
    return found


def make_lines(key: str, part: Record, txn: Transaction, next_number: Callable[[str], int]) -> None:
    """Add the lines of a part's template, computed for the quantity that the part has now, and the hours they take."""
    if not part.get("itemTemplate"):
        return
    for step in STEPS:
        number = next_number(LINE)
        line: dict[str, Any] = {
            "id": number,
            "part": key,
            "job": part["job"],
            "jobPart": part["jobPart"],
            "template": part["itemTemplate"],
            "step": step,
            "quantity": part.get("qtyOrdered") or 0,
        }
        txn.insert(LINE, str(number), line)
    txn.update("JobPart", key, {"totalHours": Decimal(len(STEPS))})


def make_content_file(key: str, txn: Transaction, insert: Callable[[str, Record, Transaction], str]) -> None:
    """Make the content file of a part that has a file, where its product type wants Pace to do that; once."""
    part = txn.get("JobPart", key) or {}
    template = txn.get("ItemTemplate", part.get("itemTemplate") or "") or {}
    type_key = part.get("jobProductType") or template.get("jobProductType")
    product_type = txn.get("JobProductType", type_key or "") or {}
    name = part.get("paceConnectFileName")
    if not (name and product_type.get("autoCreateJobPartContentFile")) or part.get("contentFile"):
        return
    job = txn.get("Job", part["job"]) or {}
    file = {"fileName": name, "fileUrl": part.get("paceConnectURL"), "customer": job.get("customer")}
    content_file = int(insert("ContentFile", file, txn))
    link = {"job": part["job"], "jobPart": part["jobPart"], "jobPartKey": key, "contentFile": content_file}
    insert("JobPartContentFile", link, txn)
    txn.update("JobPart", key, {"contentFile": content_file})
