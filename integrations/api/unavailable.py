"""What callers are answered while the database cannot work: 503, so that they send it again later."""

from __future__ import annotations

import logging
from typing import Any

from django.db import Error
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from automationhub.lib import database

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = "30"


def answer(error: Exception, context: Any) -> Response | None:
    """The answer to an error in a view; None for a fault of ours, which becomes a 500."""
    if not isinstance(error, Error) or not database.is_away(error):
        return exception_handler(error, context)
    logger.error("A call was answered with 503. %s", database.describe(error))
    database.drop_broken_connection()
    return Response(
        {"detail": "The hub cannot store anything at the moment. Send it again later."},
        status=status.HTTP_503_SERVICE_UNAVAILABLE,
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    )
