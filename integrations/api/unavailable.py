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

SENTENCE = "The hub cannot store anything at the moment. Send it again later."
HEADERS = {"Retry-After": "30"}


def answer(error: Exception, context: Any) -> Response | None:
    """The answer to an error in a view; None for a fault of ours, which becomes a 500."""
    if not is_because_of_database(error):
        return exception_handler(error, context)
    return Response({"detail": SENTENCE}, status=status.HTTP_503_SERVICE_UNAVAILABLE, headers=HEADERS)


def is_because_of_database(error: Exception) -> bool:
    """Whether a call failed only because the database is away; then it is noted, and the connection dropped."""
    if not isinstance(error, Error) or not database.is_away(error):
        return False
    logger.error("A call was answered with 503. %s (%s)", database.describe(error), error)
    database.drop_broken_connection()
    return True
