"""Headers that tell browsers what pages and answers of the hub are not for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# The portal uses none of what a page can ask a browser for.
_FEATURES = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
    "payment", "usb",
)  # fmt: skip
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _FEATURES)


class SecurityHeadersMiddleware:
    """Adds what neither Django nor django-csp sends: no features of the device, no reading from other sites, no copies
    kept by browsers and proxies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # Static files and downloads say themselves how long they are good; everything else is kept nowhere.
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
