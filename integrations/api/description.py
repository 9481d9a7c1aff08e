"""The page that shows the API's description."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny


class DescriptionPage(SpectacularSwaggerSplitView):
    """The description for people: a browser that is not logged in is led to the login, unless API_DOCS_PUBLIC opens it."""

    # Decided in `dispatch`, by the session alone: a malformed token would fail again while the refusal is rendered.
    authentication_classes = []
    permission_classes = [AllowAny]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (settings.API_DOCS_PUBLIC or request.user.is_authenticated):
            return redirect_to_login(request.get_full_path())
        return super().dispatch(request, *args, **kwargs)
