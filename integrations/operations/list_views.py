"""Saved views of the portal's lists, and the columns that people choose: who sees which, and who may change them.

A view is an address and names of columns. What somebody may see is decided by the list that it opens, never by the view.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict

from integrations.errors import NotAllowed
from integrations.models import ListColumns, SavedView

SHARE = "integrations.share_savedview"
# More views than this of one list would be no help to find one.
MOST_VIEWS = 50
MAX_NAME = 80
MAX_QUERY = 4_000
# Where a reader of the list stands and how it is shown: not what it is narrowed by.
_NOT_FILTERS = ("p", "o", "e", "all", "view", "_popup", "_to_field", "_facets", "_changelist_filters")


def filters_of(query: str) -> str:
    """The filters and the search of a list's address, in a fixed order."""
    given = QueryDict(query[:MAX_QUERY])
    kept = QueryDict(mutable=True)
    for name in sorted(given):
        values = [value for value in given.getlist(name) if value]
        if name not in _NOT_FILTERS and values:
            kept.setlist(name, values)
    return kept.urlencode()


def visible(user: User, of_list: str) -> list[SavedView]:
    """This person's own views of a list and those that are shared, by name. One query."""
    views = SavedView.objects.filter(Q(owner=user) | Q(shared=True), of_list=of_list)
    return list(views.select_related("owner").order_by("name", "pk")[: 2 * MOST_VIEWS])


def may_change(user: User, view: SavedView) -> bool:
    """The owner may; what is shared, everybody who may share."""
    return view.owner_id == user.pk or (view.shared and user.has_perm(SHARE))


def save(
    user: User,
    of_list: str,
    name: str,
    *,
    query: str,
    columns: Sequence[str],
    sort: Sequence[str],
    shared: bool,
) -> SavedView:
    """Keep what a list shows under a name. Raises NotAllowed without one, for a second of the same, and without the right."""
    named = " ".join(name.split())[:MAX_NAME]
    if not named:
        raise NotAllowed("Give the view a name.")
    if shared and not user.has_perm(SHARE):
        raise NotAllowed("You may not share views. Save it for yourself, or ask an administrator.")
    own = SavedView.objects.filter(owner=user, of_list=of_list)
    if own.count() >= MOST_VIEWS:
        raise NotAllowed(f"You have {MOST_VIEWS} views of this list. Delete one first.")
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                owner=user, of_list=of_list, name=named, query=filters_of(query), columns=list(columns),
                sort=list(sort), shared=shared,
            )  # fmt: skip
    except IntegrityError as error:
        raise NotAllowed(
            f"You already have a view called “{named}”. Open it to update it, or choose another name."
        ) from error


def update(
    user: User, view: SavedView, *, query: str, columns: Sequence[str], sort: Sequence[str]
) -> SavedView:
    """Have a view show what the list shows now. Raises NotAllowed for a view of somebody else."""
    _check(user, view)
    view.query, view.columns, view.sort = filters_of(query), list(columns), list(sort)
    view.save()
    return view


def delete(user: User, view: SavedView) -> None:
    """Raises NotAllowed for a view of somebody else."""
    _check(user, view)
    view.delete()


def _check(user: User, view: SavedView) -> None:
    if not may_change(user, view):
        raise NotAllowed(f"The view “{view.name}” belongs to {view.owner}. Save it as a view of your own.")


# --- columns ---


def columns_of(user: User, of_list: str) -> list[str]:
    """The columns that this person chose for the list; none: the list's own."""
    found = ListColumns.objects.filter(user=user, of_list=of_list).values_list("columns", flat=True).first()
    return [str(name) for name in found or ()]


def choose_columns(user: User, of_list: str, columns: Iterable[str]) -> None:
    """Keep the columns that somebody wants to see; none: the list's own again."""
    wanted = list(columns)
    if not wanted:
        ListColumns.objects.filter(user=user, of_list=of_list).delete()
        return
    ListColumns.objects.update_or_create(user=user, of_list=of_list, defaults={"columns": wanted})
