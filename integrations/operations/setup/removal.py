"""Taking away what a configuration does not have: mapping rows are deleted, and so is what nothing refers to.

What orders or other rows refer to is switched off instead: their history stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from django.db import models, transaction
from django.db.models.deletion import ProtectedError, RestrictedError

from integrations.operations.setup import in_flight
from mappings.models import MappingRow
from mappings.resources import KINDS, absent_rows, delete_rows


class NamedRows(Protocol):
    """A section of the configuration file, as far as it is needed here."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> type[models.Model]: ...

    @property
    def natural_key(self) -> str: ...


class RemovalReport(Protocol):
    """Where it is noted what went."""

    sentences: list[str]
    gone: dict[str, list[MappingRow]]


def remove_absent(
    sections: Sequence[NamedRows],
    data: Mapping[str, Any],
    report: RemovalReport,
    *,
    actor: str,
    dry_run: bool = False,
) -> list[str]:
    """Take away what the sections and kinds of `data` do not name; reasons why that must not be.

    A section or kind that `data` lacks is left as it is: the file is of a release that did not know it.
    """
    for kind in KINDS:
        if kind in data:
            report.gone[kind] = absent_rows(kind, data[kind])
            report.sentences += [f"{kind}: removed: {row}" for row in report.gone[kind]]
            if not dry_run:
                delete_rows(kind, report.gone[kind], actor=actor)
    reasons: list[str] = []
    # The last sections refer to the first ones.
    for section in reversed(sections):
        if section.name in data:
            names = [row.get(section.natural_key) for row in data[section.name]]
            absent = section.model._default_manager.exclude(**{f"{section.natural_key}__in": names})
            reasons += _remove(section.name, absent.order_by("pk"), report)
    return reasons


def _remove(section: str, absent: Iterable[Any], report: RemovalReport) -> list[str]:
    reasons: list[str] = []
    for row in absent:
        what = f"{row._meta.verbose_name} “{row}”"
        if (met := in_flight.reasons_to_keep(row)) and row.active:
            reasons += [f"{section}: {reason}" for reason in met]
            continue
        try:
            with transaction.atomic():
                _delete(row)
        except (ProtectedError, RestrictedError):
            if row.active:
                row.active = False
                row.save()
                report.sentences.append(f"{what} switched off, because orders or other settings refer to it")
        else:
            report.sentences.append(f"{what} removed")
    return reasons


def _delete(row: Any) -> None:
    """Delete a row. Raises ProtectedError where others refer to it, or where a log of what was sent would go with it."""
    log = getattr(row, "deliveries", None)
    if log is not None and log.exists():
        raise ProtectedError("The log of what was sent stays.", set())
    row.delete()
