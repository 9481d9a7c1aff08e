"""Values that staff chose for one order in a plant's own Pace fields (`u_…`), in the types that these fields have. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo

from integrations.causes import CauseKind
from integrations.planning.findings import PlanFindings
from integrations.planning.override_fields import OWN, changeable
from integrations.planning.plan_types import Override, Value
from integrations.planning.rule_fields import UserFields, converter, type_of


def is_own(key: str) -> bool:
    """Whether a plant added the field of this key to Pace itself."""
    field = changeable(key)
    return field is not None and field.kind == OWN


def typed(key: str, text: str, types: UserFields, zone: tzinfo | None) -> Value:
    """What staff typed as the value that the field takes. Raises ValueError with a half-sentence."""
    level, _, name = key.partition(".")
    return converter(level, name, type_of(level, name, types), zone)(text)


def with_types(
    given: Iterable[Override], types: UserFields, zone: tzinfo | None, findings: PlanFindings
) -> tuple[Override, ...]:
    """The changes of an order, those of own fields in their types. One that does not fit, because the field was given
    another type since, is a problem of the order."""
    found = []
    for one in given:
        if not is_own(one.key):
            found.append(one)
            continue
        try:
            found.append(replace(one, value=typed(one.key, str(one.value), types, zone)))
        except ValueError as error:
            level, _, name = one.key.partition(".")
            findings.order_problem(
                f"the value that staff chose for {name} of the {level} cannot be used: {error}. "
                "Change it for this order under Change values.",
                field=name,
                cause=CauseKind.OWN_VALUE.of(one.key),
                item=one.item,
            )
    return tuple(found)
