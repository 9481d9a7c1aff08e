"""`manage.py process_order STOREFRONT NUMBER`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.enums import FailureMode, JobState
from integrations.management.lookups import add_order_arguments, storefront_named
from integrations.models import Order
from integrations.orders.intake import receive
from integrations.orders.submission import runner, sites


class Command(BaseCommand):
    help = "Processes an order now, as if its webhook had arrived."

    def add_arguments(self, parser: CommandParser) -> None:
        add_order_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        storefront = storefront_named(options["storefront"])
        try:
            sites.check_before_taking_in(storefront, options["number"])
        except sites.OtherSite as error:
            raise CommandError(str(error)) from error
        order = receive.take_in(
            storefront,
            options["number"],
            why="The command process_order received the order.",
            actor="command",
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
