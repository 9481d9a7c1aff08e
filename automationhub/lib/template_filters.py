"""Filters that every template of the hub has (TEMPLATES in the settings)."""

from typing import Any

from django import template

from automationhub.lib.shown_times import iso_as_shown

register = template.Library()


@register.filter
def times_as_shown(value: Any) -> Any:
    """A day or moment that is stored as text, as people read it; anything else as it is."""
    return iso_as_shown(value) if isinstance(value, str) else value
