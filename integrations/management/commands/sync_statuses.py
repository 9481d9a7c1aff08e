"""`manage.py sync_statuses`: one pass of Pace statuses and shipments back to Pressero, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.orders.write_back import deliver, poll


class Command(BaseCommand):
    help = "Reads the statuses and shipments of all open jobs from Pace and sends what is new to Pressero."

    def handle(self, *args: Any, **options: Any) -> None:
        report = poll.sync_all()
        run = deliver.deliver_due()
        self.stdout.write(
            f"{report.jobs} open jobs read, {report.changed} changed; {run.delivered} updates sent to Pressero, "
            f"{run.failed} failed."
        )
        if report.problems:
            raise CommandError(" ".join(report.problems))
