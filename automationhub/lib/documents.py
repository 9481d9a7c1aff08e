"""The documents under /docs/: static files, once they are built (settings.WHITENOISE_ROOT)."""

from django.http import HttpRequest, HttpResponse


def documents_missing(request: HttpRequest) -> HttpResponse:
    """What is answered when the file server before Django has no documents to give out."""
    return HttpResponse(
        "The documents have not been built on this server. Run “make docs” in the project's folder, then restart the portal.",
        status=404,
        content_type="text/plain; charset=utf-8",
    )
