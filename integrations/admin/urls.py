"""Addresses of the portal's pages that belong to no table, below `/admin/`."""

from django.urls import include, path

from automationhub.lib.choices import URL_NAME
from integrations.admin.monitoring import exports
from integrations.admin.monitoring.change_inbox import change_act_view, changes_view, resolved_view
from integrations.admin.monitoring.inbox import act_view, inbox_view
from integrations.admin.monitoring.live import live_view
from integrations.admin.monitoring.palette import palette_view
from integrations.admin.monitoring.retries import retry_progress_view, retry_view
from integrations.admin.monitoring.search import find_view
from integrations.admin.orders.order_people import order_people_view
from integrations.admin.people import second_factor
from integrations.admin.people.invitations import InvitationView
from integrations.admin.people.sessions import own_password_view, own_sessions_view
from integrations.admin.setup import rehearsals
from integrations.admin.setup.configuration import configuration_view
from integrations.admin.setup.coverage import coverage_choice_view, coverage_view, trial_view
from integrations.admin.setup.holidays import holidays_choice_view, holidays_view
from integrations.admin.setup.reference import choices_view
from integrations.admin.setup.rule_editor import rule_editor_view
from integrations.admin.setup.shadow import compare_again_view, shadow_view
from integrations.admin.setup.versions import rollback_view
from integrations.admin.shared.list_views import act_view as list_views_view
from integrations.admin.shared.undo import undo_view

urlpatterns = [
    path("reference/<slug:kind>/", choices_view, name=URL_NAME),
    path("configuration/", configuration_view, name="hub-configuration"),
    path("coverage/", coverage_choice_view, name="mapping-coverage"),
    path("coverage/<int:pk>/", coverage_view, name="mapping-coverage-of"),
    path("exports/", exports.overview_view, name="hub-exports"),
    path("exports/new/", exports.start_view, name="hub-export-start"),
    path("exports/<uuid:pk>/", exports.progress_page_view, name="hub-export"),
    path("exports/<uuid:pk>/progress/", exports.progress_view, name="hub-export-progress"),
    path("exports/<uuid:pk>/file/", exports.download_view, name="hub-export-download"),
    path("undo/", undo_view, name="hub-undo"),
    path("field-rules/try/", rule_editor_view, name="field-rule-editor"),
    path("list-views/", list_views_view, name="hub-list-views"),
    path("invitation/<uidb64>/<token>/", InvitationView.as_view(), name="hub-invitation"),
    path("live/", live_view, name="hub-live"),
    path("find/", find_view, name="hub-find"),
    path("palette/", palette_view, name="hub-palette"),
    path("holidays/", holidays_choice_view, name="hub-holidays"),
    path("holidays/<int:pk>/", holidays_view, name="hub-holidays-of"),
    path("inbox/", inbox_view, name="hub-inbox"),
    path("inbox/changes/", changes_view, name="hub-changes"),
    path("inbox/changes/<int:pk>/", change_act_view, name="hub-change-act"),
    path("inbox/resolved/", resolved_view, name="hub-resolved"),
    path("inbox/act/", act_view, name="hub-inbox-act"),
    path("inbox/retry/<int:pk>/", retry_view, name="hub-retry"),
    path("inbox/retry/<int:pk>/progress/", retry_progress_view, name="hub-retry-progress"),
    path("password_change/", own_password_view),
    path("rehearse/import/<slug:kind>/", rehearsals.of_upload_view, name="hub-rehearse-import"),
    path("rehearse/<slug:model>/", rehearsals.of_form_view, name="hub-rehearse"),
    path("rehearse/<slug:model>/<int:pk>/", rehearsals.of_form_view, name="hub-rehearse-row"),
    path("rollback/<int:number>/", rollback_view, name="hub-rollback"),
    path("second-factor/", include(second_factor.urlpatterns)),
    path("shadow/<int:pk>/", shadow_view, name="hub-shadow"),
    path("shadow/<int:pk>/compare/", compare_again_view, name="hub-shadow-compare"),
    path("sessions/", own_sessions_view, name="hub-sessions"),
    path("orders/<int:pk>/people/", order_people_view, name="hub-order-people"),
    path("try/", trial_view, name="mapping-trial"),
]
