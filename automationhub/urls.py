"""Addresses of the hub."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from automationhub.lib.choices import URL_NAME
from automationhub.lib.documents import documents_missing
from integrations.admin import exports
from integrations.admin.configuration import configuration_view
from integrations.admin.desk import coverage_choice_view, coverage_view, trial_view
from integrations.admin.find import find_view
from integrations.admin.inbox import act_view, inbox_view, retry_progress_view, retry_view
from integrations.admin.reference import choices_view

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/reference/<slug:kind>/", choices_view, name=URL_NAME),
    path("admin/configuration/", configuration_view, name="hub-configuration"),
    path("admin/coverage/", coverage_choice_view, name="mapping-coverage"),
    path("admin/coverage/<int:pk>/", coverage_view, name="mapping-coverage-of"),
    path("admin/exports/", exports.overview_view, name="hub-exports"),
    path("admin/exports/new/", exports.start_view, name="hub-export-start"),
    path("admin/exports/<uuid:pk>/", exports.progress_page_view, name="hub-export"),
    path("admin/exports/<uuid:pk>/progress/", exports.progress_view, name="hub-export-progress"),
    path("admin/exports/<uuid:pk>/file/", exports.download_view, name="hub-export-download"),
    path("admin/find/", find_view, name="hub-find"),
    path("admin/inbox/", inbox_view, name="hub-inbox"),
    path("admin/inbox/act/", act_view, name="hub-inbox-act"),
    path("admin/inbox/retry/<int:pk>/", retry_view, name="hub-retry"),
    path("admin/inbox/retry/<int:pk>/progress/", retry_progress_view, name="hub-retry-progress"),
    path("admin/try/", trial_view, name="mapping-trial"),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("docs/", documents_missing, name="documents"),
    path("api/", include("integrations.api.urls")),
]
