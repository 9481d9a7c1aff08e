"""Every box in which people type something says what belongs into it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin

from tests.factories import make_superuser

pytestmark = pytest.mark.django_db


def test_every_field_of_every_form_has_a_help_text(rf: Any) -> None:
    request = rf.get("/")
    request.user = make_superuser()
    seen, bare = 0, []
    for model, model_admin in admin.site._registry.items():
        if not model_admin.has_change_permission(request):
            continue
        for name, field in model_admin.get_form(request).base_fields.items():
            seen += 1
            if not str(field.help_text).strip():
                bare.append(f"{model.__name__}.{name}")
    assert bare == []
    assert seen > 60
