"""What all mapping resources share: strict, all or nothing, and quick with thousands of rows.

django-import-export's defaults are not safe enough for mappings: they import the valid rows of a file with invalid ones,
let the last of two equal rows win and ignore columns nobody knows. They also ask the database several times a row. Here
existing rows are read in a few queries by their keys, new ones are written in batches.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Field, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext
from import_export.fields import Field as Column
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Diff, ModelResource
from import_export.results import Error, Result, RowResult

from mappings.changes import ChangeKind, ChangeWay, MappingChange, change, differences, store_changes
from mappings.models import MappingRow
from mappings.spreadsheets import Labels
from mappings.widgets import CellWidget, StorefrontWidget

# Keys per query when existing rows are looked up: below every database's limit of parameters.
LOOKUP_BATCH = 500


class LineResult(Result):
    """Names the lines of the file where the library counts rows."""

    lines: list[int] = []
    # What the reader of the file had to decide.
    notes: list[str] = []

    def line(self, number: int) -> int:
        return self.lines[number - 1] if self.lines else number

    def append_invalid_row(self, number: int, row: Any, validation_error: ValidationError) -> None:
        super().append_invalid_row(self.line(number), row, validation_error)

    def append_error_row(self, number: int, row: Any, errors: list[Error]) -> None:
        super().append_error_row(self.line(number), row, errors)

    def row_errors(self) -> list[tuple[int, list[Error]]]:
        return [(self.line(number), errors) for number, errors in super().row_errors()]


class CellDiff(Diff):
    """Old and new cell side by side: quicker and easier to read than a diff by characters."""

    def as_html(self) -> list[str]:
        if self.new:
            return [str(after) for after in self.right]
        return [
            str(after) if before == after else format_html("<del>{}</del> <ins>{}</ins>", before, after)
            for before, after in zip(self.left, self.right, strict=True)
        ]


class KeyLoader(BaseInstanceLoader):
    """Reads the existing rows that a file can mean, by key, before its first row is imported."""

    def __init__(self, resource: "RowResource", dataset: Any) -> None:
        super().__init__(resource, dataset)
        keys = [key for row in dataset.dict if (key := resource.key_of(row)) is not None]
        self.rows = {row.row_key(): row for row in resource.existing(keys)}

    def get_instance(self, row: Any) -> MappingRow | None:
        key = self.resource.key_of(row)
        return None if key is None else self.rows.get(key)


class RowResource(ModelResource):
    """Base of the five resources. `plain`: cells are JSON values of the configuration file, nothing is escaped.
    `way` and `actor`: how and by whom the rows are changed, for their history. `tables`: value tables that come with them."""

    class Meta:
        instance_loader_class = KeyLoader
        clean_model_instances = True
        skip_unchanged = True
        use_bulk = True
        use_transactions = True
        store_instance = True
        batch_size = 1000

    def __init__(
        self,
        *,
        plain: bool = False,
        way: str = ChangeWay.FILE,
        actor: str = "",
        storefronts: Mapping[int, Any] | None = None,
        tables: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.new_tables = frozenset(tables)
        self.plain, self.way, self.actor = plain, way, actor
        self.lines: list[int] = []
        self.notes: list[str] = []
        self.seen: dict[tuple[Any, ...], int] = {}
        for column in self.fields.values():
            if isinstance(column.widget, CellWidget):
                column.widget.plain = plain
            if storefronts is not None and isinstance(column.widget, StorefrontWidget):
                column.widget.by_id = dict(storefronts)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        return tuple(cls._meta.fields)

    @classmethod
    def labels(cls) -> Labels:
        """The columns of a file by their names and by the labels that the portal shows, in English and in its language."""
        model = cls._meta.model
        fields = {name: model._meta.get_field(name).verbose_name for name in cls.columns()}
        return Labels({name: {str(label), gettext(str(label))} for name, label in fields.items()})

    # --- import: the file as a whole ---

    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Result:
        """As the library's, but a file with any error changes nothing."""
        dataset.headers = [_name(header, self.columns()) for header in dataset.headers or []]
        self.lines, self.notes = getattr(dataset, "lines", []), getattr(dataset, "notes", [])
        self.seen = {}
        if problems := list(self.header_problems(dataset.headers)):
            return self.refused(problems)
        if kwargs.get("dry_run"):
            # Without a transaction: on SQLite one would keep every order waiting while a long file is checked.
            return self.import_data_inner(dataset, True, False, False, False)
        options = {**kwargs, "use_transactions": True, "rollback_on_validation_errors": True}
        with transaction.atomic():
            result = super().import_data(dataset, *args, **options)
            if not result.has_errors() and not result.has_validation_errors():
                store_changes(self.changes(result))
        return result

    def changes(self, result: Result) -> Iterator[MappingChange]:
        """The history entries of an import."""
        columns = self.columns()
        for row in result.rows:
            if row.import_type == RowResult.IMPORT_TYPE_NEW:
                found = differences(None, row.instance, columns)
                yield change(row.instance, ChangeKind.ADDED, found, way=self.way, actor=self.actor)
            elif row.import_type == RowResult.IMPORT_TYPE_UPDATE:
                found = differences(row.original, row.instance, columns)
                yield change(row.instance, ChangeKind.CHANGED, found, way=self.way, actor=self.actor)

    def header_problems(self, headers: list[str]) -> Iterator[str]:
        known = ", ".join(self.columns())
        unknown = [header for header in headers if header not in self.columns()]
        missing = [column for column in self.get_import_id_fields() if column not in headers]
        doubled = sorted(
            {header for header in headers if header in self.columns() and headers.count(header) > 1}
        )
        if unknown:
            names = ", ".join(f"“{name}”" for name in unknown)
            free = [column for column in self.columns() if column not in headers]
            near = [name for header in unknown for name in get_close_matches(header.lower(), free, 1)]
            hint = f" Did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
            yield f"Unknown column {names}: the columns are {known}.{hint}"
        if missing:
            names = ", ".join(f"“{name}”" for name in missing)
            yield f"The column {names} is missing: the columns are {known}."
        if doubled:
            yield f"The column {', '.join(f'“{name}”' for name in doubled)} stands there twice."

    def refused(self, problems: list[str]) -> Result:
        result = self.get_result_class()()
        result.diff_headers = self.get_diff_headers()
        for problem in problems:
            result.append_base_error(Error(ValueError(problem)))
        return result

    def get_result_class(self) -> Callable[[], Result]:
        def result() -> Result:
            made = LineResult()
            made.lines, made.notes = self.lines, self.notes
            return made

        return result

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return CellDiff

    def handle_import_error(self, result: Any, error: Exception, raise_errors: bool = False) -> None:
        if isinstance(error, IntegrityError):
            # All rows were checked; only a change made meanwhile can collide.
            error = ValueError("Another user changed these rows at the same time. Import the file again.")
        super().handle_import_error(result, error, raise_errors)

    # --- import: rows ---

    def key_of(self, row: Any) -> tuple[Any, ...] | None:
        """The key of a row of the file, None when its cells make none."""
        try:
            values = {
                self.fields[name].attribute: self.fields[name].clean(row)
                for name in self.get_import_id_fields()
            }
        except ValueError:
            return None
        instance = self._meta.model(**values)
        instance.tidy()
        return instance.row_key()

    def existing(self, keys: list[tuple[Any, ...]]) -> Iterator[MappingRow]:
        """The stored rows with these keys (and a few that share only the first part of one)."""
        first = self._meta.model.identity[0]
        values = sorted({key[1] for key in keys})
        for start in range(0, len(values), LOOKUP_BATCH):
            yield from self._meta.model.objects.filter(
                **{f"{first}__in": values[start : start + LOOKUP_BATCH]}
            )

    def import_instance(self, instance: MappingRow, row: Any, **kwargs: Any) -> None:
        try:
            super().import_instance(instance, row, **kwargs)
        except ValidationError as error:
            errors = error.error_dict
            if "storefront_id" in errors:
                errors["storefront"] = errors.pop("storefront_id")
            raise ValidationError(errors) from error
        instance.tidy()
        # The name is at hand; without it every sentence about the row would cost a query.
        if instance.storefront_id is not None:
            widget: StorefrontWidget = self.fields["storefront"].widget
            instance.storefront = widget.by_id[instance.storefront_id]
        self.refuse_twice(instance, kwargs["row_number"])

    def refuse_twice(self, instance: MappingRow, number: int) -> None:
        line = self.lines[number - 1] if self.lines else number
        first = self.seen.setdefault(instance.row_key(), line)
        if first != line:
            raise ValidationError(f"Duplicate of line {first}.")

    def validate_instance(
        self, instance: MappingRow, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The model's own rules without its queries: keys were compared, storefronts found before."""
        errors = dict(import_validation_errors or {})
        checks = [lambda: instance.clean_fields(exclude={*errors, "storefront", *instance.key_fields})]
        if not errors:
            # A rule about several columns says nothing sensible about cells that could not be read.
            checks.append(instance.clean)
        for check in checks:
            try:
                check()
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def bulk_update(self, using_transactions: bool, dry_run: bool, raise_errors: bool, **kwargs: Any) -> None:
        """Row by row: quicker than one statement with a condition per row and column."""
        try:
            for instance in self.update_instances if not dry_run else ():
                instance.save()
        except IntegrityError as error:
            self.handle_import_error(kwargs.get("result"), error, raise_errors)
        finally:
            self.update_instances.clear()

    # --- export ---

    def get_queryset(self) -> QuerySet[MappingRow]:
        """All rows, those of all storefronts first, then by storefront and columns."""
        columns = [name for name in self.columns() if name != "storefront"]
        return self._meta.model.objects.order_by(F("storefront__name").asc(nulls_first=True), *columns, "pk")


def _name(header: Any, columns: tuple[str, ...]) -> str:
    """A column's name whatever its case; an unknown one as it was written."""
    text = str(header or "").strip()
    return text.lower() if text.lower() in columns else text


def storefront_column(model: type[MappingRow]) -> Column:
    """The column with the storefront's name; empty means all storefronts."""
    target: Field[Any, Any] = model._meta.get_field("storefront")
    storefront: Any = target.related_model
    return Column("storefront_id", "storefront", StorefrontWidget(storefront))


def column(name: str, widget: CellWidget) -> Column:
    return Column(name, name, widget)
