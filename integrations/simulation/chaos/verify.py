"""Judging from outside: what Pace holds and Pressero shows, compared with an order to which nothing happened.

Nothing here asks the hub. An object is compared field by field; only keys, and times that Pace takes from its clock,
may differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox

Object = dict[str, Any]

# What an order is made of in Pace.
PIECES = (
    "Customer", "Contact", "Job", "JobPart", "JobContact", "JobShipment", "Carton", "CartonContent", "ContentFile",
    "JobPartContentFile",
)  # fmt: skip
_KEYS = {
    "id", "primaryKey", "job", "jobPartJob", "jobPartKey", "jobContact", "billToJobContact", "shipToJobContact", "contact",
    "customer", "shipment", "carton", "contentFile",
    "contactNumber",
}  # fmt: skip
_CLOCK = {
    "dateSetup", "dateTimeSetup", "earliestStartDateTime", "lastStatusChangedDateTime",
}  # fmt: skip


class PaceContents:
    """What Pace holds at one moment, and how its objects hang together."""

    def __init__(self, pace: PaceSandbox) -> None:
        self._objects = {kind: pace.objects(kind) for kind in PIECES}
        self._by_key = {
            kind: {str(entry[_key_of(kind)]): entry for entry in entries}
            for kind, entries in self._objects.items()
        }

    def count(self, kind: str) -> int:
        """How many there are; contacts without those that Pace made of the address of a shipment: these come with it."""
        return len(self._contacts() if kind == "Contact" else self._objects[kind])

    def jobs_of(self, number: int) -> list[Object]:
        """The jobs that were made for an order."""
        return [job for job in self._objects["Job"] if str(job["description"]).startswith(f"{number} - ")]

    def contacts_with(self, email: str) -> list[Object]:
        """The buyer's contacts."""
        return [contact for contact in self._contacts() if contact["email"] == email]

    def _contacts(self) -> list[Object]:
        of_shipments = {shipment["contactNumber"] for shipment in self._objects["JobShipment"]}
        return [contact for contact in self._objects["Contact"] if contact["id"] not in of_shipments]

    def customers_of(self, contacts: Iterable[Object]) -> set[str]:
        return {str(contact["customer"]) for contact in contacts}

    def tree(self, job: Object) -> Object:
        """A job with all that hangs on it, without keys and times of the clock."""
        number = str(job["description"]).partition(" - ")[0]

        def plain(entry: Object) -> Object:
            return {
                name: value.replace(number, "#") if isinstance(value, str) else value
                for name, value in entry.items()
                if name not in _KEYS | _CLOCK
            }

        def of_job(kind: str) -> list[Object]:
            return [entry for entry in self._objects[kind] if entry["job"] == job["job"]]

        def in_order(entries: Iterable[Object]) -> list[Object]:
            return sorted(entries, key=repr)

        files = self._by_key["ContentFile"]
        cartons = [
            (shipment, [c for c in self._objects["Carton"] if c["shipment"] == shipment["id"]])
            for shipment in of_job("JobShipment")
        ]
        return plain(job) | {
            "customer": plain(self._by_key["Customer"].get(str(job["customer"]), {})),
            "links": [job["jobContact"], job["billToJobContact"], job["shipToJobContact"]]
            == [link["id"] for link in of_job("JobContact")] * 3,
            "contacts": [
                plain(link) | plain(self._by_key["Contact"].get(str(link["contact"]), {}))
                for link in of_job("JobContact")
            ],
            "parts": in_order(
                plain(part)
                | {
                    "files": in_order(
                        plain(files.get(str(link["contentFile"]), {}))
                        for link in of_job("JobPartContentFile")
                        if link["jobPart"] == part["jobPart"]
                    )
                }
                for part in of_job("JobPart")
            ),
            "shipments": in_order(
                plain(shipment)
                | {
                    "ship to": plain(self._by_key["Contact"].get(str(shipment["contactNumber"]), {})),
                    "cartons": in_order(
                        plain(carton)
                        | {
                            "contents": in_order(
                                plain(content)
                                for content in self._objects["CartonContent"]
                                if content["carton"] == carton["id"]
                            )
                        }
                        for carton in inside
                    ),
                }
                for shipment, inside in cartons
            ),
        }


