"""`GET /metrics` for Prometheus (docs/monitoring.md §2)."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from automationhub.lib import database
from integrations.api.details import has_token

logger = logging.getLogger(__name__)

_TEXT = "text/plain; charset=utf-8"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of the hub for callers with METRICS_TOKEN; 404 while none is set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not has_token(request, settings.METRICS_TOKEN):
        refusal = HttpResponse("The token is missing or wrong.\n", status=401, content_type=_TEXT)
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    # Loaded when it is first asked for: a hub without metrics has nothing of it.
    from integrations.operations.metrics import exposition

    try:
        body, content_type = exposition.render(request.headers.get("Accept", ""))
    except Error as error:
        database.drop_broken_connection()
        logger.warning("The metrics could not be read: %s", error)
        return HttpResponse(f"{database.describe(error)}\n", status=503, content_type=_TEXT)
    answer = HttpResponse(body, content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer
