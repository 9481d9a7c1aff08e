"""`manage.py process_order STOREFRONT NUMBER`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.enums import FailureMode, JobState
from integrations.management.lookups import add_order_arguments, storefront_named
from integrations.models import Order
from integrations.pipeline import runner
from integrations.services import intake


class Command(BaseCommand):
    help = "Takes an order in as if an event had come, and works on it here and now."

    def add_arguments(self, parser: CommandParser) -> None:
        add_order_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        storefront = storefront_named(options["storefront"])
        order = intake.take_in(
            storefront, options["number"], why="The command process_order took the order in.", actor="command"
        )
        worked_here = runner.process(order.pk)
        order = Order.objects.get(pk=order.pk)
        if not worked_here:
            self.stdout.write(f"Order {order.number} is on hold, or a worker has it already.")
        self.stdout.write(f"Order {order.number}: {order.get_status_display()}")
        for job in order.jobs.filter(state=JobState.DONE):
            self.stdout.write(f"  job {job.number}  {job.description}")
        if order.message:
            self.stdout.write(f"  {order.message}")
        if order.failure_mode != FailureMode.NONE:
            raise CommandError(f"Order {order.number} is not done: see above.")
