"""The fields that a plant added to Pace itself (`u_…`), as they were seen in its own objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.clients.pace.field_types import OBJECTS, USER_DEFINED
from integrations.core.connections.cached_lists import cached
from integrations.models import ReferenceEntry, ReferenceKind
from integrations.planning.plan_types import Override
from integrations.planning.rule_fields import UserFields
from mappings.types import FieldRuleRow

_BY_TYPE = {pace: object_ for object_, pace in OBJECTS.items()}


def user_field_types(server_id: int | None = None) -> UserFields:
    """The types of the user-defined fields of a server, or of all: one query."""
    rows = ReferenceEntry.objects.filter(kind=ReferenceKind.USER_FIELD)
    if server_id is not None:
        rows = rows.filter(server_id=server_id)
    found: dict[tuple[str, str], str] = {}
    for parent, key, extra in rows.values_list("parent", "key", "extra"):
        found |= user_field_type(parent, key, extra)
    return found


def user_field_type(parent: str, key: str, extra: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """The type of one field as it is stored; nothing for an object that rules cannot write."""
    return {(_BY_TYPE[parent], key): str(extra.get("type", ""))} if parent in _BY_TYPE else {}


def types_for(rules: Iterable[FieldRuleRow], server_id: int, changed: Iterable[Override] = ()) -> UserFields:
    """The types of the user-defined fields of a server where these rules or changes write any, read once in some minutes:
    none for most orders."""
    names = [*(rule.pace_field for rule in rules), *(one.key.rpartition(".")[2] for one in changed)]
    if not any(name.startswith(USER_DEFINED) for name in names):
        return {}
    return cached(("user fields", server_id), lambda: user_field_types(server_id))
