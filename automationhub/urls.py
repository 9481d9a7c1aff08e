"""Addresses of the hub."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from automationhub.lib.documents import documents
from integrations.api.metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", include("integrations.admin.urls")),
    path("admin/", admin.site.urls),
    path("docs/", documents, name="documents"),
    path("docs/<slug:name>/", documents, name="document"),
    path("api/", include("integrations.api.urls")),
    path("metrics", metrics, name="metrics"),
]
