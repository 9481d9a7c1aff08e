"""One order, worked once, and everything of it that arrived at the sandbox Pace.

Each order runs in a database transaction of its own that is rolled back: what the tests compare is a copy, so that
hundreds of comparisons cost one run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from integrations.core.connections import cached_lists
from integrations.models import Order, PaceServer, Storefront
from integrations.orders.submission import runner
from integrations.orders.submission.context import SubmissionContext
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import OrderDraft, PresseroSandbox
from mappings.models import Holiday, ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping
from tests.conftest import Hub, configure

# Half past ten in the evening of Monday, 3 March 2031, at the Pace server in New York; in UTC it is Tuesday already.
NOW = datetime(2031, 3, 4, 3, 30, 0, 400_000, tzinfo=UTC)

Fields = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """An order and its surroundings. `prepare` changes the demo's configuration, `decide` approves and denies."""

    draft: OrderDraft
    prepare: Callable[[Hub], object] = lambda hub: None
    decide: Callable[[PresseroSandbox, int], object] = lambda shop, number: None
    job_order_types: bool = False


@dataclass(frozen=True)
class SentShipment:
    """A JobShipment with what is packed. `body` holds only what the hub sent, `fields` what Pace has."""

    fields: Fields
    body: Fields
    cartons: list[Fields]
    contents: list[Fields]


@dataclass(frozen=True)
class SentPart:
    """A JobPart with its files."""

    fields: Fields
    body: Fields
    files: list[Fields]
    links: list[Fields]


@dataclass(frozen=True)
class SentJob:
    """A Job with everything that belongs to it, by the hub's calls (`body`) and by Pace's own account (`fields`)."""

    fields: Fields
    body: Fields
    link_body: Fields
    contacts: list[Fields]
    parts: list[SentPart]
    shipments: list[SentShipment]

    @property
    def number(self) -> str:
        return str(self.fields["job"])


@dataclass(frozen=True)
class Sent:
    """What became of an order."""

    order: Order
    jobs: list[SentJob]
    contacts: dict[int, Fields]
    bodies: dict[str, list[Fields]] = field(default_factory=dict)


def wall_clock(answered: str, zone: str = "America/New_York") -> str:
    """A date-time of Pace's, which is UTC, as the clock on the wall of the server shows it."""
    moment = datetime.fromisoformat(answered).replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()


