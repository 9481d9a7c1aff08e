"""Form fields for stored secrets: write-only. What is stored is never sent to a browser, in any form."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES

from automationhub.lib.fields import EncryptedSecret, EncryptedTextField


class _Unchanged:
    """The answer "leave it as it is"."""

    def __repr__(self) -> str:
        return "KEEP"


UNCHANGED = _Unchanged()
BOTH = "Either type a new one or select “Remove it”, not both."


class SecretInput(forms.Widget):
    """An empty password box that says whether one is stored, and a box to tick that removes it."""

    template_name = "hub/widgets/secret.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        context["widget"] |= {
            "is_stored": bool(value),
            # What the row cannot do without is replaced, not removed.
            "may_clear": bool(value) and not self.is_required,
            "clear_name": f"{name}-clear",
            "classes": " ".join(INPUT_CLASSES),
            "clear_classes": " ".join(CHECKBOX_CLASSES),
        }
        return context

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        # By the project's own templates: the form renderer only looks into those of the apps.
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def format_value(self, value: Any) -> None:
        return None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, bool]:
        return data.get(name) or "", f"{name}-clear" in data

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-clear" not in data


class SecretField(forms.Field):
    """Cleans to a new secret, an empty one (to remove it), or KEEP."""

    widget = SecretInput

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # the length of the column is the ciphertext's

    def clean(self, value: Any) -> EncryptedSecret | _Unchanged:
        typed, clear = value if isinstance(value, tuple) else ("", False)
        if typed and clear:
            raise ValidationError(BOTH)
        if typed:
            return EncryptedSecret.of(typed)
        return EncryptedSecret() if clear else UNCHANGED

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial  # a form shown again after an error asks for the secret anew

    def has_changed(self, initial: Any, data: Any) -> bool:
        typed, clear = data if isinstance(data, tuple) else ("", False)
        return bool(typed or (clear and initial))


class SecretFieldsMixin(forms.ModelForm):
    """A model form whose encrypted fields are write-only: an empty box keeps what is stored."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, SecretField) and cleaned.get(name) is UNCHANGED:
                cleaned[name] = getattr(self.instance, name)
        return cleaned


# For `formfield_overrides` of an admin class: no admin form ever gets another field for a secret.
SECRET_OVERRIDES: dict[Any, dict[str, Any]] = {
    EncryptedTextField: {"form_class": SecretField, "widget": SecretInput}
}
