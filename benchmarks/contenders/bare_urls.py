"""The addresses of the bare project: Django's admin and the packages' own pages."""

from django.contrib import admin
from django.urls import path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [path("admin/", admin.site.urls), path("api/schema/", SpectacularAPIView.as_view())]
