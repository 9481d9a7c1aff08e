"""Addresses of the API (docs/api.md §1)."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from integrations.api.description import DescriptionPage
from integrations.api.mappings import MappingRowsView, MappingRowView
from integrations.api.pace_events import PaceEventView
from integrations.api.views import LiveView, OrderViewSet, ReadyView
from integrations.api.webhooks import PresseroEventView

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")

urlpatterns: list[URLPattern | URLResolver] = [
    path("pressero/<slug:slug>/events/", PresseroEventView.as_view(), name="pressero-events"),
    path("pace/<slug:slug>/events/", PaceEventView.as_view(), name="pace-events"),
    # The address typed without its last slash: a redirect would turn the POST into a GET, and the event would be lost.
    path("pressero/<slug:slug>/events", PresseroEventView.as_view(schema=None)),
    path("pace/<slug:slug>/events", PaceEventView.as_view(schema=None)),
    path("health/live/", LiveView.as_view(), name="health-live"),
    path("health/ready/", ReadyView.as_view(), name="health-ready"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", DescriptionPage.as_view(url_name="schema"), name="docs"),
    path("mappings/<slug:kind>/", MappingRowsView.as_view(), name="mapping-rows"),
    path("mappings/<slug:kind>/<int:pk>/", MappingRowView.as_view(), name="mapping-row"),
    path("", include(router.urls)),
]
