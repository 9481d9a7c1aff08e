"""Form fields for the JSON columns, as people type them: addresses line by line, Pace fields as an object."""

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from unfold.widgets import UnfoldAdminTextareaWidget

from integrations.models.connections import validate_field_values


class EmailListField(forms.CharField):
    """Email addresses, one per line or separated by commas; cleans to a list without repeats."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "jane@example.com"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(entry) for entry in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        entries = value if isinstance(value, list) else re.split(r"[\s,;]+", str(value or ""))
        return list(dict.fromkeys(entry for entry in entries if entry))

    def validate(self, value: Any) -> None:
        super().validate(value)
        for entry in value:
            try:
                validate_email(entry)
            except ValidationError:
                raise ValidationError(
                    f"“{entry}” is not an email address. Write one address per line."
                ) from None

    def run_validators(self, value: Any) -> None:
        """The text validators of the base class do not apply to a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class PaceFieldsField(forms.CharField):
    """Pace fields and their values as a JSON object; cleans to a dict."""

    widget = UnfoldAdminTextareaWidget(
        attrs={"rows": 4, "class": "font-mono", "placeholder": '{"terms": 1}', "spellcheck": "false"}
    )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False) if value else ""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        text = str(value or "").strip()
        if not text:
            return {}
        try:
            return json.loads(text)
        except RecursionError:
            raise ValidationError('This is nested too deeply. Write it like {"terms": 1}.') from None
        except json.JSONDecodeError as error:
            raise ValidationError(
                f"This cannot be read. Check line {error.lineno}, character {error.colno}. "
                'Put names and texts in double quotes, as in {"terms": 1, "salesPerson": "12"}.'
            ) from None

    def validate(self, value: Any) -> None:
        super().validate(value)
        validate_field_values(value)

    def run_validators(self, value: Any) -> None:
        """The text validators of the base class do not apply to an object."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True