def _key_of(kind: str) -> str:
    return {"Job": "job", "JobPart": "primaryKey"}.get(kind, "id")


@dataclass(frozen=True)
class CaseVerdict:
    """What is wrong with an order, seen from outside; nothing: exactly one complete set."""

    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)

    @property
    def exactly_one(self) -> bool:
        return not (self.duplicates or self.lost or self.partial)

    @property
    def complaints(self) -> list[str]:
        return [*self.duplicates, *self.lost, *self.partial]


def verify_order(
    number: int,
    email: str,
    expected: Sequence[Object],
    contents: PaceContents,
    pressero: PresseroSandbox,
    *,
    comparable: Callable[[Object], Object] = lambda tree: tree,
) -> CaseVerdict:
    """Whether the order is in Pace once and complete, for one customer and contact, and known to Pressero.

    `expected` are the trees of its jobs in an undisturbed run, by their descriptions; `comparable` leaves out what chance
    decides.
    """
    verdict = CaseVerdict()
    jobs = sorted(contents.jobs_of(number), key=lambda job: str(job["description"]))
    if not jobs:
        verdict.lost.append("no job in Pace")
        return verdict
    if len(jobs) > len(expected):
        verdict.duplicates.append(f"{len(jobs)} jobs: {', '.join(str(job['job']) for job in jobs)}")
    elif len(jobs) < len(expected):
        verdict.partial.append(f"{len(jobs)} jobs, not {len(expected)}")
    contacts = contents.contacts_with(email)
    if len(contacts) > 1:
        verdict.duplicates.append(f"{len(contacts)} contacts with {email}")
    if len(contents.customers_of(contacts)) > 1:
        verdict.duplicates.append(f"the contacts with {email} belong to several customers")
    wanted = [*expected, *[expected[0]] * (len(jobs) - len(expected))]
    verdict.partial.extend(
        f"job {job['job']}: {difference}"
        for job, tree in zip(jobs, wanted, strict=False)
        for difference in differences(tree, comparable(contents.tree(job)))
    )
    shown = {
        told
        for item in pressero.order(number)["Items"]
        for told in str(item["OrderItemMISID"] or "").split(", ")
    }
    numbers = {str(job["job"]) for job in jobs}
    if shown != numbers:
        verdict.partial.append(f"Pressero shows the job numbers {sorted(shown)}, not {sorted(numbers)}")
    return verdict


def verify_counts(expected: Counter[str], contents: PaceContents) -> CaseVerdict:
    """Whether Pace holds as many objects of each kind as it should: also those that belong to no job at all."""
    verdict = CaseVerdict()
    for kind in PIECES:
        surplus = contents.count(kind) - expected[kind]
        if surplus > 0:
            verdict.duplicates.append(f"{surplus} {kind} too many")
        elif surplus < 0:
            verdict.partial.append(f"{-surplus} {kind} too few")
    return verdict


def counts(contents: PaceContents) -> Counter[str]:
    """How many objects of each kind Pace holds."""
    return Counter({kind: contents.count(kind) for kind in PIECES})


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two trees differ, one sentence each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            difference
            for name in sorted({*expected, *found})
            for difference in differences(expected.get(name), found.get(name), f"{path}/{name}")
        ]
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return [f"{path} has {len(found)} entries, not {len(expected)}"]
        return [
            difference
            for position, (one, other) in enumerate(zip(expected, found, strict=True))
            for difference in differences(one, other, f"{path}/{position}")
        ]
    return [] if expected == found else [f"{path} is {found!r}, not {expected!r}"]
