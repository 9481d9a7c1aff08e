"""Pages in the language of whoever reads them; everything that programs read stays English."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

# Below these addresses programs ask, not people: their answers are a contract.
FOR_PROGRAMS = ("/api/",)


class ReaderLanguageMiddleware:
    """For one request: the language chosen in the portal, else one that the browser asks for, else English.

    Django's own LocaleMiddleware would translate the API too, and leave the language behind in its thread.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FOR_PROGRAMS):
            with translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        patch_vary_headers(response, ["Accept-Language"])
        return response
