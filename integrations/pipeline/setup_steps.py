"""What a storefront still needs before its orders become jobs: a check list that ends with a preview of a real order."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import (
    Order,
    ReferenceEntry,
    ReferenceKind,
    ReferenceReading,
    Storefront,
    WebhookEvent,
)
from integrations.pipeline.coverage import Coverage


@dataclass(frozen=True)
class Step:
    """One step. `place`: where it is done, in the words of the portal's pages; `optional`: orders go without it."""

    title: str
    done: bool
    hint: str
    place: str
    optional: bool = False


def steps(storefront: Storefront, coverage: Coverage) -> list[Step]:
    """The steps in the order in which they are done."""
    account, server = storefront.pressero_account, storefront.pace_server
    read = {
        (reading.account_id, reading.server_id)
        for reading in ReferenceReading.objects.filter(account=account, error="", read_at__isnull=False).only(
            "account_id", "server_id"
        )
    } | {
        (reading.account_id, reading.server_id)
        for reading in ReferenceReading.objects.filter(server=server, error="", read_at__isnull=False).only(
            "account_id", "server_id"
        )
    }
    site = ReferenceEntry.objects.filter(
        account=account, kind=ReferenceKind.SITE, key=storefront.site_id, gone_at__isnull=True
    ).exists()
    by_kind = {section.kind: section for section in coverage.sections}
    methods, products, statuses = (by_kind[kind] for kind in ("shipment_methods", "products", "statuses"))
    return [
        Step(
            f"{server} can be read",
            (None, server.pk) in read,
            "Test the connection, then press “Read lists” on its page.",
            "server",
        ),
        Step(
            f"{account} can be read",
            (account.pk, None) in read,
            "Test the connection, then press “Read lists” on its page.",
            "account",
        ),
        Step(
            "Pressero knows the site",
            site,
            "The site ID must be the one Pressero has for this site (a GUID). Read the lists again after a correction.",
            "form",
        ),
        Step(
            "Webhooks arrive",
            WebhookEvent.objects.filter(account=account).exists(),
            "Add a webhook in Pressero with the address and the security key on the account's page.",
            "account",
        ),
        Step(
            "Every shipping method has a ship via",
            bool(methods.lines) and not methods.missing,
            f"{methods.missing} without one: such orders stop. Add rows, or set a default ship via.",
            "coverage",
        ),
        Step(
            "Products have item templates",
            bool(products.lines) and not products.missing,
            f"{products.missing} without one: their jobs are made without a template.",
            "coverage",
            optional=True,
        ),
        Step(
            "Pace statuses are told to Pressero",
            any(line.answer for line in statuses.lines),
            "No status has a stage yet: the storefront is told the job number only.",
            "coverage",
            optional=True,
        ),
        Step(
            "Somebody is told about trouble",
            bool(storefront.alert_emails or server.alert_emails),
            "Enter alert addresses here or at the Pace server.",
            "form",
            optional=True,
        ),
        Step(
            "The storefront is switched on",
            storefront.active,
            "Tick “Active” below. Events that came before are taken in then.",
            "form",
        ),
        Step(
            "A real order became a job",
            Order.objects.filter(storefront=storefront, submitted_at__isnull=False).exists(),
            "Enter the number of an order of this site: the preview shows every field of its jobs and writes nothing. Then let it go.",
            "preview",
        ),
    ]
