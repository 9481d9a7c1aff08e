"""What a page is called: in its heading, in the browser's title and below a list, by the names of the menu."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext

from integrations.admin.shared.displays import change_url
from integrations.admin.shared.navigation import GROUPS, PAGES, SidebarEntry

register = template.Library()

# Names that keep their capital within a sentence.
_NAMES = ("API", "Pace", "Pressero")
# Apps with words for their rows that are not the hub's: axes has access attempts.
_OF_A_PACKAGE = ("axes",)
# Model -> the menu's group and its name for the model's list.
_LISTS = {
    (entry.app_label, entry.model): (group, entry.title)
    for group, entries in GROUPS.items()
    for entry in entries
    if isinstance(entry, SidebarEntry)
}
_GROUP_OF_PAGE = {
    page.url_name: group
    for group, pages in PAGES.items()
    for page in pages
}  # fmt: skip


class Crumb(NamedTuple):
    """One step of the way to a page; the menu's groups have no page of their own."""

    title: str
    link: str = ""


def list_name(opts: Any) -> str:
    """A list's name in the menu; of a model that the menu does not have, its own."""
    _, title = _LISTS.get((opts.app_label, opts.model_name), ("", ""))
    return gettext(title) if title else str(capfirst(gettext(opts.verbose_name_plural)))


@register.filter
def rows_of_list(opts: Any) -> str:
    """What a list has rows of, within a sentence: failed logins, Pace jobs, scheduled tasks."""
    name = list_name(opts) if opts.app_label in _OF_A_PACKAGE else gettext(opts.verbose_name_plural)
    return name if name.startswith(_NAMES) else name[:1].lower() + name[1:]


@register.simple_tag(takes_context=True)
def trail(context: template.Context) -> list[Crumb]:
    """The way to the page: the menu's group, the list, the row."""
    opts = context.get("opts")
    if opts is None:
        title = str(context.get("content_title") or context.get("title") or gettext("Home"))
        group = _GROUP_OF_PAGE.get(_page(context), "")
        return [Crumb(gettext(group)), Crumb(title)] if group else [Crumb(title)]
    group, _ = _LISTS.get((opts.app_label, opts.model_name), ("", ""))
    name = list_name(opts)
    crumbs = [Crumb(gettext(group))] if group and gettext(group) != name else []
    crumbs.append(Crumb(name, _list(opts)))
    row = context.get("original") or context.get("object")
    if row is not None and not isinstance(row, str):
        crumbs.append(Crumb(str(capfirst(row)), change_url(row)))
    elif context.get("add"):
        crumbs.append(Crumb(str(context.get("title", ""))))
    return crumbs


@register.simple_tag(takes_context=True)
def page_name(context: template.Context) -> str:
    """What the browser calls the page: a list by its name in the menu, a row's page by the row."""
    if "cl" in context:
        return list_name(context["cl"].opts)
    names = [str(context.get(name) or "") for name in ("subtitle", "title")]
    return " | ".join(dict.fromkeys(name for name in names if name))


def _page(context: template.Context) -> str:
    match = getattr(context.get("request"), "resolver_match", None)
    return str(match.url_name).removesuffix("-of") if match else ""


def _list(opts: Any) -> str:
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    except NoReverseMatch:
        return ""
