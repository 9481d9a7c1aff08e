"""Small templates that staff write, in Liquid: compiled once, checked with line and column, and never able to do harm.

A template sees only the plain data that it is given. It cannot load another template, call Python, read a clock or run for
long: loops, texts, lists, numbers and all work are limited, and whatever goes wrong is one `RenderError` with a sentence.
The language is python-liquid's; what differs here is for the sake of orders: what is missing equals an empty text, money is
computed in Decimal, and a text that is a number compares as one.
"""

from automationhub.lib.liquid.data import LazyRecord, LiquidNames, Record
from automationhub.lib.liquid.filters import FILTERS
from automationhub.lib.liquid.limits import LiquidWork, RenderError
from automationhub.lib.liquid.tables import ValueTables
from automationhub.lib.liquid.templates import (
    Place,
    Renderer,
    Template,
    TemplateError,
    Variable,
    condition,
    template,
)

__all__ = [
    "FILTERS",
    "LazyRecord",
    "LiquidNames",
    "LiquidWork",
    "Place",
    "Record",
    "RenderError",
    "Renderer",
    "Template",
    "TemplateError",
    "ValueTables",
    "Variable",
    "condition",
    "template",
]
