"""The web process's entry point: webhooks are answered before Django makes a request of them.

A webhook needs no session, no user, no language and no page, and all that Django and its middleware do for these costs
several times what storing the event does. What they do for every answer is done here too: the host is checked, headers are
added, connections to the database are kept fit. Whatever is not a plain webhook goes on to Django, which has a view for it
(api/webhooks.py) with the same checks.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.utils.module_loading import import_string

from integrations.api import webhook_entry

logger = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_ADDRESS = re.compile(r"/api/pressero/([-a-zA-Z0-9_]+)/events/?")
# The middleware that adds the same headers to every answer. The others are about people and pages.
_OF_EVERY_ANSWER = (
    "django.middleware.security.SecurityMiddleware",
    "automationhub.lib.headers.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def before(pages: Application) -> Application:
    """The application that asks the entry point first, and else these pages."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        slug = account_of(environ)
        if slug is None:
            return pages(environ, start_response)
        status, headers, body = answer(environ, slug)
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    return application


def account_of(environ: dict[str, Any]) -> str | None:
    """Whose webhook this is, by its address; None for whatever is not a plain webhook."""
    found = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
    if found is None or environ.get("REQUEST_METHOD") != "POST":
        return None
    if settings.SECURE_SSL_REDIRECT and not _is_secure(environ):
        return None
    allowed = _is_allowed(environ.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS))
    return found[1] if allowed else None


def answer(environ: dict[str, Any], slug: str) -> tuple[HTTPStatus, list[tuple[str, str]], bytes]:
    """The entry point's answer to this call, as it goes out."""
    _keep_connections_fit()
    try:
        given = webhook_entry.answer(environ, slug)
    except Exception:
        logger.exception("A webhook could not be answered.")
        given = webhook_entry.WebhookAnswer.saying(
            500, "The hub could not store the event. Send it again later."
        )
    finally:
        _keep_connections_fit()
    body = json.dumps(given.body).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        *given.headers.items(),
        *_headers(_is_secure(environ)),
    ]
    return HTTPStatus(given.status), headers, body


def _keep_connections_fit() -> None:
    """What Django does around each request: a connection that is broken or was open for its time is closed."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # a test's own transaction
            connection.close_if_unusable_or_obsolete()


@lru_cache(maxsize=256)
def _is_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed)


def _is_secure(environ: dict[str, Any]) -> bool:
    told = settings.SECURE_PROXY_SSL_HEADER
    if told and (value := environ.get(told[0])) is not None:
        return bool(value.split(",", 1)[0].strip() == told[1])
    return bool(environ.get("wsgi.url_scheme") == "https")


@cache
def _headers(secure: bool) -> tuple[tuple[str, str], ...]:
    """The headers of every answer, from the middleware that adds them."""
    request = WSGIRequest({"REQUEST_METHOD": "POST", "PATH_INFO": "/api/", "wsgi.input": BytesIO()})
    if secure:
        name, value = settings.SECURE_PROXY_SSL_HEADER or ("wsgi.url_scheme", "https")
        request.META[name] = value
    chain: Callable[[HttpRequest], Any] = _nothing
    for name in reversed(_OF_EVERY_ANSWER):
        chain = import_string(name)(chain)
    headers = dict(chain(request).items())
    headers.pop("Content-Type", None)
    return tuple(headers.items())


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
