"""`manage.py preview_order STOREFRONT NUMBER [--json]`."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.errors import HubError
from integrations.management.lookups import add_order_arguments, storefront_named
from integrations.orders.submission.preview import Preview, preview_number
from integrations.planning.plan_types import Fields, Plan, PlannedJob


class Command(BaseCommand):
    help = "Fetches an order and prints what it would become in Pace, and why. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        add_order_arguments(parser)
        parser.add_argument("--json", action="store_true", help="the plan as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        storefront = storefront_named(options["storefront"])
        try:
            preview = preview_number(storefront, options["number"])
        except HubError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(preview.plan.as_json())
            return
        for line in as_text(preview):
            self.stdout.write(line)


def as_text(preview: Preview) -> Iterator[str]:
    """The preview for reading: each field with its value and where that comes from."""
    plan = preview.plan
    yield f"Order {preview.order_number} of {preview.storefront.name}"
    yield preview.decision_sentence
    yield from (f"  PROBLEM  {problem.message}" for problem in plan.problems)
    yield from (f"  note     {note.message}" for note in (*plan.left_out, *plan.notes))
    yield from _party(plan)
    for position, job in enumerate(plan.jobs, start=1):
        yield ""
        yield f"Job {position} of {len(plan.jobs)}"
        yield from _job(job)


def _party(plan: Plan) -> Iterator[str]:
    if plan.party is None:
        return
    yield f"  customer {plan.party.customer_id or '(new)'}: {plan.party.source.detail}"
    for title, fields in (
        ("New customer", plan.party.create_customer),
        ("New contact", plan.party.create_contact),
    ):
        if fields:
            yield f"{title}"
            yield from _fields(fields, "  ")


def _job(job: PlannedJob) -> Iterator[str]:
    yield from _fields(job.fields, "  ")
    for part in job.parts:
        yield f"  Part {part.number} (item {part.item})"
        yield from _fields(part.fields, "    ")
        for file in part.files:
            yield f"    File {file.number}"
            yield from _fields(file.fields, "      ")
    for shipment in job.shipments:
        yield f"  Shipment of parts {', '.join(shipment.parts)}"
        yield from _fields(shipment.fields, "    ")
        yield "    Carton"
        yield from _fields(shipment.carton, "      ")


def _fields(fields: Fields, indent: str) -> Iterator[str]:
    for name, planned in fields.items():
        value = str(planned.value).replace("\n", " / ")
        yield f"{indent}{name} = {value}    <- {planned.source.detail}"
