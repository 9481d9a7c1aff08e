"""Undo for a few seconds: what staff did is offered to be taken back, where nothing has left the hub.

The offer is a signed token in the message itself: nothing is stored, and it ends on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from integrations.admin.shared.displays import actor_name, signed_in
from integrations.errors import HubError, NotAllowed

SALT = "hub.undo"
# The button is shown for ten seconds; a click in the last one still has to arrive.
SHOWN_SECONDS = 10
VALID_SECONDS = SHOWN_SECONDS + 5

# Name of what is undone -> the permission, and what takes it back and returns a sentence. Raises NotAllowed when the
# row was changed again in the meantime.
Undo = Callable[..., str]
UNDOS: dict[str, tuple[str, Undo]] = {}


def undoes(name: str, permission: str) -> Callable[[Undo], Undo]:
    """Register a function as the way back of `name`; it is called with the data of `sentence`, actor and user."""

    def register(function: Undo) -> Undo:
        UNDOS[name] = (permission, function)
        return function

    return register


def sentence(request: HttpRequest, text: str, name: str, *, back: str, **data: Any) -> str:
    """A message that says what was done, with a button that takes it back and leads to the page `back`."""
    token = signing.dumps(
        {"user": signed_in(request).pk, "name": name, "data": data}, salt=SALT, compress=True
    )
    context = {"text": text, "token": token, "seconds": SHOWN_SECONDS, "back": back}
    return render_to_string("hub/undo.html", context, request=request)


def undo(request: HttpRequest) -> HttpResponse:
    """Take back what the token names, within its time and by the person who did it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user = signed_in(request)
    try:
        asked = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=VALID_SECONDS)
        if asked["user"] != user.pk:
            raise PermissionDenied
        permission, function = UNDOS[asked["name"]]
        if not user.has_perm(permission):
            raise PermissionDenied
        messages.success(request, function(**asked["data"], actor=actor_name(request), user=user))
    except (signing.BadSignature, NotAllowed) as error:
        text = error.message if isinstance(error, HubError) else gettext("It is too late to undo this.")
        messages.warning(request, text)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else "/admin/")


undo_view = admin.site.admin_view(undo)
