"""What a browser sends back for a form that was opened and not touched."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.test import Client


def as_posted(client: Client, page: str) -> dict[str, Any]:
    """The values of a page's form as they would be posted unchanged."""
    form = client.get(page).context["adminform"].form
    data: dict[str, Any] = {}
    for bound in form:
        value = (
            bound.field.widget.format_value(bound.value())
            if hasattr(bound.field.widget, "format_value")
            else None
        )
        if isinstance(bound.value(), bool):
            value = "on" if bound.value() else None
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else value
        if value is not None and value != [] and not isinstance(value, dict):
            data[bound.html_name] = value
    return data


def chosen(action: str, *rows: Model) -> dict[str, Any]:
    """An action of a list for these rows."""
    return {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows]}
