"""The five kinds of mappings as files: columns as in the outer contract, one code path for admin, commands and config."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from import_export.results import Result, RowResult

from mappings import reference
from mappings.changes import ChangeWay
from mappings.errors import MappingError
from mappings.files import FORMATS, NumberedDataset, UnreadableFile
from mappings.models import (
    Holiday,
    MappingRow,
    ProductMapping,
    ProductMatch,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusLevel,
    StatusMapping,
)
from mappings.row_resource import RowResource, column, storefront_column
from mappings.types import ADDRESS_COLUMNS
from mappings.widgets import ChoiceWidget, DateWidget, NumberWidget, TextWidget, YesNoWidget


class ProductResource(RowResource):
    storefront = storefront_column(ProductMapping)
    product = column("product", TextWidget())
    match = column("match", ChoiceWidget(ProductMatch))
    item_template = column("item_template", TextWidget())

    class Meta:
        model = ProductMapping
        fields = ("storefront", "product", "match", "item_template")
        import_id_fields = ("storefront", "product", "match")


class ShipmentMethodResource(RowResource):
    storefront = storefront_column(ShipmentMethodMapping)
    pressero_method = column("pressero_method", TextWidget())
    ship_via = column("ship_via", NumberWidget())
    account_number = column("account_number", TextWidget())

    class Meta:
        model = ShipmentMethodMapping
        fields = ("storefront", "pressero_method", "ship_via", "account_number")
        import_id_fields = ("storefront", "pressero_method")


class ShipmentAddressResource(RowResource):
    storefront = storefront_column(ShipmentAddressMapping)
    business = column("business", TextWidget())
    address1 = column("address1", TextWidget())
    city = column("city", TextWidget())
    state = column("state", TextWidget())
    postal = column("postal", TextWidget())
    country = column("country", TextWidget())
    ship_via = column("ship_via", NumberWidget())
    account_number = column("account_number", TextWidget())

    class Meta:
        model = ShipmentAddressMapping
        fields = ("storefront", *ADDRESS_COLUMNS, "ship_via", "account_number")
        import_id_fields = ("storefront", *ADDRESS_COLUMNS)


class StatusResource(RowResource):
    storefront = storefront_column(StatusMapping)
    level = column("level", ChoiceWidget(StatusLevel))
    pace_status = column("pace_status", TextWidget())
    workflow = column("workflow", TextWidget())
    pressero_stage = column("pressero_stage", TextWidget())
    note = column("note", TextWidget())

    class Meta:
        model = StatusMapping
        fields = ("storefront", "level", "pace_status", "workflow", "pressero_stage", "note")
        import_id_fields = ("storefront", "level", "pace_status", "workflow")


class HolidayResource(RowResource):
    storefront = storefront_column(Holiday)
    date = column("date", DateWidget())
    name = column("name", TextWidget())
    every_year = column("every_year", YesNoWidget())

    class Meta:
        model = Holiday
        fields = ("storefront", "date", "name", "every_year")
        import_id_fields = ("storefront", "date")


@dataclass(frozen=True)
class Kind:
    """One kind of mapping, by the name it has in commands and in the configuration file."""

    name: str
    model: type[MappingRow]
    resource: type[RowResource]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.resource.columns()


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("products", ProductMapping, ProductResource),
        Kind("shipment_methods", ShipmentMethodMapping, ShipmentMethodResource),
        Kind("shipment_addresses", ShipmentAddressMapping, ShipmentAddressResource),
        Kind("statuses", StatusMapping, StatusResource),
        Kind("holidays", Holiday, HolidayResource),
    )
}


@dataclass
class ImportReport:
    """What an import did or, as a rehearsal, would do. With any error nothing was changed and the counts are 0.

    `errors` holds the line (None: the file as a whole) and the reason. Lines are those of a file; rows of a
    configuration file count from 1.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[tuple[int | None, str]] = field(default_factory=list)
    # Codes that their system does not list, with the nearest one: they stop nothing.
    warnings: list[tuple[int | None, str]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def kind_named(name: str) -> Kind:
    """The kind of that name; a `MappingError` that lists all kinds for another one."""
    try:
        return KINDS[name]
    except KeyError:
        raise MappingError(f"There is no kind “{name}”: the kinds are {', '.join(KINDS)}.") from None


def export_rows(kind: str) -> list[dict[str, Any]]:
    """All rows as JSON values, for the configuration file; the storefront is its name or ""."""
    return list(kind_named(kind).resource(plain=True).export().dict)


def import_rows(
    kind: str, rows: Iterable[Mapping[str, Any]], dry_run: bool = False, *, actor: str = ""
) -> ImportReport:
    """Create and update rows of a configuration file by their keys, all or nothing. Missing keys mean empty."""
    chosen = kind_named(kind)
    errors: list[tuple[int | None, str]] = []
    cells: list[tuple[int, list[Any]]] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            errors.append((number, "This is no row: a row is an object with the columns as keys."))
            continue
        if unknown := [str(key) for key in row if key not in chosen.columns]:
            names = ", ".join(f"“{name}”" for name in unknown)
            errors.append((number, f"Unknown column {names}: the columns are {', '.join(chosen.columns)}."))
            continue
        cells.append((number, [row.get(name) for name in chosen.columns]))
    if errors:
        return ImportReport(errors=errors)
    resource = chosen.resource(plain=True, way=ChangeWay.CONFIGURATION, actor=actor)
    return _import(resource, NumberedDataset(list(chosen.columns), cells), dry_run)


def export_file(kind: str, path: str | Path) -> int:
    """Write all rows as CSV or XLSX, by the suffix; the number of rows written."""
    path = Path(path)
    made = _format(path)()
    table = kind_named(kind).resource().export()
    content = made.export_data(table)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return len(table)


def import_file(kind: str, path: str | Path, dry_run: bool = False, *, actor: str = "") -> ImportReport:
    """Create and update the rows of a CSV or XLSX file by their keys, all or nothing."""
    path = Path(path)
    made = _format(path)()
    resource = kind_named(kind).resource(way=ChangeWay.COMMAND, actor=actor)
    try:
        table = made.create_dataset(path.read_bytes())
    except UnreadableFile as error:
        return ImportReport(errors=[(None, str(error))])
    return _import(resource, table, dry_run)


def _format(path: Path) -> Any:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise MappingError(f"“{path.name}” must end in {' or '.join(FORMATS)}.") from None


def _import(resource: RowResource, table: NumberedDataset, dry_run: bool) -> ImportReport:
    result = resource.import_data(table, dry_run=dry_run)
    if errors := reasons(result):
        return ImportReport(errors=errors)
    report = ImportReport(
        created=result.totals[RowResult.IMPORT_TYPE_NEW],
        updated=result.totals[RowResult.IMPORT_TYPE_UPDATE],
        unchanged=result.totals[RowResult.IMPORT_TYPE_SKIP],
    )
    report.warnings = row_warnings(resource, result)
    for row in result.rows:
        if row.import_type == RowResult.IMPORT_TYPE_NEW:
            report.changes.append(f"added: {row.instance}")
        elif row.import_type == RowResult.IMPORT_TYPE_UPDATE:
            report.changes.append(
                f"changed: {row.instance} ({_differences(resource, row.original, row.instance)})"
            )
    return report


def row_warnings(resource: RowResource, result: Result) -> list[tuple[int | None, str]]:
    """Codes of the new and changed rows that their system does not list, with the line they stand on."""
    touched = (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE)
    return reference.warnings(
        (resource.lines[number] if resource.lines else number + 1, row.instance)
        for number, row in enumerate(result.rows)
        if row.import_type in touched
    )


def reasons(result: Result) -> list[tuple[int | None, str]]:
    """Why an import was refused, in the order of the lines; empty when it was not."""
    lines: list[tuple[int, str]] = [
        (row.number, reason) for row in result.invalid_rows for reason in _sentences(row.error)
    ]
    lines += [(line, str(error.error)) for line, errors in result.row_errors() for error in errors]
    whole: list[tuple[int | None, str]] = [(None, str(error.error)) for error in result.base_errors]
    return [*whole, *sorted(lines, key=lambda entry: entry[0])]


def _sentences(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        text if name == NON_FIELD_ERRORS else f"{name}: {text}"
        for name, texts in error.message_dict.items()
        for text in texts
    ]


def _differences(resource: RowResource, before: MappingRow, after: MappingRow) -> str:
    changed = []
    for name in resource.columns():
        cell = resource.fields[name]
        old, new = cell.export(before), cell.export(after)
        if old != new:
            changed.append(f"{name} {_shown(old)} → {_shown(new)}")
    return ", ".join(changed)


def _shown(value: Any) -> str:
    return "empty" if value in (None, "") else str(value)
