"""Logins by a reverse proxy that has checked who somebody is: off unless SSO_HEADER and SSO_PROXIES are set.

Whoever can send that header to the web process is whoever he says. So it counts only in requests that come straight from
a listed proxy, and the proxy has to remove it from what browsers send (docs/security.md).
"""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.http import HttpRequest, HttpResponse


class ProxyUserBackend(RemoteUserBackend):
    """Users are set up in the portal; the proxy says which of them it is, and makes none."""

    create_unknown_user = False


class ProxyUserMiddleware(RemoteUserMiddleware):
    """Django's login by a header, for requests from the listed proxies alone."""

    sync_capable, async_capable = True, False  # type: ignore[assignment] # Django's own can do both

    @property
    def header(self) -> str:  # type: ignore[override]
        return "HTTP_" + str(settings.SSO_HEADER).upper().replace("-", "_")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _from_a_proxy(request.META.get("REMOTE_ADDR", "")):
            request.META.pop(self.header, None)
        return super().__call__(request)  # type: ignore[return-value]


def _from_a_proxy(address: str) -> bool:
    try:
        caller = ip_address(address)
    except ValueError:  # a Unix socket: no address to know the proxy by
        return False
    return any(caller in ip_network(network) for network in settings.SSO_PROXIES)
