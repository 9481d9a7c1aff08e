"""Every change of the configuration in the portal becomes a version, whichever page made it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.admin.shared.displays import actor_name
from integrations.operations.setup import versions

logger = logging.getLogger(__name__)

READING = frozenset(("GET", "HEAD", "OPTIONS"))


class VersionWatch:
    """Notes a version after each request of the portal that may have changed something.

    One place instead of a call in every form, action and import: a page that is added later is covered too. What changed
    is compared, so a request that changed no setting costs one reading of the configuration.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        in_portal = request.path.startswith(reverse("admin:index"))
        if request.method not in READING and in_portal and request.user.is_authenticated:
            try:
                versions.note(actor_name(request), alone=request.path.endswith("import/"))
            except DatabaseError:
                # The change is made and stays; the schedule notes it as soon as the database answers again.
                logger.exception("The version of a change of the configuration could not be stored.")
        return response