@contextmanager
def frozen_clock(moment: datetime = NOW) -> Iterator[None]:
    """Every try of an order believes that it is this moment; leases and the sandboxes go by the real clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "SubmissionContext", partial(SubmissionContext, now=lambda: moment))
        yield


def work(case: Case, pace: PaceSandbox, pressero: PresseroSandbox) -> Sent:
    """Configure a hub, place the order, work on it once, and copy what arrived; the database forgets it all."""
    pace.reset()
    pressero.reset()
    pressero.webhook_url = ""
    with transaction.atomic():
        configure(pace, pressero)
        hub = Hub(pace, pressero)
        set_baseline()
        case.prepare(hub)
        order = hub.take_in(case.draft)
        case.decide(pressero, order.number)
        with frozen_clock():
            order = hub.process(order)
        sent = copy_of(order, pace)
        transaction.set_rollback(True)
    return sent


def set_baseline() -> None:
    """The settings and rows that the expected values were worked out with, whatever the demo is configured to show."""
    Storefront.objects.update(
        integration_id="", wait_for_approval=False, one_job_per_item=False, override_job_name=False,
        override_file_name=False, job_type=None, admin_status="", default_po_number="9999", skip_holidays=False,
        holiday_rule="roll_forward", holiday_country="US", holiday_subdivision="", default_ship_days=5,
        default_ship_via=None, default_account_number="", create_missing_customers=True,
    )  # fmt: skip
    Storefront.objects.filter(name="Sample Health Portal").update(wait_for_approval=True)
    PaceServer.objects.update(
        time_zone="America/New_York", default_ship_via=None, job_type=None, admin_status="", job_order_type="",
        shipment_type=None, customer_defaults={}, contact_defaults={},
    )  # fmt: skip
    cached_lists.forget_cached()
    for kind in (ProductMapping, ShipmentMethodMapping, ShipmentAddressMapping, Holiday):
        kind.objects.all().delete()
    for name, template in (("Poster 18x24", "POSTER-A2"), ("Vinyl Banner", "BANNER-13OZ")):
        ProductMapping.objects.create(product=name, match="name", item_template=template)
    for name, ship_via in (("Ground", 5010), ("2nd Day Air", 5011), ("Will Call", 5014)):
        ShipmentMethodMapping.objects.create(pressero_method=name, ship_via=ship_via)
    ShipmentAddressMapping.objects.create(
        business="Example CU North", city="Peoria", ship_via=5012, account_number="NORTH-77"
    )


def copy_of(order: Order, pace: PaceSandbox) -> Sent:
    """Everything in Pace, and what the hub wrote there, by type of object."""
    bodies: dict[str, list[Fields]] = {}
    for call in pace.calls:
        if found := re.search(r"Object/(create|update)(\w+)$", call.path):
            bodies.setdefault(f"{found[1]} {found[2]}", []).append(dict(call.body))
    numbers = [str(job["job"]) for job in pace.objects("Job")]
    taken = {kind: iter(found) for kind, found in bodies.items()}
    jobs = [_job(pace, number, taken) for number in numbers]
    contacts = {int(contact["id"]): contact for contact in pace.objects("Contact")}
    return Sent(order, jobs, contacts, bodies)


Bodies = Mapping[str, Iterator[Fields]]


def _job(pace: PaceSandbox, number: str, taken: Bodies) -> SentJob:
    [fields] = pace.objects("Job", job=number)
    return SentJob(
        fields=fields,
        body=next(taken["create Job"]),
        link_body=next(taken["update Job"]),
        contacts=pace.objects("JobContact", job=number),
        parts=[_part(pace, part, taken) for part in pace.objects("JobPart", job=number)],
        shipments=[_shipment(pace, entry, taken) for entry in pace.objects("JobShipment", job=number)],
    )


def _part(pace: PaceSandbox, fields: Fields, taken: Bodies) -> SentPart:
    links = pace.objects("JobPartContentFile", jobPartKey=fields["primaryKey"])
    files = [pace.objects("ContentFile", id=link["contentFile"])[0] for link in links]
    kind = "update JobPart" if fields["jobPart"] == "01" else "create JobPart"
    return SentPart(fields, next(taken[kind]), files, links)


def _shipment(pace: PaceSandbox, fields: Fields, taken: Bodies) -> SentShipment:
    cartons = pace.objects("Carton", shipment=fields["id"])
    contents = [
        content for carton in cartons for content in pace.objects("CartonContent", carton=carton["id"])
    ]
    return SentShipment(fields, next(taken["create JobShipment"]), cartons, contents)


def found_job(look: Callable[[str], Sent], where: str) -> SentJob:
    """The job of an order: `mixed`, or the second one of several: `split#2`."""
    name, _, position = where.partition("#")
    return look(name).jobs[int(position or 1) - 1]


def expect(kind: str, expected: Mapping[str, object]) -> pytest.MarkDecorator:
    """One test per place (`kind` is the fixture that finds it) with the value that must have arrived there."""
    return pytest.mark.parametrize(
        (kind, "expected"),
        [pytest.param(where, value, id=where) for where, value in expected.items()],
        indirect=[kind],
    )


def in_jobs(expected: Mapping[str, object]) -> pytest.MarkDecorator:
    """`single`, `split#2`: the job of an order, the second job of an order."""
    return expect("job", expected)


def in_parts(expected: Mapping[str, object]) -> pytest.MarkDecorator:
    """`mixed:03`, `split#2:01`: a part of such a job."""
    return expect("part", expected)


def in_shipments(expected: Mapping[str, object]) -> pytest.MarkDecorator:
    """`mixed/2`: the second shipment of such a job."""
    return expect("shipment", expected)
