"""The kinds of mappings as files: columns as in docs/mappings.md §4, one code path for admin, commands and config."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from import_export.results import Result, RowResult

from mappings import reference
from mappings.changes import BATCH, ChangeKind, ChangeWay, change, differences, store_changes
from mappings.errors import MappingError
from mappings.files import FORMATS
from mappings.models import (
    FieldRule,
    Holiday,
    MappingRow,
    ProductMapping,
    ProductMatch,
    RuleMode,
    RuleObject,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusLevel,
    StatusMapping,
    TableValue,
    stored_tables,
)
from mappings.row_resource import RowResource, column, storefront_column
from mappings.spreadsheets import NumberedDataset, UnreadableFile, read
from mappings.text import name_key
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


class FieldResource(RowResource):
    storefront = storefront_column(FieldRule)
    object = column("object", ChoiceWidget(RuleObject))
    pace_field = column("pace_field", TextWidget())
    priority = column("priority", NumberWidget(empty=100))
    when = column("when", TextWidget())
    value = column("value", TextWidget())
    mode = column("mode", ChoiceWidget(RuleMode, empty=RuleMode.SET))
    required = column("required", YesNoWidget())

    class Meta:
        model = FieldRule
        fields = ("storefront", "object", "pace_field", "priority", "when", "value", "mode", "required")
        import_id_fields = ("storefront", "object", "pace_field", "priority", "when")

    @cached_property
    def tables(self) -> frozenset[str]:
        """The keys of all value tables, read once for a file."""
        return stored_tables() | self.new_tables

    def import_instance(self, instance: MappingRow, row: Any, **kwargs: Any) -> None:
        assert isinstance(instance, FieldRule)  # noqa: S101 - for the type checker
        instance.tables = lambda: self.tables
        super().import_instance(instance, row, **kwargs)


class ValueResource(RowResource):
    table = column("table", TextWidget())
    original = column("original", TextWidget())
    replacement = column("replacement", TextWidget())

    class Meta:
        model = TableValue
        fields = ("table", "original", "replacement")
        import_id_fields = ("table", "original")


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
        Kind("fields", FieldRule, FieldResource),
        Kind("values", TableValue, ValueResource),
    )
}
# A field rule may only name value tables that exist: their rows come first.
IMPORT_ORDER: tuple[str, ...] = tuple(sorted(KINDS, key=lambda name: name != "values"))


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
    # What the reader of a file had to decide: its encoding, its sheet, lines left out.
    notes: list[str] = field(default_factory=list)
    # The new and changed rows. A dry run saves none of them; new ones then have no id.
    rows: list[MappingRow] = field(default_factory=list)


def kind_named(name: str) -> Kind:
    """The kind of that name; a `MappingError` that lists all kinds for another one."""
    try:
        return KINDS[name]
    except KeyError:
        raise MappingError(f"There is no kind “{name}”: the kinds are {', '.join(KINDS)}.") from None


def export_rows(kind: str, *, storefronts: Mapping[int, Any] | None = None) -> list[dict[str, Any]]:
    """All rows as JSON values, for the configuration file; the storefront is its name or "".

    Every change of the configuration exports it once, so the columns are read without making objects of them.
    """
    resource = kind_named(kind).resource(plain=True, storefronts=storefronts)
    cells = [resource.fields[name] for name in resource.columns()]
    rows = resource.get_queryset().values_list(*(cell.attribute for cell in cells))
    rendered = [(cell.column_name, cell.widget.render) for cell in cells]
    return [
        {name: render(value) for (name, render), value in zip(rendered, row, strict=True)} for row in rows
    ]


def plain_rows(kind: str, rows: Iterable[MappingRow]) -> list[dict[str, Any]]:
    """These rows as JSON values with their ids, as `import_rows` takes them but for the id."""
    resource = kind_named(kind).resource(plain=True)
    cells = [resource.fields[name] for name in resource.columns()]
    return [
        {
            "id": row.pk,
            **{cell.column_name: cell.widget.render(getattr(row, cell.attribute)) for cell in cells},
        }
        for row in rows
    ]


def same_key(kind: str, row: MappingRow, values: Mapping[str, Any]) -> bool:
    """Whether these JSON values would be this very row."""
    chosen = kind_named(kind)
    key = chosen.resource(plain=True).key_of({name: values.get(name) for name in chosen.columns})
    return key == row.row_key()


def key_of_row(kind: str, row: Mapping[str, Any]) -> str:
    """What a row of a configuration file is known by, in words: “Ground, Example CU Store”."""
    chosen = kind_named(kind).resource
    named = [str(row.get(name, "")) for name in chosen._meta.import_id_fields if name != "storefront"]
    scope = [str(row.get("storefront") or "all storefronts")] if "storefront" in chosen.columns() else []
    return ", ".join([*(text for text in named if text), *scope])


def absent_rows(kind: str, rows: Iterable[Mapping[str, Any]]) -> list[MappingRow]:
    """The stored rows that are not among these rows of a configuration file."""
    chosen = kind_named(kind)
    resource = chosen.resource(plain=True)
    keys = {resource.key_of({name: row.get(name) for name in chosen.columns}) for row in rows}
    stored = chosen.model._default_manager.select_related("storefront").order_by("pk")
    return [row for row in stored if row.row_key() not in keys]


def delete_rows(
    kind: str, rows: Iterable[MappingRow], *, actor: str = "", way: str = ChangeWay.CONFIGURATION
) -> None:
    """Delete rows, and keep that in their history."""
    chosen, gone = kind_named(kind), list(rows)
    store_changes(
        change(
            row,
            ChangeKind.DELETED,
            differences(row, None, chosen.columns),
            way=way,
            actor=actor,
        )
        for row in gone
    )
    pks = [row.pk for row in gone]
    for start in range(0, len(pks), BATCH):
        chosen.model._default_manager.filter(pk__in=pks[start : start + BATCH]).delete()


def table_keys(rows: Iterable[Any]) -> frozenset[str]:
    """The value tables of these rows of a configuration file, as they are compared."""
    return frozenset(name_key(str(row.get("table") or "")) for row in rows if isinstance(row, Mapping))


def import_rows(
    kind: str,
    rows: Iterable[Mapping[str, Any]],
    dry_run: bool = False,
    *,
    actor: str = "",
    storefronts: Mapping[int, Any] | None = None,
    tables: Collection[str] = (),
    way: str = ChangeWay.CONFIGURATION,
) -> ImportReport:
    """Create and update rows given as JSON values by their keys, all or nothing. Missing keys mean empty.

    `storefronts`: those that rows may name, by id, where these are others than the database has. `tables`: value tables
    that field rules may name although the database does not have them yet (`table_keys`).
    """
    chosen = kind_named(kind)
    errors: list[tuple[int | None, str]] = []
    cells: list[tuple[int, list[Any]]] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            errors.append((number, "This is not a row: a row is an object with the columns as keys."))
            continue
        if unknown := [str(key) for key in row if key not in chosen.columns]:
            names = ", ".join(f"“{name}”" for name in unknown)
            errors.append((number, f"Unknown column {names}: the columns are {', '.join(chosen.columns)}."))
            continue
        cells.append((number, [row.get(name) for name in chosen.columns]))
    if errors:
        return ImportReport(errors=errors)
    resource = chosen.resource(plain=True, way=way, actor=actor, storefronts=storefronts, tables=tables)
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
    _format(path)
    resource = kind_named(kind).resource(way=ChangeWay.COMMAND, actor=actor)
    try:
        table = read(path.read_bytes(), resource.labels())
    except UnreadableFile as error:
        return ImportReport(errors=[(problem.line, problem.reason) for problem in error.problems])
    report = _import(resource, table, dry_run)
    report.notes = table.notes
    return report


def check_content(kind: str, content: bytes) -> ImportReport:
    """What importing this content of a spreadsheet would change; nothing is stored. Raises UnreadableFile."""
    resource = kind_named(kind).resource()
    return _import(resource, read(content, resource.labels()), dry_run=True)


def kind_of(row: MappingRow) -> str:
    """The name of a row's kind."""
    return next(name for name, kind in KINDS.items() if isinstance(row, kind.model))


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
        if row.import_type in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE):
            report.rows.append(row.instance)
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
    rows = [
        (resource.lines[number] if resource.lines else number + 1, row.instance)
        for number, row in enumerate(result.rows)
        if row.import_type in touched
    ]
    found: list[tuple[int | None, str]] = [(line, text) for line, row in rows for text in row.remarks()]
    return [*found, *reference.warnings(rows)]


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
