"""Secrets are decrypted in few, named places: where clients are built, where callers are checked, and by two commands."""

import re
from pathlib import Path

from django.conf import settings

MAY_DECRYPT = {
    "automationhub/lib/fields.py",  # the method itself
    "integrations/core/connections/clients.py",  # builds the clients
    "integrations/orders/intake/signatures.py",  # checks webhooks
    "integrations/api/pace_events.py",  # checks pushes
    "integrations/operations/setup/configuration.py",  # export --with-secrets; whether an import changes one
    "integrations/core/connections/credentials.py",  # rotation
    "integrations/models/subscriptions.py",  # whether what was entered can sign
    "integrations/models/alert_channels.py",  # whether what was entered is an address
    "integrations/core/alert_channels.py",  # sends messages there
    "integrations/core/events/send.py",  # signs events
    "integrations/operations/access/factor_adapters.py",  # compares codes of authenticator apps
}


def sources() -> dict[str, str]:
    found = {}
    for package in ("automationhub", "integrations", "mappings"):
        for path in (settings.BASE_DIR / package).rglob("*.py"):
            found[str(path.relative_to(settings.BASE_DIR))] = path.read_text(encoding="utf-8")
    return found


def test_secrets_are_decrypted_only_where_they_are_used() -> None:
    places = {path for path, text in sources().items() if re.search(r"\.reveal\b", text)}
    assert places == MAY_DECRYPT


def test_nobody_decrypts_past_the_field() -> None:
    places = {path for path, text in sources().items() if re.search(r"\bdecrypt\(|Fernet\(", text)}
    assert places <= {
        "automationhub/lib/fields.py",
        "automationhub/lib/crypto.py",
        "integrations/admin/setup/configuration.py",  # an uploaded file that waits for its confirmation
        "automationhub/lib/environment.py",  # checks that a key is one
    }


def test_no_template_reads_a_secret() -> None:
    templates: list[Path] = list((settings.BASE_DIR / "templates").rglob("*.html"))
    assert templates
    assert not [path for path in templates if "reveal" in path.read_text(encoding="utf-8")]
