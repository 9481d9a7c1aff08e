"""The configuration file in the portal, for superusers: download, upload as a rehearsal, then confirm.

An upload waits for its confirmation encrypted in the database: it may hold passwords, and must not travel through the page.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminFileFieldWidget

from automationhub.lib.crypto import CredentialsKeyError, decrypt, encrypt
from integrations.admin.setup import rehearsals
from integrations.admin.shared.displays import actor_name, signed_in
from integrations.core.audit import log as audit
from integrations.operations.setup import rehearsal, versions
from integrations.operations.setup.configuration import (
    ConfigurationError,
    as_file,
    export_configuration,
    import_configuration,
)
from mappings.uploads import DatabaseUploads, UploadGone

LARGEST = 16 * 1024 * 1024
SHOWN = 200


class UploadForm(forms.Form):
    """A configuration file."""

    file = forms.FileField(label="Configuration file", widget=UnfoldAdminFileFieldWidget)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(
                "The file is too large for the portal: use “manage.py hub_config import”."
            )
        try:
            text = file.read().decode("utf-8-sig")
            self.cleaned_data["data"] = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"The file is not JSON: {error}.") from error
        self.cleaned_data["text"] = text
        return file


def configuration(request: HttpRequest) -> HttpResponse:
    """One page for all of it; what a POST does stands in its `do`."""
    if not request.user.is_superuser:
        raise PermissionDenied
    if request.method == "GET":
        return _page(request, UploadForm())
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    actions = {"download": _download, "upload": _upload, "rehearse": _rehearse, "import": _import}
    return actions.get(request.POST.get("do", ""), _upload)(request)


def _page(request: HttpRequest, form: UploadForm, **context: Any) -> HttpResponse:
    request.current_app = admin.site.name
    shared = {
        **admin.site.each_context(request),
        "title": gettext("Configuration file"),
        "form": form,
        **context,
    }
    response = TemplateResponse(request, "hub/configuration.html", shared)
    response["Cache-Control"] = "no-store"
    return response


def _download(request: HttpRequest) -> HttpResponse:
    with_secrets = request.POST.get("secrets") == "on"
    try:
        text = as_file(export_configuration(with_secrets=with_secrets))
    except CredentialsKeyError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("hub-configuration"))
    what = "with passwords and keys" if with_secrets else "without passwords"
    audit.record("config.exported", {"what": what}, actor=actor_name(request), user=signed_in(request))
    response = HttpResponse(text, content_type="application/json")
    name = f"automation-hub-{timezone.localdate():%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _upload(request: HttpRequest) -> HttpResponse:
    """A rehearsal: says what would change, changes nothing."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    try:
        changes = import_configuration(form.cleaned_data["data"], dry_run=True, actor=actor_name(request))
    except ConfigurationError as error:
        return _page(request, UploadForm(), reasons=error.reasons[:SHOWN], more=len(error.reasons) - SHOWN)
    uploads = DatabaseUploads()
    uploads.save(encrypt(form.cleaned_data["text"]).encode())
    return _page(
        request,
        UploadForm(),
        changes=changes,
        shown=changes.sentences[:SHOWN],
        more=len(changes.sentences) - SHOWN,
        upload=uploads.name,
        file_name=form.cleaned_data["file"].name,
    )


def _rehearse(request: HttpRequest) -> HttpResponse:
    """What the uploaded file would make of the last orders."""

    def change() -> rehearsal.RehearsalChange:
        try:
            return rehearsal.of_configuration(_uploaded(_named(request)))
        except (UploadGone, CredentialsKeyError):
            raise rehearsal.CannotRehearse([_gone()]) from None

    return rehearsals.answered(request, change, gettext("Rehearsal of a configuration file"))


def _named(request: HttpRequest) -> DatabaseUploads:
    return DatabaseUploads(name=request.POST.get("upload", "")[:32])


def _uploaded(uploads: DatabaseUploads) -> Any:
    return json.loads(decrypt(uploads.read().decode()))


def _gone() -> str:
    return gettext("This upload was imported already or is too old: please upload the file again.")


def _import(request: HttpRequest) -> HttpResponse:
    """The very file that was previewed."""
    uploads = _named(request)
    try:
        data = _uploaded(uploads)
    except (UploadGone, CredentialsKeyError):
        messages.error(request, _gone())
        return HttpResponseRedirect(reverse("hub-configuration"))
    try:
        changes = import_configuration(data, actor=actor_name(request))
    except ConfigurationError as error:
        return _page(request, UploadForm(), reasons=error.reasons[:SHOWN], more=len(error.reasons) - SHOWN)
    uploads.remove()
    versions.note(actor_name(request), "Imported a configuration file.")
    messages.success(
        request,
        gettext("{count} changes made, {unchanged} entries left as they were.").format(
            count=len(changes.sentences), unchanged=changes.unchanged
        ),
    )
    return HttpResponseRedirect(
        f"{reverse('hub-configuration')}?{urlencode({'done': len(changes.sentences)})}"
    )


configuration_view = admin.site.admin_view(configuration)
