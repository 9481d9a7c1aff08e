"""What users and groups may do, before and after somebody changed it, for the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, Group, User

from integrations.core.audit import log as audit


def rights_of_user(pk: int | None) -> set[str]:
    """What is ticked for a stored user, in words."""
    user = None if pk is None else User.objects.filter(pk=pk).first()
    if user is None:
        return set()
    flags = {"superuser": user.is_superuser, "staff": user.is_staff, "active": user.is_active}
    found = {word for word, ticked in flags.items() if ticked}
    found |= {f"group {name}" for name in user.groups.values_list("name", flat=True)}
    return found | {f"right {name}" for name in user.user_permissions.values_list("name", flat=True)}


def rights_of_group(pk: int | None) -> set[str]:
    """The rights that a stored group gives, in words."""
    if pk is None:
        return set()
    names = Group.objects.filter(pk=pk).values_list("permissions__name", flat=True)
    return {f"right {name}" for name in names if name}


def difference(before: set[str], after: set[str]) -> str:
    """The change in words; "" when there is none."""
    given, taken = sorted(after - before), sorted(before - after)
    parts = [f"given: {', '.join(given)}"] if given else []
    return "; ".join([*parts, f"taken away: {', '.join(taken)}"] if taken else parts)


def record_user(user: User, before: set[str] | None, *, actor: str, by: AbstractBaseUser) -> None:
    """Write down that a user was added (`before` is None) or that their rights changed."""
    after = rights_of_user(user.pk)
    who: dict[str, Any] = {"name": user.get_username()}
    if before is None:
        rights = ", ".join(sorted(after)) or "nothing"
        audit.record("access.user_added", who | {"rights": rights}, actor=actor, user=by)
    elif changes := difference(before, after):
        audit.record("access.user_changed", who | {"changes": changes}, actor=actor, user=by)


def record_group(group: Group, before: set[str], *, actor: str, by: AbstractBaseUser) -> None:
    """Write down that what a group gives has changed."""
    if changes := difference(before, rights_of_group(group.pk)):
        audit.record("access.group_changed", {"name": group.name, "changes": changes}, actor=actor, user=by)
