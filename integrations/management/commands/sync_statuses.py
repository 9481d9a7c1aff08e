"""`manage.py sync_statuses`: one pass of Pace statuses and shipments back to Pressero, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.pipeline import delivering, watching


class Command(BaseCommand):
    help = "Read the statuses and shipments of all open jobs from Pace and tell Pressero what is new."

    def handle(self, *args: Any, **options: Any) -> None:
        report = watching.sync_all()
        run = delivering.deliver_due()
        self.stdout.write(
            f"{report.jobs} open jobs read, {report.changed} changed; {run.delivered} updates told to Pressero, "
            f"{run.failed} failed."
        )
        if report.problems:
            raise CommandError(" ".join(report.problems))
