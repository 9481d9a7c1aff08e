"""Who may do what: the groups of the hub and their rights, as one table.

`make_groups` never takes away, and gives a group that exists only rights that are new: what staff gave or took away by hand is
theirs to decide.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

APPS = ("auth", "axes", "contenttypes", "django_q", "integrations", "mappings")

MAPPING_MODELS = (
    "productmapping",
    "shipmentmethodmapping",
    "shipmentaddressmapping",
    "statusmapping",
    "holiday",
    "fieldrule",
    "tablevalue",
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
        "alertrule",
        "circuit",
        "subscription",
        "alertchannel",
        "eventdelivery",
        "configurationversion",
    )
    | _rights("mappings", "view", *MAPPING_MODELS, "mappingchange")
    | _rights("django_q", "view", "schedule", "failure", "ormq")
)
_ACTS = (
    _rights("integrations", "retry preview reprocess hold override resend triage support", "order")
    | _rights("integrations", "change", "orderchange")
    | _rights("integrations", "sync", "pacejob")
    | _rights("integrations", "replay", "webhookevent", "eventdelivery")
    | _rights("integrations", "export", "order", "pacejob", "webhookevent", "outgoingcall", "auditentry")
    | _rights("integrations", "test", "presseroaccount", "paceserver", "subscription", "alertchannel")
    | _rights("integrations", "acknowledge", "alert")
    | _rights("integrations", "share", "savedview")
)
_MAPS = _rights("mappings", "add change delete import export", *MAPPING_MODELS) | {
    "integrations.preview_order",
    "integrations.triage_order",
}
_SETS_UP = (
    _rights("integrations", "add change delete", "storefront", "presseroaccount", "paceserver", "apitoken")
    | _rights("integrations", "add change delete", "subscription", "alertchannel")
    | _rights("integrations", "view", "apitoken")
    | _rights("auth", "view add change", "user")
    | _rights("auth", "view", "group")
    | _rights("axes", "view delete", "accessattempt")
    | _rights("integrations", "view delete", "portalsession")
    | _rights("integrations", "change", "alertrule")
    | _rights("django_q", "change", "schedule")
    | _rights("django_q", "delete", "failure")
)

GROUPS: dict[str, frozenset[str]] = {
    VIEWER: frozenset(_SEES),
    OPERATOR: frozenset(_SEES | _ACTS),
    EDITOR: frozenset(_SEES | _MAPS),
    ADMINISTRATOR: frozenset(_SEES | _ACTS | _MAPS | _SETS_UP),
}


def make_groups(group_model: Any, permission_model: Any, *, new: Collection[str] | None = None) -> None:
    """Create the groups that are missing, and give those that exist what they lack: all of it, or only rights in `new`."""
    known = {
        f"{app}.{code}": pk
        for app, code, pk in permission_model.objects.values_list("content_type__app_label", "codename", "pk")
    }
    for name, rights in GROUPS.items():
        group, made = group_model.objects.get_or_create(name=name)
        given = rights if made or new is None else rights.intersection(new)
        group.permissions.add(*sorted(known[right] for right in given if right in known))
