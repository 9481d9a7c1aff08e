"""Who may do what: the groups of the hub and their rights, as one table.

`make_groups` only ever adds: rights that staff gave or took away by hand are theirs to decide.
"""

from __future__ import annotations

from typing import Any

APPS = ("auth", "contenttypes", "django_q", "integrations", "mappings")

MAPPING_MODELS = (
    "productmapping",
    "shipmentmethodmapping",
    "shipmentaddressmapping",
    "statusmapping",
    "holiday",
)

VIEWER = "Viewer"
OPERATOR = "Operator"
EDITOR = "Mapping editor"
ADMINISTRATOR = "Administrator"


def _rights(app: str, actions: str, *models: str) -> set[str]:
    return {f"{app}.{action}_{model}" for action in actions.split() for model in models}


_SEES = (
    _rights(
        "integrations",
        "view",
        "order",
        "orderitem",
        "orderchange",
        "pacejob",
        "stepattempt",
        "webhookevent",
        "auditentry",
        "outgoingcall",
        "storefront",
        "presseroaccount",
        "paceserver",
        "referenceentry",
        "referencereading",
        "alert",
        "circuit",
    )
    | _rights("mappings", "view", *MAPPING_MODELS, "mappingchange")
    | _rights("django_q", "view", "schedule", "failure", "ormq")
)
_ACTS = (
    _rights("integrations", "retry preview reprocess hold override resend triage", "order")
    | _rights("integrations", "change", "orderchange")
    | _rights("integrations", "sync", "pacejob")
    | _rights("integrations", "replay", "webhookevent")
    | _rights("integrations", "export", "order", "pacejob", "webhookevent", "outgoingcall", "auditentry")
    | _rights("integrations", "test", "presseroaccount", "paceserver")
)
_MAPS = _rights("mappings", "add change delete import export", *MAPPING_MODELS) | {
    "integrations.preview_order",
    "integrations.triage_order",
}
_SETS_UP = (
    _rights("integrations", "add change delete", "storefront", "presseroaccount", "paceserver", "apitoken")
    | _rights("integrations", "view", "apitoken")
    | _rights("auth", "view add change", "user")
    | _rights("auth", "view", "group")
    | _rights("axes", "view delete", "accessattempt")
    | _rights("django_q", "change", "schedule")
    | _rights("django_q", "delete", "failure")
)

GROUPS: dict[str, frozenset[str]] = {
    VIEWER: frozenset(_SEES),
    OPERATOR: frozenset(_SEES | _ACTS),
    EDITOR: frozenset(_SEES | _MAPS),
    ADMINISTRATOR: frozenset(_SEES | _ACTS | _MAPS | _SETS_UP),
}


def make_groups(group_model: Any, permission_model: Any) -> None:
    """Create the groups, or give them what they lack. Rights of pages that do not exist (yet) are left out."""
    known = {
        f"{app}.{code}": pk
        for app, code, pk in permission_model.objects.values_list("content_type__app_label", "codename", "pk")
    }
    for name, rights in GROUPS.items():
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.add(*sorted(known[right] for right in rights if right in known))
