"""Rows inserted in one statement without an object for each: where rows are many and a moment matters.

The columns that are named are given; all others take what the model says: the database's default, the model's, or NULL. A
column that is added to a model later needs no change here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

# What has another form in the database than in Python. Texts and numbers go as they are.
_CONVERTED = (models.DateTimeField, models.JSONField, models.GenericIPAddressField)


class NewRows:
    """`INSERT` for a model, with values for these columns; what comes back are the `returning` ones of each stored row.
    `unless_known`: a row that a constraint refuses is left out, and nothing comes back for it; else IntegrityError is
    raised."""

    def __init__(
        self,
        model: type[models.Model],
        *columns: str,
        returning: Sequence[str] = ("id",),
        unless_known: bool = False,
    ) -> None:
        self._model = model
        self.columns = columns
        self._returning = returning
        self._unless_known = unless_known
        self._parts: tuple[str, str, str] | None = None
        self._converters: list[tuple[int, Callable[..., Any]]] = []

    def insert(self, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Store these rows, in their order."""
        if not rows:
            return []
        head, row, tail = self._parts or self._prepare()
        values: list[Any] = []
        for one in rows:
            given = list(one)
            for at, convert in self._converters:
                given[at] = convert(given[at], connection)
            values += given
        with connection.cursor() as cursor:
            cursor.execute(head + ", ".join([row] * len(rows)) + tail, values)
            return list(cursor.fetchall())

    def _prepare(self) -> tuple[str, str, str]:
        """The statement's parts, made once: a process has one kind of database."""
        fields: dict[str, Any] = {field.attname: field for field in self._model._meta.concrete_fields}
        others = {name: _literal(field) for name, field in fields.items() if name not in self.columns}
        fixed = {fields[name].column: text for name, text in others.items() if text}
        quote = connection.ops.quote_name
        names = [quote(column) for column in (*(fields[name].column for name in self.columns), *fixed)]
        head = f"INSERT INTO {quote(self._model._meta.db_table)} ({', '.join(names)}) VALUES "  # noqa: S608
        row = f"({', '.join([*['%s'] * len(self.columns), *fixed.values()])})"
        known = " ON CONFLICT DO NOTHING" if self._unless_known else ""
        tail = f"{known} RETURNING {', '.join(quote(fields[name].column) for name in self._returning)}"
        self._converters = [
            (at, fields[name].get_db_prep_save)
            for at, name in enumerate(self.columns)
            if isinstance(fields[name], _CONVERTED)
        ]
        self._parts = (head, row, tail)
        return self._parts


def _literal(field: Any) -> str:
    """The default of a column that is not given, as SQL; "" where the database fills it."""
    if field.primary_key or field.db_default is not NOT_PROVIDED or (field.null and not field.has_default()):
        return ""
    default = field.get_default()
    if default is False or default is True:
        return str(default).upper()
    if isinstance(default, int):
        return str(default)
    if default == "" and not isinstance(field, _CONVERTED):
        return "''"
    raise TypeError(f"{field} has no plain default; name it among the columns.")
