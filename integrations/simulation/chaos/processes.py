"""The environment of everything that chaos starts, and the server from which workers are forked."""

from __future__ import annotations

import multiprocessing
import secrets
from multiprocessing.context import ForkServerContext

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

# Seconds; short, so that a silent call costs little.
ANSWER_TIMEOUT = 1
# Under the load of a burst an answer may take a little longer without any fault.
BURST_ANSWER_TIMEOUT = 2


def environment(
    database_url: str, redis_url: str = "", *, answer_timeout: int = ANSWER_TIMEOUT
) -> dict[str, str]:
    """As production runs, with fresh keys and never on the real database or queue."""
    return {
        "DJANGO_SETTINGS_MODULE": "automationhub.settings",
        "DEBUG": "false",
        "SECRET_KEY": get_random_secret_key(),
        "CREDENTIALS_KEY": Fernet.generate_key().decode(),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "EMAIL_URL": "",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": "",
        "TIME_ZONE": "UTC",
        "LOG_FORMAT": "text",
        "Q_WORKERS": "2",
        "ANSWER_TIMEOUT": str(answer_timeout),
        "QUEUE_NAME": f"chaos-{secrets.token_hex(4)}",
        # The n-th call must be the same call in every process.
        "PYTHONHASHSEED": "0",
        # What Python compiles is kept, or each of the many processes would compile the hub anew.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def fork_server() -> ForkServerContext:
    """Processes are forked from one that has loaded `preloaded.py`; it starts with the first of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["integrations.simulation.chaos.preloaded"])
    return context
