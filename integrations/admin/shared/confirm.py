"""One page for everything that is done to one row: a GET asks, a POST (with Django's CSRF token) does it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.shared.displays import change_url
from integrations.errors import HubError


@dataclass(frozen=True)
class Question:
    """What the page asks before anything happens."""

    title: str
    text: str
    button: str
    danger: bool = False
    asks_note: bool = False


def fetch_or_404(model_admin: HubModelAdmin, request: HttpRequest, object_id: str) -> Model:
    obj = model_admin.get_object(request, unquote(object_id))
    if obj is None:
        raise Http404(f"There is no such {model_admin.opts.verbose_name}; it may have been deleted.")
    return obj


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def confirmed(
    model_admin: HubModelAdmin,
    request: HttpRequest,
    obj: Model,
    question: Question,
    act: Callable[[], str | HttpResponse],
    more: Callable[[], dict[str, object]] | None = None,
) -> HttpResponse:
    """Ask on GET; on POST call `act`, show the sentence it returns (or its failure's) and go back to the row.

    A response that it returns is a file to download. A page that runs the action itself (static/hub/in_place.js) wants
    the sentence as JSON, and stays.
    """
    if request.method == "POST":
        try:
            tone, done = "good", act()
            if isinstance(done, HttpResponse):
                return done
            message = done
        except HubError as error:
            tone, message = "bad", error.message
        if wants_json(request):
            return JsonResponse({"tone": tone, "message": message} | (more() if more else {}))
        (messages.success if tone == "good" else messages.error)(request, message)
        return HttpResponseRedirect(change_url(obj))
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "POST"])
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question.title,
        "opts": model_admin.opts,
        "original": obj,
        "question": question,
        "back_url": change_url(obj),
    }
    return TemplateResponse(request, "hub/confirm.html", context)
