"""`manage.py check_connections`."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.core.connections.clients import check_pace, check_pressero
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount


class Command(BaseCommand):
    help = "Tries every active Pace server and Pressero account; exit code 1 if one fails."

    def handle(self, *args: Any, **options: Any) -> None:
        checks: list[tuple[str, Callable[[], str]]] = [
            (f"Pace {server.name}", lambda server=server: check_pace(server))  # type: ignore[misc]
            for server in PaceServer.objects.filter(active=True)
        ]
        checks += [
            (f"Pressero {account.name}", lambda account=account: check_pressero(account))  # type: ignore[misc]
            for account in PresseroAccount.objects.filter(active=True)
        ]
        if not checks:
            raise CommandError("There is no active Pace server and no active Pressero account yet.")
        failed = sum(not self._try(name, check) for name, check in checks)
        if failed:
            raise CommandError(f"{failed} of {len(checks)} connections failed.")

    def _try(self, name: str, check: Callable[[], str]) -> bool:
        try:
            sentence = check()
        except HubError as error:
            self.stdout.write(f"FAILED  {name}: {error}")
            return False
        self.stdout.write(f"ok      {sentence}")
        return True
