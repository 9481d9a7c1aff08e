"""What a storefront still needs before its orders become jobs: a check list that ends with a preview of a real order."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from integrations.models import (
    Order,
    ProbeRun,
    ReferenceEntry,
    ReferenceKind,
    ReferenceReading,
    Storefront,
    WebhookEvent,
)
from integrations.operations.setup.coverage import Coverage

UNREAD = "Not known before the codes of Pressero are read. Select Refresh codes on the account's page."


@dataclass(frozen=True)
class ChecklistStep:
    """One step. `place`: where it is done, in the words of the portal's pages; `optional`: orders go without it."""

    title: str
    done: bool
    hint: str
    place: str
    optional: bool = False


def steps(storefront: Storefront, coverage: Coverage) -> list[ChecklistStep]:
    """The steps in the order in which they are done."""
    account, server = storefront.pressero_account, storefront.pace_server
    read = set(
        ReferenceReading.objects.filter(
            Q(account=account) | Q(server=server), error="", read_at__isnull=False
        )
        .values_list("account_id", "server_id")
        .distinct()
    )
    site = ReferenceEntry.objects.filter(
        account=account, kind=ReferenceKind.SITE, key=storefront.site_id, gone_at__isnull=True
    ).exists()
    by_kind = {section.kind: section for section in coverage.sections}
    methods, products, statuses = (by_kind[kind] for kind in ("shipment_methods", "products", "statuses"))
    return [
        ChecklistStep(
            f"{server} can be read",
            (None, server.pk) in read,
            "Test the connection, then select Refresh codes on its page.",
            "server",
        ),
        ChecklistStep(
            f"{account} can be read",
            (account.pk, None) in read,
            "Test the connection, then select Refresh codes on its page.",
            "account",
        ),
        ChecklistStep(
            "Pressero knows the site",
            site,
            "The site ID must be the one Pressero has for this site (a GUID). Refresh codes after correcting it.",
            "form",
        ),
        ChecklistStep(
            f"{server} passed the probe",
            ProbeRun.objects.filter(server=server, held=True).exists(),
            "Select “Probe” on its page before the first live order: one job is written and rolled back, nothing stays.",
            "server",
        ),
        ChecklistStep(
            "Webhooks arrive",
            WebhookEvent.objects.filter(account=account).exists(),
            "Add a webhook in Pressero with the address and the security key on the account's page.",
            "account",
        ),
        ChecklistStep(
            "Every shipping method has a ship via",
            bool(methods.lines) and not methods.missing,
            f"{methods.missing} without one; such orders stop. Add rows, or set a default ship via."
            if methods.lines
            else UNREAD,
            "coverage",
        ),
        ChecklistStep(
            "Products have item templates",
            bool(products.lines) and not products.missing,
            f"{products.missing} without one; their jobs are created without a template."
            if products.lines
            else UNREAD,
            "coverage",
            optional=True,
        ),
        ChecklistStep(
            "Pace statuses are sent to Pressero",
            any(line.answer for line in statuses.lines),
            "No status is mapped to a stage yet: Pressero gets the job number only.",
            "coverage",
            optional=True,
        ),
        ChecklistStep(
            "Alerts have an address",
            bool(storefront.alert_emails or server.alert_emails),
            "Enter alert addresses here or on the Pace server.",
            "form",
            optional=True,
        ),
        ChecklistStep(
            "Pace has the customer of the Integration ID",
            storefront.integration_id_confirmed,
            storefront.integration_id_finding
            or "Select Check in Pace above. No customer is created under an ID that is not confirmed.",
            "form",
        ),
        ChecklistStep(
            "The storefront is active",
            storefront.active,
            "Select Activate above and choose from when orders are processed.",
            "form",
        ),
        ChecklistStep(
            "A real order became a job",
            Order.objects.filter(storefront=storefront, submitted_at__isnull=False).exists(),
            "Enter the number of an order of this site. The preview shows every field of its jobs and writes nothing. Then process the order.",
            "preview",
        ),
    ]
