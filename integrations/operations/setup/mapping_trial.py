"""Trying the mappings: values of an order in, the winning rows and their reasons out. Calls no other system."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils import timezone

from automationhub.lib.shown_times import day_text
from integrations.clients.schemas import PaceReference
from integrations.models import ReferenceEntry, ReferenceKind, Storefront
from integrations.operations.setup.coverage import ANYWHERE, NO_PRODUCT
from integrations.orders.write_back.target_stages import workflow_names
from integrations.planning.address_rows import AddressRows
from integrations.planning.addresses import Places
from mappings.errors import MappingMissing
from mappings.lookup import status_rows, table_for
from mappings.resolution import custom_holidays, item_template, shipping, stage_for_status
from mappings.text import name_key
from mappings.types import AddressQuery, MappingTable, ProductQuery, Resolution, ShippingDefaults


@dataclass(frozen=True)
class TrialInput:
    """What somebody tries; empty texts were not given."""

    product: ProductQuery = NO_PRODUCT
    method_name: str = ""
    method_id: str = ""
    address: AddressQuery = ANYWHERE
    job_status: str = ""
    part_status: str = ""
    workflow: str = ""


@dataclass(frozen=True)
class TrialOutcome:
    """One answer: what is resolved, the value ("" when there is none), and where it came from."""

    title: str
    value: str
    reason: str
    kind: str = ""
    row_id: int | None = None
    good: bool = True


def try_mappings(storefront: Storefront, asked: TrialInput) -> list[TrialOutcome]:
    """What these values resolve to now. Says nothing about what was not asked."""
    asked = replace(asked, product=_completed(storefront, asked.product))
    table = table_for(
        storefront.pk,
        products=[asked.product],
        methods=[(asked.method_name, asked.method_id)],
        addresses=[asked.address],
        years=[timezone.localdate().year],
    )
    outcomes = []
    if asked.product != NO_PRODUCT:
        found = item_template(table, storefront.pk, asked.product)
        outcomes.append(
            _outcome(
                "Item template", found.item_template, found.source, ReferenceKind.ITEM_TEMPLATE, storefront
            )
        )
    if asked.method_name or asked.method_id or asked.address != ANYWHERE:
        outcomes += _shipping(storefront, asked, table)
    if asked.job_status or asked.part_status:
        rows = status_rows(storefront.pk, [asked.job_status, asked.part_status])
        stage = stage_for_status(
            rows,
            storefront.pk,
            job_status=asked.job_status,
            part_status=asked.part_status,
            workflow=asked.workflow,
            workflow_name=workflow_names().get(
                (storefront.pressero_account_id, name_key(asked.workflow)), ""
            ),
        )
        outcomes.append(
            _outcome("Pressero stage", stage.pressero_stage, stage.source, ReferenceKind.STAGE, storefront)
        )
        if stage.note:
            outcomes.append(TrialOutcome("Note to Pressero", stage.note, stage.source.reason))
    if (
        outcomes
        and storefront.skip_holidays
        and (days := custom_holidays(table, storefront.pk, timezone.localdate().year))
    ):
        names = ", ".join(f"{day_text(day)} {name}" for day, name in days.items())
        outcomes.append(TrialOutcome("Own days off this year", names, "custom holidays of the portal"))
    return outcomes


def _completed(storefront: Storefront, asked: ProductQuery) -> ProductQuery:
    """An order says all of a product; who names it by one of its columns means the others, too."""
    if not asked.product_id and not asked.part_number and not asked.name:
        return asked
    names = Q()
    for column, value in (
        ("key", asked.product_id),
        ("extra__part_number", asked.part_number),
        ("label", asked.name),
    ):
        if value:
            names &= Q(**{column: value.strip()})
    found = ReferenceEntry.objects.filter(
        names,
        account=storefront.pressero_account_id,
        kind=ReferenceKind.PRODUCT,
        parent=storefront.site_id,
        gone_at__isnull=True,
    ).first()
    if found is None:
        return asked
    return ProductQuery(
        found.key,
        str(found.extra.get("part_number") or ""),
        found.label,
        asked.integration_id or str(found.extra.get("integration_id") or ""),
    )


def _shipping(storefront: Storefront, asked: TrialInput, table: MappingTable) -> list[TrialOutcome]:
    defaults = ShippingDefaults(
        storefront.default_ship_via,
        storefront.default_account_number,
        storefront.pace_server.default_ship_via,
    )
    address, rows = AddressRows(table.shipment_addresses, Places(PaceReference())).near(asked.address)
    try:
        answer = shipping(
            replace(table, shipment_addresses=rows),
            storefront.pk,
            method_name=asked.method_name,
            method_id=asked.method_id,
            address=address,
            defaults=defaults,
        )
    except MappingMissing as error:
        return [TrialOutcome("Ship via", "", f"{error.message} Such orders stop.", good=False)]
    via = _outcome(
        "Ship via", str(answer.ship_via), answer.ship_via_source, ReferenceKind.SHIP_VIA, storefront
    )
    account = answer.account_source
    return [
        via,
        TrialOutcome("Account number", answer.account_number, account.reason, account.kind, account.row_id),
    ]


def _outcome(title: str, value: str, source: Resolution, kind: str, storefront: Storefront) -> TrialOutcome:
    name = ""
    if value:
        system = (
            {"server": storefront.pace_server_id}
            if kind != ReferenceKind.STAGE
            else {"account": storefront.pressero_account_id}
        )
        entry = ReferenceEntry.objects.filter(kind=kind, key__iexact=value, **system).first()
        name = entry.label if entry else ""
    shown = f"{value} {name}".strip() if name and name != value else value
    return TrialOutcome(title, shown, source.reason, source.kind, source.row_id, good=bool(value))
