"""What the hub knows of Pace's fields and of its own variables, for the check of field rules (`mappings.rule_check`)."""

from __future__ import annotations

from difflib import get_close_matches

from automationhub.lib.liquid import Template
from integrations.clients.pace.field_types import OBJECTS, USER_DEFINED
from integrations.core.connections.user_fields import user_field_types
from integrations.planning.rule_fields import converter, field_problem, type_of, type_words
from integrations.planning.rule_variables import VARIABLES, unknown_variable
from mappings.models import RuleMode
from mappings.rule_check import Draft, Fixed


def field_check(draft: Draft, fixed: Fixed) -> dict[str, str]:
    """Why the rule's field cannot be written like that, by column."""
    if problem := field_problem(draft.object, draft.pace_field):
        return {("pace_field" if draft.object in OBJECTS else "object"): problem}
    own = draft.pace_field.startswith(USER_DEFINED)
    kind = type_of(draft.object, draft.pace_field, user_field_types() if own else {})
    if draft.mode == RuleMode.APPEND:
        if kind not in ("string", ""):
            return {
                "mode": f"Only texts take another line, and {draft.pace_field} is a field for a {type_words(kind)}."
            }
        return {}
    if fixed.text:
        try:
            converter(draft.object, draft.pace_field, kind, None)(fixed.text)
        except ValueError as error:
            return {"value": f"{draft.pace_field} is a field for a {type_words(kind)}: {error}."}
    return {}


def variable_check(template: Template) -> list[str]:
    """A sentence for each variable that no order has."""
    found = []
    names = [one.name for one in VARIABLES]
    for path, (line, column) in template.places:
        if unknown := unknown_variable(path):
            near = get_close_matches(unknown, names, 1)
            meant = f" Did you mean {near[0]}?" if near else ""
            found.append(f"Line {line}, column {column}: no order has {unknown}, so it stays empty.{meant}")
    return found
